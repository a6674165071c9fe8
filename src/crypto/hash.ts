import { hash, timingSafeEqual } from 'node:crypto'
import { type Bytes, utf8 } from '../base/bytes.ts'

export const ZERO_HASH: Bytes = new Uint8Array(32)

export function sha256(message: Uint8Array | string): Bytes {
  const bytes = typeof message === 'string' ? utf8(message) : message
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

/** Of the text's UTF-8, base64url: what a JWS is called by. */
export function hashOfText(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** For secrets: takes as long for a wrong guess as for the right one. Different lengths are unequal at once. */
export function equalSecrets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
