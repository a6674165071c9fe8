import { hash } from 'node:crypto'
import { SuretyError } from '../../../base/errors.ts'
import { type JsonLimits, parseJson } from '../../../base/json.ts'

/** Small JSON files of our own that carry their digest: a flipped bit in a name or a number would fit every schema. */

/** @returns the document with a last member `digest`, SHA-256 of the JSON of all others, base64url. */
export function sealJson(value: object): string {
  return `${JSON.stringify({ ...value, digest: digestOf(value) }, undefined, 2)}\n`
}

/**
 * @returns what was sealed, still to be read by its schema. A document without a digest is let through: a human or an
 * older program wrote it, and no damage takes a whole member away.
 * @throws `INPUT_MALFORMED` when it is not what was written, and as `parseJson`.
 */
export function unsealJson(text: string, limits: JsonLimits): unknown {
  const document = parseJson(text, limits)
  if (typeof document !== 'object' || document === null || !('digest' in document)) return document
  const { digest, ...value } = document
  if (digest !== digestOf(value)) throw new SuretyError('INPUT_MALFORMED', 'not what was written: its digest differs')
  return value
}

function digestOf(value: object): string {
  return hash('sha256', JSON.stringify(value), 'base64url')
}
