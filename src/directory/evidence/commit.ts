import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { Results } from '../devices/results.ts'
import type { EvidenceFrame } from './evidence-frame.ts'
import type { EvidenceStore } from './evidence-store.ts'
import type { OpenProjection } from './project.ts'
import { rememberingStore } from './remembering-store.ts'
import { type Acknowledged, type OpenChain, takeIn } from './take-in.ts'

/** What is told of a frame that was submitted, once. */
export interface Submission {
  /** Frames of this device have taken long lately: it waits with others of its kind. Left out: no. */
  readonly costly?: boolean
  /** It is on disk. @param tookMs of the loop's time, its share of the commit not counted. */
  kept(acknowledged: Acknowledged, tookMs: number): void
  /** @param error `EVIDENCE_*`, `QUOTA_EXCEEDED`, `DEVICE_*`, `EPOCH_MISMATCH`, `STORE_FAILED`. */
  refused(error: SuretyError): void
}

export interface Queued {
  readonly frame: EvidenceFrame
  readonly submission: Submission
}

/** A frame that is kept, and that the register does not know all of yet. */
export interface Unfinished {
  readonly queued: Queued
  readonly acknowledged: Acknowledged
  readonly open: OpenProjection[]
  appraise: boolean
  tookMs: number
}

export interface Committed {
  /** Frames of the batch that were looked at: the first of it. */
  readonly taken: number
  /** What became of them, and before them of what was unfinished. */
  readonly settled: readonly { queued: Queued; outcome: Acknowledged | SuretyError; tookMs: number }[]
  /** What is still, or now, unfinished: nothing was looked at after it. */
  readonly unfinished: Unfinished | undefined
  readonly changes: readonly { device: string; epoch: number; result: AttestationResult }[]
}

export interface CommitComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
}

/** A transaction that has taken so long ends, and the loop serves its sockets before the next. */
export const LONG_MS = 50

/**
 * One transaction: either all that it returns is on disk afterwards, or nothing. It ends after `LONG_MS`, in the middle of
 * a frame if need be: that one's evidence is kept then, and noted in the register as unfinished.
 *
 * @param work what is taken up first, and the frames that follow.
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
  /** When the frame at work was begun. */
  #beganAt: number

  constructor(components: CommitComponents, quotaBytes: number) {
    this.#components = components
    this.#quotaBytes = quotaBytes
    this.#store = rememberingStore(components.store)
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
    const isFinished = this.#project(open, (done) => {
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
    const outcome = takeIn(this.#store, chain, { frame, at: this.#at, quotaBytes: this.#quotaBytes })
    const isFinished = this.#project(chain.open, (done) => {
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
    // It is appraised by all that the frame says, not by the half of it.
    chain.appraise = false
    return { queued, acknowledged: outcome, open, appraise, tookMs }
  }

  /** @returns whether all of `open` is done; false when the time is over before. */
  #project(open: OpenProjection[], onDone: (done: OpenProjection) => void): boolean {
    for (let [first] = open; first !== undefined; [first] = open) {
      if (!first.next(this.#store)) {
        open.shift()
        onDone(first)
      }
      if (open.length > 0 && this.#isOver()) return false
    }
    return true
  }

  /** Milliseconds since this was asked last. */
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
    const chain = { ...stored, device, moved: false, appraise: false, open: [] }
    this.#chains.set(device, chain)
    return chain
  }

  #close(chain: OpenChain): Committed['changes'] {
    const { device, epoch } = chain
    if (chain.moved) this.#store.evidence.putChain(device, { ...chain, at: this.#at })
    const refresh = chain.appraise ? this.#components.results.refresh(device) : undefined
    return refresh?.changed === true ? [{ device, epoch, result: refresh.result }] : []
  }
}
