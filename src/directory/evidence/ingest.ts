import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import {
  type CommitComponents,
  type Committed,
  commit,
  type Queued,
  type Submission,
  type Unfinished,
} from './commit.ts'
import { DeviceQueues } from './device-queues.ts'
import type { EvidenceFrame } from './evidence-frame.ts'

export interface IngestComponents extends CommitComponents {
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

export interface Ingest extends AsyncDisposable {
  /** Queues a verified frame. Frames of one device are taken in the order in which they were submitted. */
  submit(frame: EvidenceFrame, submission: Submission): void
  /** More is being read: what waits shares its commit, when it is little. @returns to be called when it was read. */
  expects(): () => void
  /** Does `work` once all that waits of a device now is on disk, or refused: at once where nothing waits. */
  afterwards(device: string, work: () => void): void
  /** Frames that are not on disk yet. */
  readonly waiting: number
}

/** So many wait neither for others that are still being read nor for the next turn: what waits lies in memory. */
const ENOUGH_FRAMES = 256
/** Nor does any wait longer than this for others that are being read. */
const READ_WITHIN_MS = 20

/**
 * Group commit: all frames that have come while the loop read its sockets go to disk in one transaction. When nothing
 * else is going on that is one frame at once; under load it is hundreds for one fsync.
 *
 * Devices whose frames are large or take long wait apart: one transaction for one of them, in turn, and then as long a
 * pause as it took, so that half of the loop's time is left for all else.
 */
export function ingest(components: IngestComponents, init: IngestInit): Ingest {
  return new GroupIngest(components, init)
}

interface Work {
  /** Comes first; of the device of `batch`. */
  readonly unfinished?: Unfinished | undefined
  readonly batch: readonly Queued[]
}

class GroupIngest implements Ingest {
  readonly #components: IngestComponents
  readonly #quotaBytes: number
  readonly #batchFrames: number
  readonly #queues: DeviceQueues
  #scheduled = false
  #slowTimer: NodeJS.Timeout | undefined
  /** When the next transaction for a slow device may begin. */
  #slowAt = 0
  /** The last transaction took long: what waits is taken in its turn, however much it is. */
  #tookLong = false
  #reading = 0
  /** Since when a frame has waited for others that are being read. */
  #waitsSince = 0
  /** So many of the next frames have a transaction of their own: one of them failed those that it was taken with. */
  #alone = 0
  #closed = false

  constructor(components: IngestComponents, init: IngestInit) {
    const { batchFrames = 1024, batchBytes = 8 * 1024 * 1024, quotaBytes } = init
    this.#components = components
    this.#quotaBytes = quotaBytes
    this.#batchFrames = batchFrames
    this.#queues = new DeviceQueues({ batchBytes })
  }

  get waiting(): number {
    return this.#queues.waiting
  }

  submit(frame: EvidenceFrame, submission: Submission): void {
    if (this.#closed) {
      submission.refused(new SuretyError('STORE_FAILED', 'the directory is shutting down'))
      return
    }
    if (this.#queues.fastWaiting === 0) this.#waitsSince = this.#components.clock.monotonic()
    this.#queues.push({ frame, submission })
    if (this.#queues.fastWaiting >= ENOUGH_FRAMES && !this.#tookLong) this.#runFast()
    else this.#schedule()
  }

  afterwards(device: string, work: () => void): void {
    if (!this.#queues.pushWork(device, work)) work()
  }

  expects(): () => void {
    this.#reading++
    return () => {
      this.#reading--
      this.#schedule()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    while (this.#queues.fastWaiting > 0 || this.#queues.hasSlow) {
      this.#runFast()
      this.#runSlow()
    }
    clearTimeout(this.#slowTimer)
  }

  #schedule(): void {
    if (!this.#scheduled && this.#queues.fastWaiting > 0 && !this.#waitsForReading()) {
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#runFast()
      })
    }
    if (this.#slowTimer === undefined && this.#queues.hasSlow) {
      const waitMs = Math.max(0, this.#slowAt - this.#components.clock.monotonic())
      this.#slowTimer = setTimeout(() => this.#runSlow(), waitMs)
    }
  }

  #waitsForReading(): boolean {
    if (this.#reading === 0 || this.#queues.fastWaiting >= ENOUGH_FRAMES) return false
    return this.#components.clock.monotonic() - this.#waitsSince < READ_WITHIN_MS
  }

  #runFast(): void {
    this.#settle({ batch: this.#queues.takeFast(this.#most()) })
    this.#waitsSince = this.#components.clock.monotonic()
    this.#schedule()
  }

  #runSlow(): void {
    clearTimeout(this.#slowTimer)
    this.#slowTimer = undefined
    const queue = this.#queues.nextSlow()
    if (queue === undefined) return
    const { unfinished } = queue
    queue.unfinished = undefined
    const { clock } = this.#components
    const began = clock.monotonic()
    this.#settle({ unfinished, batch: this.#queues.takeSlow(queue, this.#most()) })
    const now = clock.monotonic()
    this.#slowAt = now + (now - began)
    this.#schedule()
  }

  /** Frames of the next transaction. */
  #most(): number {
    if (this.#alone === 0) return this.#batchFrames
    this.#alone--
    return 1
  }

  #settle({ unfinished, batch }: Work): void {
    if (unfinished === undefined && batch.length === 0) return
    let committed: Committed
    try {
      committed = commit(this.#components, { quotaBytes: this.#quotaBytes }, { unfinished, batch })
    } catch (error) {
      this.#failed({ unfinished, batch }, error)
      return
    }
    this.#queues.giveBack(batch.slice(committed.taken))
    if (committed.unfinished !== undefined) this.#queues.giveBackUnfinished(committed.unfinished)
    this.#tookLong = batch.length > committed.taken || committed.unfinished !== undefined
    this.#publish(committed)
    for (const { queued, tookMs } of committed.settled) this.#queues.settled(queued.frame.device, tookMs)
  }

  #failed({ unfinished, batch }: Work, error: unknown): void {
    const all = unfinished === undefined ? batch : [unfinished.queued, ...batch]
    if (all.length === 1 || codeOf(error) === 'STORE_FAILED') {
      this.#refuse(all, error)
      return
    }
    // One frame the database will not have must not take the others with it; a disk that is full is so for all.
    this.#queues.giveBack(batch)
    this.#alone = batch.length
    if (unfinished !== undefined) this.#refuse([unfinished.queued], error)
  }

  #refuse(batch: readonly Queued[], error: unknown): void {
    const { log } = this.#components
    log.error('evidence could not be kept', { code: codeOf(error), error: describeError(error) })
    const refusal = error instanceof SuretyError ? error : new SuretyError('STORE_FAILED', 'evidence was not kept')
    if (codeOf(error) !== 'STORE_FAILED') this.#condemn(batch, error)
    for (const { submission } of batch) submission.refused(refusal)
    for (const { frame } of batch) this.#queues.settled(frame.device, 0)
  }

  #condemn(batch: readonly Queued[], error: unknown): void {
    try {
      for (const { frame } of batch) this.#components.poisonous?.(frame, error)
    } catch (failure) {
      this.#components.log.error('evidence that threw could not be told', { error: describeError(failure) })
    }
  }

  #publish({ settled, changes }: Committed): void {
    const { announce, log } = this.#components
    for (const { queued, outcome, tookMs } of settled) {
      if (!(outcome instanceof SuretyError)) queued.submission.kept(outcome, tookMs)
    }
    for (const { device, epoch, result } of changes) {
      try {
        announce(device, epoch, result)
      } catch (error) {
        log.error('a result could not be told', { device, error: describeError(error) })
      }
    }
    // Last, for it ends the connection: who is refused for a fork is told first what that makes of its verdict.
    for (const { queued, outcome } of settled) {
      if (outcome instanceof SuretyError) queued.submission.refused(outcome)
    }
  }
}
