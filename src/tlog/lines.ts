import { type Bytes, fromBase64Url, toBase64Url } from '../base/bytes.ts'
import { SuretyError } from '../base/errors.ts'
import { HASH_BYTES } from './tree-hash.ts'

/** What lines of notes, checkpoints and proofs are made of. */

/** RFC 4648 section 4, with padding. */
export function toBase64(bytes: Uint8Array): string {
  const text = toBase64Url(bytes).replaceAll('-', '+').replaceAll('_', '/')
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** Strict: with its padding, no other alphabet, no stray bits. @returns undefined for anything else. */
export function fromBase64(text: string): Bytes | undefined {
  const [, digits] = /^([A-Za-z0-9+/]*)={0,2}$/.exec(text) ?? []
  if (digits === undefined || text.length !== Math.ceil(digits.length / 4) * 4) return undefined
  return fromBase64Url(digits.replaceAll('+', '-').replaceAll('/', '_'))
}

/** Decimal without leading zeroes. @returns undefined for anything else, and for more than 2^53 - 1. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** @throws `INPUT_MALFORMED` unless each line is the base64 of 32 bytes. */
export function parseHashes(lines: readonly string[], what: string): readonly Bytes[] {
  return lines.map((line) => {
    const hash = line.length > 44 ? undefined : fromBase64(line)
    if (hash?.length === HASH_BYTES) return hash
    throw new SuretyError('INPUT_MALFORMED', `${what} has a line that is not the base64 of ${HASH_BYTES} bytes`)
  })
}

/** More than any log has: one for each power of two. C2SP tlog-witness sets the limit. */
export const MAX_PROOF_HASHES = 63

/**
 * Cuts a proof at its first empty line, behind which the checkpoint is.
 * @throws `INPUT_MALFORMED`; `INPUT_TOO_LARGE` for more than `most` lines before it.
 */
export function splitBody(
  text: string,
  most: number,
  what: string,
): { readonly lines: string[]; readonly rest: string } {
  const end = text.indexOf('\n\n')
  if (end === -1) throw new SuretyError('INPUT_MALFORMED', `${what} has no empty line before its checkpoint`)
  const lines = text.slice(0, end).split('\n', most + 1)
  if (lines.length > most) throw new SuretyError('INPUT_TOO_LARGE', `${what} has more than ${MAX_PROOF_HASHES} hashes`)
  return { lines, rest: text.slice(end + 2) }
}
