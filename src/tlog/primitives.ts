import { createPublicKey, hash, verify } from 'node:crypto'
import { type Bytes, toBase64Url } from '../base/bytes.ts'

/** All that the log needs of Node. A bundle for a browser replaces this file. */

/** @returns 32 bytes. */
export function sha256(message: Uint8Array): Bytes {
  return new Uint8Array(hash('sha256', message, 'buffer'))
}

/** RFC 8032. Answers whether `signature` (64 bytes) of `message` is by `publicKey` (32 bytes). */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean | Promise<boolean>

export const verifyEd25519: VerifyEd25519 = (publicKey, message, signature) => {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) }, format: 'jwk' })
  return verify(null, message, key, signature)
}
