import { codeOf, SuretyError } from '../../base/errors.ts'
import { reader } from '../../base/schema.ts'
import { checkNameSchema, type Finding, findingSchema } from '../../protocol/finding.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Evidence } from '../../protocol/messages/evidence.ts'
import { type Sighting, type SourceReport, sightingSchema, sourceReportSchema } from '../../protocol/sighting.ts'

/** The content of a batch. The rest of a batch is its position in the chain. */
export type Claims = Pick<
  Evidence,
  | ('inventory' | 'findings' | 'sightings' | 'sources' | 'receipts' | 'stopEvents')
  | ('agentClaims' | 'approvalRequests' | 'actions' | 'actionsDropped')
  | ('tamperSigns' | 'logFaults' | 'health' | 'gap')
>

/** Items that were validated before they are signed. One invalid item must not keep the others out. */
export interface Checked<T> {
  readonly items: readonly T[]
  /** One reason for each item that was left out. */
  readonly refused: readonly string[]
}

const sightingReader = reader(sightingSchema, { name: 'sighting' })
const sourceReader = reader(sourceReportSchema, { name: 'source' })
const findingReader = reader(findingSchema, { name: 'finding' })
const checkReader = reader(checkNameSchema, { name: 'check' })

/**
 * JSON of one sighting. The schema bounds characters, and one may take six bytes (`\u0001`), so that a valid sighting can be
 * larger than a frame (1 MiB, of which base64url leaves 768 KiB). Honest sightings are far smaller than this bound.
 */
const MAX_SIGHTING_BYTES = 128 * 1024

export function checkedSightings(items: readonly Sighting[]): Checked<Sighting> {
  return keepFitting(items, (item) => withinBytes(sightingReader.read(item)))
}

export function checkedSources(items: readonly SourceReport[]): Checked<SourceReport> {
  return keepFitting(items, (item) => sourceReader.read(item))
}

/** A finding that is invalid is reported as `unknown`. Leaving it out could make the device look better than it is. */
export function checkedFindings(items: readonly Finding[]): Checked<Finding> {
  const refused: string[] = []
  const kept = items.slice(0, LIMITS.findings).flatMap((item): Finding[] => {
    try {
      return [findingReader.read(item)]
    } catch (error) {
      refused.push(reasonOf(error))
      return isCheckName(item.check)
        ? [{ check: item.check, state: 'unknown', reason: 'the finding does not fit the protocol' }]
        : []
    }
  })
  return { items: kept, refused }
}

/** UTF-8 bytes of the JSON of `value`. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** Cuts the parts of an agent that is too large, and counts the rest. @throws `INPUT_TOO_LARGE`. */
function withinBytes(item: Sighting): Sighting {
  let size = jsonBytes(item)
  if (size <= MAX_SIGHTING_BYTES) return item
  if (item.kind === 'agent' && item.parts !== undefined) {
    const parts = [...item.parts]
    // The count needs room too. Commas are not subtracted, which at most cuts one part too many.
    while (parts.length > 0 && size + MORE_PARTS_BYTES > MAX_SIGHTING_BYTES) size -= jsonBytes(parts.pop())
    const morePartsCount = (item.morePartsCount ?? 0) + item.parts.length - parts.length
    if (size + MORE_PARTS_BYTES <= MAX_SIGHTING_BYTES) return { ...item, parts, morePartsCount }
  }
  throw new SuretyError('INPUT_TOO_LARGE', `sighting: ${size} bytes do not fit into evidence`)
}

const MORE_PARTS_BYTES = jsonBytes({ morePartsCount: Number.MAX_SAFE_INTEGER })

function keepFitting<T>(items: readonly T[], read: (item: T) => T): Checked<T> {
  const refused: string[] = []
  const kept = items.flatMap((item) => {
    try {
      return [read(item)]
    } catch (error) {
      refused.push(reasonOf(error))
      return []
    }
  })
  return { items: kept, refused }
}

function isCheckName(check: unknown): check is string {
  try {
    return checkReader.read(check) === check
  } catch {
    return false
  }
}

/** The schema library names the member, never its value. */
function reasonOf(error: unknown): string {
  return codeOf(error) === undefined || !(error instanceof Error) ? 'unexpected' : error.message
}
