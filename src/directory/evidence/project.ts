import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Evidence } from '../../protocol/evidence.ts'
import { recordBounded } from '../registry/event.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { projectFindings } from './project-findings.ts'
import { projectSightings } from './project-sightings.ts'

/** Brings the register up to what a batch says, part by part: a part that fails is undone and told, never the batch. */

export interface Projection {
  readonly device: string
  readonly evidence: Evidence
  readonly at: number
}

/** Of all parts of a snapshot; a device with hundreds of homes tells of some thousands. */
const MAX_SOURCES = 5_000
/** Of JSON: administrators are told of all of them in one answer. */
const MAX_SOURCES_CHARACTERS = 16 * 1024 * 1024

/** Did the part make good an earlier failure of its kind? `partly` for what only adds to what was lost. */
type Taken = 'wholly' | 'partly'
type Part = 'findings' | 'sightings' | 'sources' | 'inventory' | 'health' | 'receipts'

/** @returns whether the device must be appraised anew. */
export function project(store: EvidenceStore, projection: Projection): boolean {
  const { evidence } = projection
  let appraise = evidence.findings !== undefined
  for (const [part, take] of PARTS) {
    if (evidence[part] === undefined) continue
    appraise = takePart(store, projection, part, take) || appraise
  }
  return appraise
}

function takePart(store: EvidenceStore, projection: Projection, part: Part, take: Take): boolean {
  const { device, evidence, at } = projection
  try {
    return store.transaction(() => {
      const taken = take(store, projection)
      return taken === 'wholly' && store.clearProjectionFailure(device, part)
    })
  } catch (error) {
    if (codeOf(error) === 'STORE_FAILED') throw error
    // Fail closed: the batch is kept, its device is told of nothing good until this part was taken in again.
    const message = describeError(error).slice(0, 500)
    const { sequence } = evidence
    store.putProjectionFailure(device, { part, sequence, message, at })
    recordBounded(store, { at, kind: 'evidence-not-taken-in', device, detail: { part, sequence, message } })
    return true
  }
}

type Take = (store: EvidenceStore, projection: Projection) => Taken

const PARTS: readonly (readonly [Part, Take])[] = [
  ['findings', takeFindings],
  // Before the sightings: a snapshot ends what was looked for, and the sources say where that was.
  ['sources', takeSources],
  ['sightings', takeSightings],
  ['inventory', takeInventory],
  ['health', takeHealth],
  ['receipts', takeReceipts],
]

function takeFindings(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  projectFindings(store, device, { findings: evidence.findings ?? [], at })
  return 'wholly'
}

function takeSightings(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  const { sightings } = evidence
  if (sightings === undefined) return 'partly'
  const sourcesTold = evidence.sources !== undefined
  return projectSightings(store, device, { sightings, at, sourcesTold }) ? 'wholly' : 'partly'
}

/** Those of one batch are few enough. */
const NO_SOURCES = { count: 0, characters: 0 }

/** A later part of a snapshot adds its sources, anything else tells of all of them. */
function takeSources(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  const { sightings, sources = [] } = evidence
  const later = sightings?.mode === 'full' && sightings.part > 0
  if (!later) store.dropSources(device)
  for (const source of sources) store.putSource(device, source, at)
  const { count, characters } = later ? store.sizeOfSources(device) : NO_SOURCES
  if (count > MAX_SOURCES) throw new SuretyError('QUOTA_EXCEEDED', `more than ${MAX_SOURCES} sources of one device`)
  if (characters > MAX_SOURCES_CHARACTERS) {
    throw new SuretyError('QUOTA_EXCEEDED', `sources of one device of more than ${MAX_SOURCES_CHARACTERS} characters`)
  }
  return later ? 'partly' : 'wholly'
}

function takeInventory(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  if (evidence.inventory !== undefined) store.putInventory(device, evidence.inventory, at)
  return 'wholly'
}

function takeHealth(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  store.putHealth(device, evidence.health ?? [], at)
  return 'wholly'
}

function takeReceipts(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  for (const receipt of evidence.receipts ?? []) {
    if (!store.putReceipt(device, receipt, at)) continue
    const { order, number, outcome, code } = receipt
    store.record({ at, kind: 'order-answered', device, detail: { order, number, outcome, code } })
  }
  return 'wholly'
}
