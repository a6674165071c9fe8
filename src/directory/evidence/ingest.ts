import { codeOf, describeError, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import type { AttestationResult } from '../../protocol/messages/attestation-result.ts'
import type { Changes } from '../workers/changes.ts'
import {
  type CommitComponents,
  type Committed,
  commit,
  type Queued,
  type Submission,
  type Unfinished,
} from './commit.ts'
import { type DeviceQueue, DeviceQueues } from './device-queues.ts'
import type { EvidenceFrame } from './evidence-frame.ts'

export interface IngestComponents extends CommitComponents {
  readonly log: Log
  /** After the commit, for each device whose result changed. */
  readonly announce: (device: string, epoch: number, result: AttestationResult) => Promise<void>
  /** Told after the commit of each frame with receipts, agent claims or sightings. */
  readonly changes: Pick<Changes, 'of'>
  /** Processing a frame threw an error other than `STORE_FAILED`. */
  readonly onUnexpectedError?: (frame: EvidenceFrame, error: unknown) => Promise<void>
}

export interface IngestInit {
  /** At most this many frames in one transaction. No frame is added after `batchBytes`. */
  readonly batchFrames?: number
  readonly batchBytes?: number
  readonly quotaBytes: number
}

export interface Ingest extends AsyncDisposable {
  /** Queues a verified frame. Frames of one device are processed in the order of submission. */
  submit(frame: EvidenceFrame, submission: Submission): void
  /** More frames are being read. A few waiting frames then wait to share their commit. @returns call it once they are read. */
  expectMore(): () => void
  /** Runs `work` once all waiting frames of the device are on disk or refused; at once if none waits. */
  runAfter(device: string, work: () => void): void
  /** The number of frames that are not on disk yet. */
  readonly waiting: number
}

/** This many frames commit without waiting for others or for the next loop turn, because waiting frames use memory. */
const ENOUGH_FRAMES = 256
/** A frame waits at most this long for others that are being read. */
const READ_WITHIN_MS = 20

/**
 * Group commit: all frames that arrived while the event loop read its sockets go to disk in one transaction. On an idle
 * directory that is one frame at once. Under load hundreds share one fsync.
 *
 * Devices with large or costly frames wait in a slow lane: one transaction for one device, in turn, then a pause of the same
 * length. Half of the event loop's time is left for everything else.
 */
export function ingest(components: IngestComponents, init: IngestInit): Ingest {
  return new GroupIngest(components, init)
}

interface Work {
  /** Is resumed first. It belongs to the device of `batch`. */
  readonly unfinished?: Unfinished | undefined
  readonly batch: readonly Queued[]
}

class GroupIngest implements Ingest {
  readonly #components: IngestComponents
  readonly #quotaBytes: number
  readonly #batchFrames: number
  readonly #queues: DeviceQueues
  /** One transaction at a time: what it takes out of the queues may come back to them. */
  readonly #transactions = new SerialTasks()
  /** The next transaction of fast devices waits for its loop turn, or for the one before. */
  #scheduled = false
  #slowTimer: NodeJS.Timeout | undefined
  /** When the next transaction for a slow device may begin. */
  #slowAt = 0
  /** The last transaction ran out of time. The next one waits for the next loop turn, however much waits. */
  #tookLong = false
  #reading = 0
  /** Since when frames wait for others that are being read. */
  #waitsSince = 0
  /** This many of the next frames get a transaction each, because one of them failed their common transaction. */
  #separately = 0
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
    if (this.#queues.fastWaiting === ENOUGH_FRAMES && !this.#tookLong) this.#begin(() => this.#runFast())
    else this.#schedule()
  }

  runAfter(device: string, work: () => void): void {
    if (!this.#queues.pushWork(device, work)) work()
  }

  expectMore(): () => void {
    this.#reading++
    return () => {
      this.#reading--
      this.#schedule()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    while (this.#queues.fastWaiting > 0 || this.#queues.hasSlow) {
      await this.#transactions.run(() => this.#runFast())
      await this.#transactions.run(() => this.#runSlow())
    }
    clearTimeout(this.#slowTimer)
  }

  #schedule(): void {
    if (!this.#scheduled && this.#queues.fastWaiting > 0 && !this.#waitsForReading()) {
      this.#scheduled = true
      setImmediate(() => this.#begin(() => this.#runFast()))
    }
    if (this.#slowTimer === undefined && this.#queues.hasSlow) {
      const waitMs = Math.max(0, this.#slowAt - this.#components.clock.monotonic())
      this.#slowTimer = setTimeout(() => this.#begin(() => this.#runSlow()), waitMs)
    }
  }

  #waitsForReading(): boolean {
    if (this.#reading === 0 || this.#queues.fastWaiting >= ENOUGH_FRAMES) return false
    return this.#components.clock.monotonic() - this.#waitsSince < READ_WITHIN_MS
  }

  /** An error that no frame explains ends the program. */
  #begin(run: () => Promise<void>): void {
    void this.#transactions.run(run)
  }

  async #runFast(): Promise<void> {
    this.#scheduled = false
    await this.#settle({ batch: this.#queues.takeFast(this.#most()) })
    this.#waitsSince = this.#components.clock.monotonic()
    this.#schedule()
  }

  async #runSlow(): Promise<void> {
    clearTimeout(this.#slowTimer)
    const queue = this.#queues.nextSlow()
    if (queue !== undefined) await this.#settleSlow(queue)
    // Until now, so that no other timer ends the pause early.
    this.#slowTimer = undefined
    this.#schedule()
  }

  async #settleSlow(queue: DeviceQueue): Promise<void> {
    const { unfinished } = queue
    queue.unfinished = undefined
    const { clock } = this.#components
    const began = clock.monotonic()
    await this.#settle({ unfinished, batch: this.#queues.takeSlow(queue, this.#most()) })
    const now = clock.monotonic()
    this.#slowAt = now + (now - began)
  }

  /** The most frames of the next transaction. */
  #most(): number {
    if (this.#separately === 0) return this.#batchFrames
    this.#separately--
    return 1
  }

  async #settle({ unfinished, batch }: Work): Promise<void> {
    if (unfinished === undefined && batch.length === 0) return
    let committed: Committed
    try {
      committed = await commit(this.#components, { quotaBytes: this.#quotaBytes }, { unfinished, batch })
    } catch (error) {
      await this.#failed({ unfinished, batch }, error)
      return
    }
    this.#queues.giveBack(batch.slice(committed.taken))
    if (committed.unfinished !== undefined) this.#queues.giveBackUnfinished(committed.unfinished)
    this.#tookLong = batch.length > committed.taken || committed.unfinished !== undefined
    await this.#publish(committed)
    for (const { queued, tookMs } of committed.settled) this.#queues.settled(queued.frame.device, tookMs)
  }

  async #failed({ unfinished, batch }: Work, error: unknown): Promise<void> {
    const all = unfinished === undefined ? batch : [unfinished.queued, ...batch]
    if (all.length === 1 || codeOf(error) === 'STORE_FAILED') {
      await this.#refuse(all, error)
      return
    }
    // One frame that the database rejects must not fail the others. A full disk fails all of them.
    this.#queues.giveBack(batch)
    this.#separately = batch.length
    if (unfinished !== undefined) await this.#refuse([unfinished.queued], error)
  }

  async #refuse(batch: readonly Queued[], error: unknown): Promise<void> {
    const { log } = this.#components
    log.error('evidence could not be stored', { code: codeOf(error), error: describeError(error) })
    const refusal =
      error instanceof SuretyError ? error : new SuretyError('STORE_FAILED', 'evidence could not be stored')
    if (codeOf(error) !== 'STORE_FAILED') await this.#reportUnexpected(batch, error)
    for (const { submission } of batch) submission.refused(refusal)
    for (const { frame } of batch) this.#queues.settled(frame.device, 0)
  }

  async #reportUnexpected(batch: readonly Queued[], error: unknown): Promise<void> {
    try {
      for (const { frame } of batch) await this.#components.onUnexpectedError?.(frame, error)
    } catch (failure) {
      this.#components.log.error('an evidence error could not be recorded', { error: describeError(failure) })
    }
  }

  async #publish({ settled, changes }: Committed): Promise<void> {
    const { announce, log, changes: topics } = this.#components
    for (const { queued, outcome, tookMs } of settled) {
      if (outcome instanceof SuretyError) continue
      queued.submission.kept(outcome, tookMs)
      const { device, evidence } = queued.frame
      if (evidence.receipts !== undefined) topics.of('receipts', device)
      if (evidence.approvalRequests !== undefined) topics.of('approvals', device)
      if (evidence.agentClaims !== undefined) topics.of('claims', device)
      if (evidence.sightings !== undefined) topics.of('sightings', device)
    }
    for (const { device, epoch, result } of changes) {
      try {
        await announce(device, epoch, result)
      } catch (error) {
        log.error('a result could not be announced', { device, error: describeError(error) })
      }
    }
    // Refusals come last, because they end the connection: a device that forked first receives its new verdict.
    for (const { queued, outcome } of settled) {
      if (outcome instanceof SuretyError) queued.submission.refused(outcome)
    }
  }
}
