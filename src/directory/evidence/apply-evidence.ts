import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import { CHECKS } from '../../checks/checks.ts'
import { explanationOf, FINDING_STATES, type Finding } from '../../protocol/finding.ts'
import type { Evidence, Receipt } from '../../protocol/messages/evidence.ts'
import { takeInActions } from '../actions/take-in-actions.ts'
import { recordBounded } from '../activity/activity.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import { takeInApprovals } from '../approvals/take-in-approvals.ts'
import { takeInClaims } from '../claims/take-in-claims.ts'
import { applyStopEvents, applyStopReceipt, provenReceipt } from '../stops/answers.ts'
import { takeInSigns } from '../tamper/take-in-signs.ts'
import { applySightingsInSteps } from './apply-sightings.ts'
import type { EvidenceStore } from './evidence-store.ts'

/**
 * Applies a batch to the stores, part by part. A part that fails is rolled back and recorded; the batch stays stored.
 * A large part is applied in steps, each of which may run in its own transaction. A step that fails is rolled back, earlier
 * steps are not.
 */

export interface EvidenceToApply {
  readonly device: string
  readonly evidence: Evidence
  readonly at: number
}

/** A batch that is not yet applied completely. */
export interface ApplyJob {
  readonly projection: EvidenceToApply
  /** Runs the next step inside the caller's transaction. @returns whether steps are left. */
  next(store: EvidenceStore): Promise<boolean>
  /** The device must be appraised again. Final once no step is left. */
  readonly appraise: boolean
}

/** The most sources of one snapshot. A device with hundreds of homes reports some thousands. */
const MAX_SOURCES = 5_000
/** The most characters of their JSON. The API returns all of them in one response. */
const MAX_SOURCES_CHARACTERS = 16 * 1024 * 1024

/** `wholly` clears an earlier failure of this part. `partly`: the part only adds to what was lost, so the failure stays. */
type Taken = 'wholly' | 'partly'
type Part =
  | ('findings' | 'sightings' | 'sources' | 'inventory' | 'health')
  | ('stopEvents' | 'receipts' | 'agentClaims' | 'approvalRequests' | 'tamperSigns' | 'logFaults')
  | ('actions' | 'actionsDropped')

/** Runs all steps of a batch. @returns whether the device must be appraised again. */
export async function applyEvidence(store: EvidenceStore, projection: EvidenceToApply): Promise<boolean> {
  const open = applyJob(projection)
  while (await open.next(store));
  return open.appraise
}

export function applyJob(projection: EvidenceToApply): ApplyJob {
  return new SteppedApplyJob(projection)
}

class SteppedApplyJob implements ApplyJob {
  readonly projection: EvidenceToApply
  /** Parts of the batch that are left, the present one first. */
  readonly #parts: (readonly [Part, Take])[]
  /** Steps of the present part. */
  #steps: Steps | undefined
  appraise: boolean

  constructor(projection: EvidenceToApply) {
    this.projection = projection
    this.#parts = PARTS.filter(([part]) => projection.evidence[part] !== undefined)
    this.appraise = projection.evidence.findings !== undefined
  }

  async next(store: EvidenceStore): Promise<boolean> {
    for (let [first] = this.#parts; first !== undefined; [first] = this.#parts) {
      if (!(await this.#runStep(store, first))) return true
      this.#steps = undefined
      this.#parts.shift()
    }
    return false
  }

  async #runStep(store: EvidenceStore, [part, take]: readonly [Part, Take]): Promise<boolean> {
    const { device, evidence, at } = this.projection
    try {
      return await store.transaction(async () => {
        const steps = await this.#startSteps(take)
        const { done, value } = await steps.next(store)
        if (value === 'wholly' && (await store.unprocessed.clear(device, part))) this.appraise = true
        return done === true
      })
    } catch (error) {
      if (codeOf(error) === 'STORE_FAILED') throw error
      // Fail closed: the verdict cannot be good until this part is applied again.
      const message = describeError(error).slice(0, 500)
      const { sequence } = evidence
      await store.unprocessed.put(device, { part, sequence, message, at })
      await recordBounded(store, { at, kind: 'evidence-not-taken-in', device, detail: { part, sequence, message } })
      this.appraise = true
      return true
    }
  }

  async #startSteps(take: Take): Promise<{ next(store: EvidenceStore): Promise<IteratorResult<void, Taken>> }> {
    if (this.#steps === undefined) {
      this.#steps = take(this.projection)
      await this.#steps.next()
    }
    return this.#steps
  }
}

/** The first `next` only starts the generator. Each later one receives the store for that step. */
type Steps = AsyncGenerator<void, Taken, EvidenceStore>
type Take = (projection: EvidenceToApply) => Steps

const PARTS: readonly (readonly [Part, Take])[] = [
  ['findings', inOneStep(applyFindingsPart)],
  // Before the sightings: a snapshot ends missing sightings, except where sources failed.
  ['sources', inOneStep(applySources)],
  ['sightings', applySightingsPart],
  ['inventory', inOneStep(applyInventory)],
  ['health', inOneStep(applyHealth)],
  // Before the receipts, which say how it is now.
  ['stopEvents', inOneStep(applyStopEventsPart)],
  ['receipts', inOneStep(applyReceipts)],
  // After the sightings that they are of.
  ['agentClaims', inOneStep(applyAgentClaims)],
  ['approvalRequests', inOneStep(applyApprovalRequests)],
  ['tamperSigns', inOneStep(applyTamperSigns)],
  ['logFaults', inOneStep(applyLogFaults)],
  ['actions', inOneStep(applyActions)],
  ['actionsDropped', inOneStep(applyActionsDropped)],
]

function inOneStep(take: (store: EvidenceStore, projection: EvidenceToApply) => Promise<Taken>): Take {
  return async function* (projection) {
    return take(yield, projection)
  }
}

async function* applySightingsPart({ device, evidence, at }: EvidenceToApply): Steps {
  const { sightings, sources } = evidence
  if (sightings === undefined) return 'partly'
  return (yield* applySightingsInSteps(device, { sightings, at, sourcesReported: sources !== undefined }))
    ? 'wholly'
    : 'partly'
}

async function applyFindingsPart(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await applyFindings(store, device, { findings: evidence.findings ?? [], at })
  return 'wholly'
}

/** One batch cannot exceed the bounds. */
const NO_SOURCES = { count: 0, characters: 0 }

/** A later part of a snapshot adds its sources. Any other batch replaces all of them. */
async function applySources(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  const { sightings, sources = [] } = evidence
  const later = sightings?.mode === 'full' && sightings.part > 0
  if (!later) await store.sources.drop(device)
  for (const source of sources) await store.sources.put(device, source, at)
  const { count, characters } = later ? await store.sources.size(device) : NO_SOURCES
  if (count > MAX_SOURCES)
    throw new SuretyError('QUOTA_EXCEEDED', `the device reports more than ${MAX_SOURCES} sources`)
  if (characters > MAX_SOURCES_CHARACTERS) {
    throw new SuretyError('QUOTA_EXCEEDED', `the device's sources take more than ${MAX_SOURCES_CHARACTERS} characters`)
  }
  return later ? 'partly' : 'wholly'
}

async function applyInventory(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  if (evidence.inventory !== undefined) await store.reports.putInventory(device, evidence.inventory, at)
  return 'wholly'
}

async function applyHealth(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await store.reports.putHealth(device, evidence.health ?? [], at)
  return 'wholly'
}

async function applyStopEventsPart(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await applyStopEvents(store, device, { events: evidence.stopEvents ?? [], at })
  return 'wholly'
}

async function applyReceipts(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  for (const given of evidence.receipts ?? []) {
    const receipt = await provenReceipt(store, device, given)
    const { order, number, outcome, code } = receipt
    if (await store.orders.putReceipt(device, receipt, at)) {
      if (await applyStopReceipt(store, device, { receipt, at })) continue
      await store.activity.add({ at, kind: 'order-answered', device, detail: { order, number, outcome, code } })
    } else if (receipt.stop !== undefined && !(await store.orders.has(order))) {
      await recordForgottenStop(store, { device, receipt, stop: receipt.stop, at })
    }
  }
  return 'wholly'
}

/** Only an order of a stop is answered so. A directory that does not know it was restored from a backup. */
async function recordForgottenStop(
  store: EvidenceStore,
  { device, receipt, stop, at }: { device: string; receipt: Receipt; stop: NonNullable<Receipt['stop']>; at: number },
): Promise<void> {
  const { order, number, outcome } = receipt
  const detail = { order, number, outcome, agents: stop.agentCount, processes: stop.processCount }
  await recordBounded(store, { at, kind: 'stop-forgotten', device, detail })
}

async function applyAgentClaims(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await takeInClaims(store, device, { claims: evidence.agentClaims ?? [], at })
  return 'wholly'
}

async function applyApprovalRequests(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await takeInApprovals(store, device, { requests: evidence.approvalRequests ?? [], at })
  return 'wholly'
}

async function applyTamperSigns(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await takeInSigns(store, device, { signs: evidence.tamperSigns ?? [], at })
  return 'wholly'
}

async function applyActions(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  await takeInActions(store, device, { actions: evidence.actions ?? [], at })
  return 'wholly'
}

async function applyActionsDropped(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  const detail = { count: evidence.actionsDropped }
  await recordBounded(store, { at, kind: 'actions-dropped', device, detail })
  return 'wholly'
}

/** Both checkpoints stay in the batch, where an auditor finds them: see `evidence export`. */
async function applyLogFaults(store: EvidenceStore, { device, evidence, at }: EvidenceToApply): Promise<Taken> {
  for (const { kind: what, time: deviceTime, kept, received } of evidence.logFaults ?? []) {
    const detail = { what, deviceTime, kept: checkpointWords(kept), received: checkpointWords(received) }
    await recordBounded(store, { at, kind: 'record-disputed', device, detail })
  }
  return 'wholly'
}

/** Its first lines: origin, size and root. */
function checkpointWords(note: string): string {
  return note.split('\n', 3).join(' ').slice(0, 500)
}

/** Replaces the stored findings by those of the batch. Each keeps the time since which it fails or is unknown. */
async function applyFindings(
  store: Pick<EvidenceStore, 'findings'>,
  device: string,
  { findings, at }: { readonly findings: readonly Finding[]; readonly at: number },
): Promise<void> {
  const held = await store.findings.byCheck(device)
  const reported = worstByCheck(findings)
  for (const finding of reported.values()) {
    const changed = changedFinding(finding, held.get(finding.check), at)
    if (changed !== undefined) await store.findings.put(device, changed, at)
  }
  for (const [check, before] of held) {
    if (reported.has(check)) continue
    // A check that Surety does not know is deleted.
    const isKnown = CHECKS.some((known) => known === check)
    const changed = changedFinding({ check, state: 'unknown', reason: 'no longer reported' }, before, at)
    if (!isKnown) await store.findings.drop(device, check)
    else if (changed !== undefined) await store.findings.put(device, changed, at)
  }
  await store.findings.markReported(device, at)
}

/** What to store of a finding. Undefined if that is stored already, which is so of most: it awaits nothing. */
function changedFinding(finding: Finding, before: CurrentFinding | undefined, at: number): CurrentFinding | undefined {
  const isBad = finding.state === 'fail' || finding.state === 'unknown'
  const since = isBad ? (before?.since ?? at) : undefined
  const isSame =
    before?.state === finding.state && before.since === since && explanationOf(before) === explanationOf(finding)
  return isSame ? undefined : { ...finding, since }
}

function isWorse(one: Finding, other: Finding): boolean {
  return FINDING_STATES.indexOf(one.state) < FINDING_STATES.indexOf(other.state)
}

/** If a check is reported twice, the worse finding counts. */
function worstByCheck(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  const worst = new Map<string, Finding>()
  for (const finding of findings) {
    const other = worst.get(finding.check)
    if (other === undefined || isWorse(finding, other)) worst.set(finding.check, finding)
  }
  return worst
}
