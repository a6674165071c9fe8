/** Operations on bytes that use web standards only, so that every folder and the console may use them. */

export type Bytes = Uint8Array<ArrayBuffer>

const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function utf8(text: string): Bytes {
  return utf8Encoder.encode(text)
}

/** @throws TypeError when `bytes` is not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return utf8Decoder.decode(bytes)
}

export function concatBytes(...parts: readonly Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    all.set(part, offset)
    offset += part.length
  }
  return all
}

/** For public values: not constant in time. Secrets need `equalSecrets` in `crypto/`. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

/** @returns undefined unless `text` is an even number of hex digits, in lower or upper case. */
export function fromHex(text: string): Bytes | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const BASE64URL_VALUE: ReadonlyMap<string, number> = new Map([...BASE64URL].map((letter, value) => [letter, value]))

/** RFC 4648 section 5, without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const word = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += BASE64URL.charAt(word >> 18) + BASE64URL.charAt((word >> 12) & 63)
    if (left > 1) text += BASE64URL.charAt((word >> 6) & 63)
    if (left > 2) text += BASE64URL.charAt(word & 63)
  }
  return text
}

/** Strict: no padding, no other alphabet, no stray bits. @returns undefined for anything else. */
export function fromBase64Url(text: string): Bytes | undefined {
  if (text.length % 4 === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let word = 0
  let bits = 0
  let at = 0
  for (const letter of text) {
    const value = BASE64URL_VALUE.get(letter)
    if (value === undefined) return undefined
    word = ((word << 6) | value) & 0xffffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (word >> bits) & 0xff
    }
  }
  return (word & ((1 << bits) - 1)) === 0 ? bytes : undefined
}

/** Eight bytes, big-endian. @throws RangeError for a fraction, or a value that does not fit and would wrap. */
export function u64(value: number | bigint): Bytes {
  const wide = BigInt(value)
  if (BigInt.asUintN(64, wide) !== wide) throw new RangeError(`${value} is not an unsigned 64-bit number`)
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, wide)
  return bytes
}
