import { type Bytes, utf8 } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { sha256 } from './primitives.ts'

/** The hashes of a Merkle tree: RFC 6962 section 2.1, the same as RFC 9162 section 2.1.1. */

export const HASH_BYTES = 32

/** The root of a tree without entries: SHA-256 of nothing. */
export const EMPTY_ROOT: Bytes = sha256(utf8(''))

/** SHA-256(0x00 | entry). @returns 32 bytes. */
export function leafHash(entry: Uint8Array): Bytes {
  const prefixed = new Uint8Array(1 + entry.length)
  prefixed.set(entry, 1)
  return sha256(prefixed)
}

const pair = new Uint8Array(1 + 2 * HASH_BYTES).fill(1, 0, 1)

/** SHA-256(0x01 | left | right), each of 32 bytes. @returns 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  pair.set(left, 1)
  pair.set(right, 1 + HASH_BYTES)
  return sha256(pair)
}

/** The hashes of neighbouring trees, left to right, folded as RFC 6962 does: each before covers all after it. At least one. */
export function foldRight(hashes: readonly Uint8Array[]): Bytes {
  const last = hashes.at(-1) ?? EMPTY_ROOT
  return hashes.slice(0, -1).reduceRight<Bytes>((right, left) => nodeHash(left, right), new Uint8Array(last))
}

/** @throws `INPUT_MALFORMED` unless it is a whole number from 0 to 2^53 - 1. */
export function requireSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new SuretyError('INPUT_MALFORMED', `${size} is not the size of a log`)
  }
}

/** @throws `INPUT_MALFORMED` unless `index` is that of an entry in a tree of `size` entries. */
export function requireIndex(index: number, size: number): void {
  requireSize(size)
  requireSize(index)
  if (index >= size) throw new SuretyError('INPUT_MALFORMED', `a log of ${size} entries has no entry ${index}`)
}
