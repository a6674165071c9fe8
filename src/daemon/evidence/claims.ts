import { codeOf, SuretyError } from '../../base/errors.ts'
import { reader } from '../../base/schema.ts'
import type { Evidence } from '../../protocol/evidence.ts'
import { checkNameSchema, type Finding, findingSchema } from '../../protocol/finding.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type Sighting, type SourceReport, sightingSchema, sourceReportSchema } from '../../protocol/sighting.ts'

/** The part of a batch that says something: everything else is its place in the chain. */
export type Claims = Pick<Evidence, 'inventory' | 'findings' | 'sightings' | 'sources' | 'receipts' | 'health' | 'gap'>

/** What was found, checked once more before it is signed: one thing that does not fit must not cost the others. */
export interface Checked<T> {
  readonly items: readonly T[]
  /** One reason for each that was left out. */
  readonly refused: readonly string[]
}

const sightingReader = reader(sightingSchema, { name: 'sighting' })
const sourceReader = reader(sourceReportSchema, { name: 'source' })
const findingReader = reader(findingSchema, { name: 'finding' })
const checkReader = reader(checkNameSchema, { name: 'check' })

/**
 * JSON of one sighting. The schema bounds letters, and each may be six bytes (`\u0001`): what it lets pass can be larger than
 * a frame (1 MiB, of which base64url leaves 768 KiB). So much fits into a batch beside others; no honest one comes near it.
 */
const SIGHTING_BYTES = 128 * 1024

export function checkedSightings(items: readonly Sighting[]): Checked<Sighting> {
  return keepFitting(items, (item) => withinBytes(sightingReader.read(item)))
}

export function checkedSources(items: readonly SourceReport[]): Checked<SourceReport> {
  return keepFitting(items, (item) => sourceReader.read(item))
}

/** A finding that cannot be told is told as unknown: leaving it out could look better than it is. */
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

/** The size of `value` where it is signed. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** An agent has its last parts counted instead of told. @throws `INPUT_TOO_LARGE`. */
function withinBytes(item: Sighting): Sighting {
  let size = jsonBytes(item)
  if (size <= SIGHTING_BYTES) return item
  if (item.kind === 'agent' && item.parts !== undefined) {
    const parts = [...item.parts]
    // Room for the count, and for the comma that each part brings along.
    while (parts.length > 0 && size + MORE_PARTS_BYTES > SIGHTING_BYTES) size -= jsonBytes(parts.pop())
    const morePartsCount = (item.morePartsCount ?? 0) + item.parts.length - parts.length
    if (size + MORE_PARTS_BYTES <= SIGHTING_BYTES) return { ...item, parts, morePartsCount }
  }
  throw new SuretyError('INPUT_TOO_LARGE', `sighting: ${size} bytes are more than evidence has room for`)
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

/** The schema library names the place, never the value. */
function reasonOf(error: unknown): string {
  return codeOf(error) === undefined || !(error instanceof Error) ? 'unexpected' : error.message
}
