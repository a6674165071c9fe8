import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { Results } from '../devices/results.ts'
import { type Acknowledged, appendBatch, type OpenChain } from './append-batch.ts'
import type { ApplyJob } from './apply-evidence.ts'
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
  work: { readonly unfinished?: Unfinished | undefined; readonly batch: readonly Queued[] },
): Committed {
  return components.store.transaction(() => new Slice(components, quotaBytes).run(work))
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

  run({ unfinished, batch }: { unfinished?: Unfinished | undefined; batch: readonly Queued[] }): Committed {
    let left = unfinished === undefined ? undefined : this.#resume(unfinished)
    let taken = 0
    for (const queued of batch) {
      if (left !== undefined || (this.#settled.length > 0 && this.#isOver())) break
      left = this.#take(queued)
      taken++
    }
    const changes = [...this.#chains.values()].flatMap((chain) => this.#close(chain))
    return { taken, settled: this.#settled, unfinished: left, changes }
  }

  #isOver(): boolean {
    return this.#components.clock.monotonic() - this.#startedAt >= LONG_MS
  }

  #resume(unfinished: Unfinished): Unfinished | undefined {
    const { queued, acknowledged, open } = unfinished
    const { device } = queued.frame
    const isFinished = this.#applyJobs(open, (done) => {
      unfinished.appraise ||= done.appraise
      this.#store.unfinished.drop(device, done.projection.evidence)
    })
    unfinished.tookMs += this.#lap()
    if (!isFinished) return unfinished
    const chain = this.#chain(device)
    if (chain !== undefined) chain.appraise = unfinished.appraise
    this.#settled.push({ queued, outcome: acknowledged, tookMs: unfinished.tookMs })
    return undefined
  }

  #take(queued: Queued): Unfinished | undefined {
    const { frame } = queued
    const chain = this.#chain(frame.device)
    if (chain === undefined) {
      const outcome = new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
      this.#settled.push({ queued, outcome, tookMs: this.#lap() })
      return undefined
    }
    const outcome = appendBatch(this.#store, chain, { frame, at: this.#at, quotaBytes: this.#quotaBytes })
    const isFinished = this.#applyJobs(chain.open, (done) => {
      chain.appraise ||= done.appraise
    })
    const tookMs = this.#lap()
    if (isFinished || outcome instanceof SuretyError) {
      this.#settled.push({ queued, outcome, tookMs })
      return undefined
    }
    const { appraise } = chain
    const open = chain.open.splice(0)
    for (const { projection } of open) this.#store.unfinished.put(frame.device, projection.evidence)
    // The device is appraised once the whole frame is applied.
    chain.appraise = false
    return { queued, acknowledged: outcome, open, appraise, tookMs }
  }

  /** @returns whether all of `open` is done. False if the time ran out. */
  #applyJobs(open: ApplyJob[], onDone: (done: ApplyJob) => void): boolean {
    for (let [first] = open; first !== undefined; [first] = open) {
      if (!first.next(this.#store)) {
        open.shift()
        onDone(first)
      }
      if (open.length > 0 && this.#isOver()) return false
    }
    return true
  }

  /** Milliseconds since the previous call. */
  #lap(): number {
    const began = this.#beganAt
    this.#beganAt = this.#components.clock.monotonic()
    return this.#beganAt - began
  }

  #chain(device: string): OpenChain | undefined {
    const known = this.#chains.get(device)
    if (known !== undefined) return known
    const stored = this.#store.evidence.chain(device)
    if (stored === undefined) return undefined
    const chain = { ...stored, device, isChanged: false, appraise: false, open: [] }
    this.#chains.set(device, chain)
    return chain
  }

  #close(chain: OpenChain): Committed['changes'] {
    const { device, epoch } = chain
    if (chain.isChanged) this.#store.evidence.putChain(device, { ...chain, at: this.#at })
    const refresh = chain.appraise ? this.#components.results.refresh(device) : undefined
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
    cached(findings, device, () => new Map(store.findings.list(device).map((finding) => [finding.check, finding])))
  const failingOf = (device: string) =>
    cached(failing, device, () => new Set(store.unprocessed.list(device).map(({ part }) => part)))

  return {
    ...store,
    findings: {
      list: (device) => [...findingsOf(device).values()],
      put(device, finding, at) {
        store.findings.put(device, finding, at)
        findingsOf(device).set(finding.check, finding)
      },
      drop(device, check) {
        store.findings.drop(device, check)
        findingsOf(device).delete(check)
      },
      markReported(device, at) {
        if (observed.has(device)) return
        store.findings.markReported(device, at)
        observed.add(device)
      },
    },
    unprocessed: {
      list: (device) => store.unprocessed.list(device),
      // The failed part was rolled back, so the cache may differ from the store.
      put(device, failure) {
        store.unprocessed.put(device, failure)
        for (const memory of [findings, observed, failing]) memory.delete(device)
      },
      clear: (device, part) => failingOf(device).delete(part) && store.unprocessed.clear(device, part),
    },
  }
}

function cached<T>(memory: Map<string, T>, key: string, read: () => T): T {
  const known = memory.get(key)
  if (known !== undefined) return known
  const value = read()
  memory.set(key, value)
  return value
}
