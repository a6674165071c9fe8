import { codeOf } from '../../base/errors.ts'
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

export function checkedSightings(items: readonly Sighting[]): Checked<Sighting> {
  return keepFitting(items, (item) => sightingReader.read(item))
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
