/** DER that the certificate library does not cover. */

export interface Tlv {
  readonly tag: number
  /** Offsets of the content. */
  readonly start: number
  readonly end: number
}

/** Reads tag and length at `offset`. @returns undefined when the value exceeds `bytes` or the length is indefinite. */
export function readTlv(bytes: Uint8Array, offset: number): Tlv | undefined {
  const tag = bytes[offset]
  const first = bytes[offset + 1]
  if (tag === undefined || first === undefined || first === 0x80 || first > 0x84) return undefined
  let start = offset + 2
  let length = first
  if (first > 0x80) {
    length = 0
    for (let left = first - 0x80; left > 0; left--) length = length * 256 + (bytes[start++] ?? Number.NaN)
  }
  const end = start + length
  return end <= bytes.length ? { tag, start, end } : undefined
}

/** A SEQUENCE around `content`. */
export function derSequence(content: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = content.length
  const header =
    size < 0x80 ? [0x30, size] : size < 0x100 ? [0x30, 0x81, size] : [0x30, 0x82, (size >> 8) & 0xff, size & 0xff]
  const all = new Uint8Array(header.length + size)
  all.set(header)
  all.set(content, header.length)
  return all
}
