import { toBase64Url, utf8 } from '../../../src/base/bytes.ts'
import { JWS_HEADERS, type JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import type { TestKey } from './test-keys.ts'

/** Compact JWS as no honest sender makes them: any header, any payload bytes, correctly signed. */
export interface RawJws {
  /** Left out: the right one. Text of the header, before base64url. */
  readonly header?: string
  readonly payload: Uint8Array | string
}

export async function signRaw(kind: JwsKind, { header, payload }: RawJws, key: Pick<TestKey, 'sign'>): Promise<string> {
  const protectedHeader = header === undefined ? JWS_HEADERS[kind] : toBase64Url(utf8(header))
  const bytes = typeof payload === 'string' ? utf8(payload) : payload
  const input = `${protectedHeader}.${toBase64Url(bytes)}`
  return `${input}.${toBase64Url(await key.sign(utf8(input)))}`
}

/** The same JWS with other signature bytes. */
export function withSignature(compact: string, change: (signature: Buffer) => Uint8Array): string {
  const dot = compact.lastIndexOf('.')
  const signature = Buffer.from(compact.slice(dot + 1), 'base64url')
  return `${compact.slice(0, dot)}.${toBase64Url(change(signature))}`
}

/** DER of an ECDSA signature, from r then s. */
export function toDer(signature: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const significant = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
    const content = (significant[0] ?? 0) >= 0x80 ? [0, ...significant] : [...significant]
    return [0x02, content.length, ...content]
  }
  const content = [...integer(signature.subarray(0, 32)), ...integer(signature.subarray(32))]
  return Uint8Array.from([0x30, content.length, ...content])
}
