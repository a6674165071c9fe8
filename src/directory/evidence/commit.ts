import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { Results } from '../devices/results.ts'
import { type Acknowledged, appendBatch, type OpenChain } from './append-batch.ts'
import { type ApplyJob, applyJob } from './apply-evidence.ts'
import type { EvidenceFrame } from './evidence-frame.ts'
import type { EvidenceStore } from './evidence-store.ts'

/** Callbacks of one submitted frame. Exactly one of them is called, once. */
export interface Submission {
  /** Recent frames of this device took long, so it waits in the slow lane. Default: false. */
  readonly costly?: boolean
  /** The frame is on disk. @param tookMs time on the event loop, without the commit itself. */
  kept(acknowledged: Acknowledged, tookMs: number): void
  /** @param error `EVIDENCE_*`, `QUOTA_EXCEEDED`, `DEVICE_*`, `EPOCH_MISMATCH`, `STORE_FAILED`. */
  refused(error: SuretyError): void
}

export interface Queued {
  readonly frame: EvidenceFrame
  readonly submission: Submission
}

/** A frame that is stored but not yet applied completely. */
export interface Unfinished {
  readonly queued: Queued
  readonly acknowledged: Acknowledged
  readonly open: ApplyJob[]
  appraise: boolean
  tookMs: number
}

export interface Committed {
  /** The number of frames processed, from the start of the batch. */
  readonly taken: number
  /** Outcomes in order: the unfinished frame first, then the processed ones. */
  readonly settled: readonly { queued: Queued; outcome: Acknowledged | SuretyError; tookMs: number }[]
  /** The frame that is unfinished now. Nothing after it was processed. */
  readonly unfinished: Unfinished | undefined
  readonly changes: readonly { device: string; epoch: number; result: AttestationResult }[]
}

export interface CommitComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** A transaction ends after this time, so that the event loop can serve its sockets before the next. */
export const LONG_MS = 50

/**
 * Runs one transaction: everything that it returns is on disk afterwards, or nothing is. It ends after `LONG_MS`, if necessary
 * within a frame. That frame's evidence is then stored and marked as unfinished.
 *
 * @param work the unfinished frame to resume, and the frames that follow.
 */
export function commit(
  components: CommitComponents,
  { quotaBytes }: { readonly quotaBytes: number },
  { unfinished, batch }: { readonly unfinished?: Unfinished | undefined; readonly batch: readonly Queued[] },
): Promise<Committed> {
  const jobs = [...(unfinished?.open ?? [])]
  let attempts = 0
  return components.store.transaction(() => {
    const isAgain = attempts++ > 0
    // Jobs remember how far they are, and an attempt that was undone leaves them too far. To apply a batch again is harmless.
    if (isAgain) unfinished?.open.splice(0, Infinity, ...jobs.map(({ projection }) => applyJob(projection)))
    return new Slice(components, quotaBytes).run({ unfinished, batch, isAgain })
  })
}

class Slice {
  readonly #components: CommitComponents
  readonly #quotaBytes: number
  readonly #store: EvidenceStore
  readonly #at: number
  readonly #startedAt: number
  readonly #chains = new Map<string, OpenChain>()
  readonly #settled: Committed['settled'][number][] = []
  /** Start of the present frame. */
  #beganAt: number

  constructor(components: CommitComponents, quotaBytes: number) {
    this.#components = components
    this.#quotaBytes = quotaBytes
    this.#store = transactionCache(components.store)
    this.#at = components.clock.now()
    this.#startedAt = this.#beganAt = components.clock.monotonic()
  }

  /** @param isAgain the unfinished frame starts from its beginning, so it ends here: the next attempt would lose its steps too. */
  async run({
    unfinished,
    batch,
    isAgain,
  }: {
    unfinished: Unfinished | undefined
    batch: readonly Queued[]
    isAgain: boolean
  }): Promise<Committed> {
    let left = unfinished === undefined ? undefined : await this.#resume(unfinished, isAgain)
    let taken = 0
    for (const queued of batch) {
      if (left !== undefined || (this.#settled.length > 0 && this.#isOver())) break
      left = await this.#take(queued)
      taken++
    }
    const changes: Committed['changes'][number][] = []
    for (const chain of this.#chains.values()) changes.push(...(await this.#close(chain)))
    return { taken, settled: this.#settled, unfinished: left, changes }
  }

  #isOver(): boolean {
    return this.#components.clock.monotonic() - this.#startedAt >= LONG_MS
  }

  async #resume(unfinished: Unfinished, toTheEnd: boolean): Promise<Unfinished | undefined> {
    const { queued, acknowledged, open } = unfinished
    const { device } = queued.frame
    const isFinished = await this.#applyJobs(
      open,
      async (done) => {
        unfinished.appraise ||= done.appraise
        await this.#store.unfinished.drop(device, done.projection.evidence)
      },
      toTheEnd,
    )
    unfinished.tookMs += this.#lap()
    if (!isFinished) return unfinished
    const chain = await this.#chain(device)
    if (chain !== undefined) chain.appraise = unfinished.appraise
    this.#settled.push({ queued, outcome: acknowledged, tookMs: unfinished.tookMs })
    return undefined
  }

  async #take(queued: Queued): Promise<Unfinished | undefined> {
    const { frame } = queued
    const chain = await this.#chain(frame.device)
    if (chain === undefined) {
      const outcome = new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
      this.#settled.push({ queued, outcome, tookMs: this.#lap() })
      return undefined
    }
    const outcome = await appendBatch(this.#store, chain, { frame, at: this.#at, quotaBytes: this.#quotaBytes })
    const isFinished = await this.#applyJobs(chain.open, (done) => {
      chain.appraise ||= done.appraise
    })
    const tookMs = this.#lap()
    if (isFinished || outcome instanceof SuretyError) {
      this.#settled.push({ queued, outcome, tookMs })
      return undefined
    }
    const { appraise } = chain
    const open = chain.open.splice(0)
    for (const { projection } of open) await this.#store.unfinished.put(frame.device, projection.evidence)
    // The device is appraised once the whole frame is applied.
    chain.appraise = false
    return { queued, acknowledged: outcome, open, appraise, tookMs }
  }

  /** @returns whether all of `open` is done. False if the time ran out. */
  async #applyJobs(
    open: ApplyJob[],
    onDone: (done: ApplyJob) => void | Promise<void>,
    toTheEnd = false,
  ): Promise<boolean> {
    for (let [first] = open; first !== undefined; [first] = open) {
      if (!(await first.next(this.#store))) {
        open.shift()
        await onDone(first)
      }
      if (open.length > 0 && !toTheEnd && this.#isOver()) return false
    }
    return true
  }

  /** Milliseconds since the previous call. */
  #lap(): number {
    const began = this.#beganAt
    this.#beganAt = this.#components.clock.monotonic()
    return this.#beganAt - began
  }

  async #chain(device: string): Promise<OpenChain | undefined> {
    const known = this.#chains.get(device)
    if (known !== undefined) return known
    const stored = await this.#store.evidence.chain(device)
    if (stored === undefined) return undefined
    const chain = { ...stored, device, isChanged: false, appraise: false, open: [] }
    this.#chains.set(device, chain)
    return chain
  }

  async #close(chain: OpenChain): Promise<Committed['changes']> {
    const { device, epoch } = chain
    if (chain.isChanged) await this.#store.evidence.putChain(device, { ...chain, at: this.#at })
    const refresh = chain.appraise ? await this.#components.results.refresh(device) : undefined
    return refresh?.changed === true ? [{ device, epoch, result: refresh.result }] : []
  }
}

/**
 * Wraps the store for one transaction and reads nothing twice. During a burst a device repeats the same findings many times in
 * one transaction; unchanged findings then cost no statement.
 */
function transactionCache(store: EvidenceStore): EvidenceStore {
  const findings = new Map<string, Map<string, CurrentFinding>>()
  const observed = new Set<string>()
  const failing = new Map<string, Set<string>>()

  const findingsOf = (device: string) =>
    cached(findings, device, async () => new Map(await store.findings.byCheck(device)))
  const failingOf = (device: string) =>
    cached(failing, device, async () => new Set((await store.unprocessed.list(device)).map(({ part }) => part)))

  return {
    ...store,
    findings: {
      list: async (device) => [...(await findingsOf(device)).values()],
      byCheck: findingsOf,
      async put(device, finding, at) {
        await store.findings.put(device, finding, at)
        ;(await findingsOf(device)).set(finding.check, finding)
      },
      async drop(device, check) {
        await store.findings.drop(device, check)
        ;(await findingsOf(device)).delete(check)
      },
      async markReported(device, at) {
        if (observed.has(device)) return
        await store.findings.markReported(device, at)
        observed.add(device)
      },
    },
    unprocessed: {
      list: (device) => store.unprocessed.list(device),
      // The failed part was rolled back, so the cache may differ from the store.
      async put(device, failure) {
        await store.unprocessed.put(device, failure)
        for (const memory of [findings, observed, failing]) memory.delete(device)
      },
      clear: async (device, part) =>
        (await failingOf(device)).delete(part) && (await store.unprocessed.clear(device, part)),
    },
  }
}

async function cached<T>(memory: Map<string, T>, key: string, read: () => Promise<T>): Promise<T> {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = await read()
  memory.set(key, value)
  return value
}
