import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { Results } from '../registry/results.ts'
import type { EvidenceFrame } from './evidence-frame.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { rememberingStore } from './remembering-store.ts'
import { type Acknowledged, type OpenChain, takeIn } from './take-in.ts'

export interface IngestComponents {
  readonly store: EvidenceStore
  readonly results: Results
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly log: Log
  /** After the commit, for each device whose result changed. */
  readonly announce: (device: string, epoch: number, result: AttestationResult) => void
  /** A frame that threw as it was taken in, though the disk is well. */
  readonly poisonous?: (frame: EvidenceFrame, error: unknown) => void
}

export interface IngestInit {
  /** Frames of one transaction, at most; and the bytes from which on no other is added. */
  readonly batchFrames?: number
  readonly batchBytes?: number
  readonly quotaBytes: number
}

/** What is told of a frame that was submitted, once. */
export interface Submission {
  /** It is on disk. @param tookMs of the loop's time, its share of the commit not counted. */
  kept(acknowledged: Acknowledged, tookMs: number): void
  /** @param error `EVIDENCE_*`, `QUOTA_EXCEEDED`, `DEVICE_*`, `EPOCH_MISMATCH`, `STORE_FAILED`. */
  refused(error: SuretyError): void
}

export interface Ingest extends AsyncDisposable {
  /** Queues a verified frame. Frames of one device are taken in the order in which they were submitted. */
  submit(frame: EvidenceFrame, submission: Submission): void
  /** More is being read: what waits shares its commit, when it is little. @returns to be called when it was read. */
  expects(): () => void
  /** Does `work` once all that waits now is on disk, or refused: at once where nothing waits. */
  afterwards(work: () => void): void
  /** Frames that are not on disk yet. */
  readonly waiting: number
}

/** So many wait neither for others that are still being read nor for the next turn: what waits lies in memory. */
const ENOUGH_FRAMES = 256

/** A transaction that has taken so long ends, and the loop reads its sockets before the next: also one frame can be much work. */
const LONG_MS = 50

interface Queued {
  readonly frame: EvidenceFrame
  readonly submission: Submission
}

/** What is done when it comes first in the queue. */
interface Afterwards {
  readonly work: () => void
}

interface Settled {
  readonly queued: Queued
  readonly outcome: Acknowledged | SuretyError
  readonly tookMs: number
}

interface Committed {
  readonly settled: readonly Settled[]
  readonly changes: readonly { device: string; epoch: number; result: AttestationResult }[]
}

/**
 * Group commit: all frames that have come while the loop read its sockets go to disk in one transaction. When nothing
 * else is going on that is one frame at once; under load it is hundreds for one fsync.
 */
export function ingest(components: IngestComponents, init: IngestInit): Ingest {
  const { log } = components
  const { batchFrames = 1024, batchBytes = 8 * 1024 * 1024 } = init
  const queue: (Queued | Afterwards)[] = []
  let scheduled = false
  /** The last transaction took long: what waits is taken in its turn, however much it is. */
  let slow = false
  let reading = 0
  let closed = false

  const schedule = () => {
    if (scheduled || queue.length === 0 || (reading > 0 && queue.length < ENOUGH_FRAMES)) return
    scheduled = true
    setImmediate(run)
  }
  const run = () => {
    scheduled = false
    const batch = takeBatch()
    if (batch.length > 0) settle(batch)
    for (let [first] = queue; first !== undefined && 'work' in first; [first] = queue) {
      queue.shift()
      first.work()
    }
    schedule()
  }
  const takeBatch = () => {
    const batch: Queued[] = []
    for (let bytes = 0; batch.length < batchFrames && bytes < batchBytes; ) {
      const next = queue[batch.length]
      if (next === undefined || 'work' in next) break
      bytes += next.frame.compact.length
      batch.push(next)
    }
    queue.splice(0, batch.length)
    return batch
  }
  const settle = (batch: readonly Queued[]) => {
    let committed: Committed
    try {
      committed = commit(components, init, batch)
      slow = committed.settled.length < batch.length
      if (slow) queue.unshift(...batch.slice(committed.settled.length))
    } catch (error) {
      // One frame the database will not have must not take the others with it; a disk that is full is so for all.
      if (batch.length > 1 && codeOf(error) !== 'STORE_FAILED') {
        for (const queued of batch) settle([queued])
        return
      }
      log.error('evidence could not be kept', { code: codeOf(error), error: describeError(error) })
      const refusal = error instanceof SuretyError ? error : new SuretyError('STORE_FAILED', 'evidence was not kept')
      if (codeOf(error) !== 'STORE_FAILED') condemn(batch, error)
      for (const { submission } of batch) submission.refused(refusal)
      return
    }
    publish(committed)
  }
  const condemn = (batch: readonly Queued[], error: unknown) => {
    try {
      for (const { frame } of batch) components.poisonous?.(frame, error)
    } catch (failure) {
      log.error('evidence that threw could not be told', { error: describeError(failure) })
    }
  }
  const publish = ({ settled, changes }: Committed) => {
    for (const { queued, outcome, tookMs } of settled) {
      if (!(outcome instanceof SuretyError)) queued.submission.kept(outcome, tookMs)
    }
    for (const { device, epoch, result } of changes) {
      try {
        components.announce(device, epoch, result)
      } catch (error) {
        log.error('a result could not be told', { device, error: describeError(error) })
      }
    }
    // Last, for it ends the connection: who is refused for a fork is told first what that makes of its verdict.
    for (const { queued, outcome } of settled) {
      if (outcome instanceof SuretyError) queued.submission.refused(outcome)
    }
  }

  return {
    get waiting() {
      return queue.length
    },
    submit(frame, submission) {
      if (closed) {
        submission.refused(new SuretyError('STORE_FAILED', 'the directory is shutting down'))
        return
      }
      queue.push({ frame, submission })
      if (queue.length >= ENOUGH_FRAMES && !slow) run()
      else schedule()
    },
    afterwards(work) {
      if (queue.length === 0) {
        work()
        return
      }
      queue.push({ work })
      schedule()
    },
    expects() {
      reading++
      return () => {
        reading--
        schedule()
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      while (queue.length > 0) run()
    },
  }
}

/**
 * One transaction: either all of it is on disk afterwards, or nothing.
 *
 * @returns what became of the first of `batch`: of all, unless that took long.
 */
function commit(components: IngestComponents, init: IngestInit, batch: readonly Queued[]): Committed {
  const { results, clock } = components
  const at = clock.now()
  const startedAt = clock.monotonic()
  return components.store.transaction(() => {
    const store = rememberingStore(components.store)
    const chains = new Map<string, OpenChain>()
    const settled: Settled[] = []
    let untilNow = startedAt
    for (const queued of batch) {
      if (settled.length > 0 && untilNow - startedAt >= LONG_MS) break
      const chain = openChain(store, chains, queued.frame.device)
      const outcome =
        chain === undefined
          ? new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
          : takeIn(store, chain, { frame: queued.frame, at, quotaBytes: init.quotaBytes })
      const tookMs = clock.monotonic() - untilNow
      untilNow += tookMs
      settled.push({ queued, outcome, tookMs })
    }
    const changes = [...chains.values()].flatMap((chain) => {
      if (chain.moved) store.putChain(chain.device, { ...chain, at })
      const refresh = chain.appraise ? results.refresh(chain.device) : undefined
      return refresh?.changed ? [{ device: chain.device, epoch: chain.epoch, result: refresh.result }] : []
    })
    return { settled, changes }
  })
}

function openChain(store: EvidenceStore, chains: Map<string, OpenChain>, device: string): OpenChain | undefined {
  const open = chains.get(device)
  if (open !== undefined) return open
  const stored = store.chain(device)
  if (stored === undefined) return undefined
  const chain = { ...stored, device, moved: false, appraise: false }
  chains.set(device, chain)
  return chain
}
