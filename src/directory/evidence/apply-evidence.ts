import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Evidence } from '../../protocol/evidence.ts'
import { recordBounded } from '../activity/activity.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { projectFindings } from './project-findings.ts'
import { sightingSteps } from './project-sightings.ts'

/**
 * Brings the register up to what a batch says, part by part. A part that fails is undone and reported; the batch is kept.
 * A large part is done in steps, each of which may run in a transaction of its own: a step that fails is undone, those
 * before it are not.
 */

export interface Projection {
  readonly device: string
  readonly evidence: Evidence
  readonly at: number
}

/** A batch of which the register knows a part, or nothing yet. */
export interface OpenProjection {
  readonly projection: Projection
  /** Does the next step inside the caller's transaction. @returns whether more is left to do. */
  next(store: EvidenceStore): boolean
  /** The device must be appraised anew. Final once nothing is left to do. */
  readonly appraise: boolean
}

/** Sources of all parts of a snapshot; a device with hundreds of homes reports some thousands. */
const MAX_SOURCES = 5_000
/** Of their JSON: administrators get all of them in one answer. */
const MAX_SOURCES_CHARACTERS = 16 * 1024 * 1024

/** Did the part make good an earlier failure of its kind? `partly` for what only adds to what was lost. */
type Taken = 'wholly' | 'partly'
type Part = 'findings' | 'sightings' | 'sources' | 'inventory' | 'health' | 'receipts'

/** All steps of a batch at once. @returns whether the device must be appraised anew. */
export function project(store: EvidenceStore, projection: Projection): boolean {
  const open = openProjection(projection)
  while (open.next(store));
  return open.appraise
}

export function openProjection(projection: Projection): OpenProjection {
  return new StepwiseProjection(projection)
}

class StepwiseProjection implements OpenProjection {
  readonly projection: Projection
  /** Parts that the batch has, the one at work first. */
  readonly #parts: (readonly [Part, Take])[]
  /** Of the part at work. */
  #steps: Steps | undefined
  appraise: boolean

  constructor(projection: Projection) {
    this.projection = projection
    this.#parts = PARTS.filter(([part]) => projection.evidence[part] !== undefined)
    this.appraise = projection.evidence.findings !== undefined
  }

  next(store: EvidenceStore): boolean {
    for (let [first] = this.#parts; first !== undefined; [first] = this.#parts) {
      if (!this.#isTaken(store, first)) return true
      this.#steps = undefined
      this.#parts.shift()
    }
    return false
  }

  #isTaken(store: EvidenceStore, [part, take]: readonly [Part, Take]): boolean {
    const { device, evidence, at } = this.projection
    try {
      return store.transaction(() => {
        const { done, value } = this.#begun(take).next(store)
        if (value === 'wholly' && store.unprocessed.clear(device, part)) this.appraise = true
        return done === true
      })
    } catch (error) {
      if (codeOf(error) === 'STORE_FAILED') throw error
      // Fail closed: the verdict cannot be good until this part was taken in again.
      const message = describeError(error).slice(0, 500)
      const { sequence } = evidence
      store.unprocessed.put(device, { part, sequence, message, at })
      recordBounded(store, { at, kind: 'evidence-not-taken-in', device, detail: { part, sequence, message } })
      this.appraise = true
      return true
    }
  }

  #begun(take: Take): Steps {
    if (this.#steps !== undefined) return this.#steps
    this.#steps = take(this.projection)
    this.#steps.next()
    return this.#steps
  }
}

/** The first `next` only starts it; each later one takes the store to use for that step. */
type Steps = Generator<void, Taken, EvidenceStore>
type Take = (projection: Projection) => Steps

const PARTS: readonly (readonly [Part, Take])[] = [
  ['findings', inOneStep(takeFindings)],
  // Before the sightings: a snapshot ends what was looked for, and the sources say where that was.
  ['sources', inOneStep(takeSources)],
  ['sightings', takeSightings],
  ['inventory', inOneStep(takeInventory)],
  ['health', inOneStep(takeHealth)],
  ['receipts', inOneStep(takeReceipts)],
]

function inOneStep(take: (store: EvidenceStore, projection: Projection) => Taken): Take {
  return function* (projection) {
    return take(yield, projection)
  }
}

function* takeSightings({ device, evidence, at }: Projection): Steps {
  const { sightings, sources } = evidence
  if (sightings === undefined) return 'partly'
  return (yield* sightingSteps(device, { sightings, at, sourcesTold: sources !== undefined })) ? 'wholly' : 'partly'
}

function takeFindings(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  projectFindings(store, device, { findings: evidence.findings ?? [], at })
  return 'wholly'
}

/** Those of one batch are few enough. */
const NO_SOURCES = { count: 0, characters: 0 }

/** A later part of a snapshot adds its sources, anything else tells of all of them. */
function takeSources(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  const { sightings, sources = [] } = evidence
  const later = sightings?.mode === 'full' && sightings.part > 0
  if (!later) store.sources.drop(device)
  for (const source of sources) store.sources.put(device, source, at)
  const { count, characters } = later ? store.sources.size(device) : NO_SOURCES
  if (count > MAX_SOURCES) throw new SuretyError('QUOTA_EXCEEDED', `more than ${MAX_SOURCES} sources of one device`)
  if (characters > MAX_SOURCES_CHARACTERS) {
    throw new SuretyError('QUOTA_EXCEEDED', `sources of one device of more than ${MAX_SOURCES_CHARACTERS} characters`)
  }
  return later ? 'partly' : 'wholly'
}

function takeInventory(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  if (evidence.inventory !== undefined) store.reports.putInventory(device, evidence.inventory, at)
  return 'wholly'
}

function takeHealth(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  store.reports.putHealth(device, evidence.health ?? [], at)
  return 'wholly'
}

function takeReceipts(store: EvidenceStore, { device, evidence, at }: Projection): Taken {
  for (const receipt of evidence.receipts ?? []) {
    if (!store.orders.putReceipt(device, receipt, at)) continue
    const { order, number, outcome, code } = receipt
    store.activity.add({ at, kind: 'order-answered', device, detail: { order, number, outcome, code } })
  }
  return 'wholly'
}
