import { hash, timingSafeEqual } from 'node:crypto'
import { type Bytes, utf8 } from '../base/bytes.ts'

export const ZERO_HASH: Bytes = new Uint8Array(32)

export function sha256(message: Uint8Array | string): Bytes {
  const bytes = typeof message === 'string' ? utf8(message) : message
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

/** SHA-256 of the text's UTF-8, in base64url. Batches and catalogues are named by it. */
export function hashOfText(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Compares secrets in constant time. Different lengths are unequal at once. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
