import { toBase64Url, utf8 } from '../../../src/base/bytes.ts'
import { splitJws } from '../../../src/crypto/jws.ts'
import { JWS_HEADERS, type JwsKind } from '../../../src/protocol/messages/jws-types.ts'

/** Frames of the right form whose signature is nothing: who signed is tried elsewhere, and costs most of the time. */

const NO_SIGNATURE = new Uint8Array(64)

export const signNothing = async () => NO_SIGNATURE

export function unsignedJws(kind: JwsKind, payload: object): string {
  return `${JWS_HEADERS[kind]}.${toBase64Url(utf8(JSON.stringify(payload)))}.${toBase64Url(NO_SIGNATURE)}`
}

export function readUnsigned(kind: JwsKind, compact: string): string {
  return splitJws(kind, compact).payload
}
