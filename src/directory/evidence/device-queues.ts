import type { Queued, Unfinished } from './commit.ts'

/** A frame with more characters is large: applying it may need a whole transaction. */
export const LARGE_CHARACTERS = 32 * 1024
/** A frame that takes longer marks its device as costly, whatever the size of its frames. */
export const COSTLY_MS = 10

/** Frames of one device that wait, in order. */
export interface DeviceQueue {
  /** Frames, and callbacks that run when they come first. */
  readonly items: (Queued | (() => void))[]
  /** Comes before `items`. */
  unfinished: Unfinished | undefined
}

export interface DeviceQueuesInit {
  /** A transaction of fast devices takes no further frame after this many bytes. */
  readonly batchBytes: number
}

/**
 * Frames that wait for a transaction, in one queue per device. A device with large or costly frames is slow until its queue is
 * empty.
 */
export class DeviceQueues {
  readonly #init: DeviceQueuesInit
  readonly #all = new Map<string, DeviceQueue>()
  /** Each queue is in one of these sets, the next one first. */
  readonly #fast = new Set<DeviceQueue>()
  readonly #slow = new Set<DeviceQueue>()
  #fastFrames = 0

  constructor(init: DeviceQueuesInit) {
    this.#init = init
  }

  /** Waiting frames, including unfinished ones. */
  get waiting(): number {
    let count = this.#fastFrames
    for (const queue of this.#slow) count += framesOf(queue) + (queue.unfinished === undefined ? 0 : 1)
    return count
  }

  get fastWaiting(): number {
    return this.#fastFrames
  }

  get hasSlow(): boolean {
    return this.#slow.size > 0
  }

  push(queued: Queued): void {
    const { frame, submission } = queued
    const queue = this.#queueOf(frame.device)
    queue.items.push(queued)
    if (!this.#slow.has(queue)) this.#fastFrames++
    if (frame.compact.length > LARGE_CHARACTERS || submission.costly === true) this.#slowDown(queue)
  }

  /** Runs `work` once everything that waits for the device now is settled. @returns false if nothing waits. */
  pushWork(device: string, work: () => void): boolean {
    const queue = this.#all.get(device)
    queue?.items.push(work)
    return queue !== undefined
  }

  /** Takes frames of fast devices, whole queues where possible. */
  takeFast(most: number): readonly Queued[] {
    const batch: Queued[] = []
    let bytes = 0
    for (const queue of this.#fast) {
      for (let [first] = queue.items; first !== undefined && typeof first !== 'function'; [first] = queue.items) {
        if (batch.length >= most || bytes >= this.#init.batchBytes) return batch
        bytes += first.frame.compact.length
        batch.push(first)
        queue.items.shift()
        this.#fastFrames--
      }
    }
    return batch
  }

  /** The next slow device, round robin. */
  nextSlow(): DeviceQueue | undefined {
    const [queue] = this.#slow
    if (queue === undefined) return undefined
    this.#slow.delete(queue)
    this.#slow.add(queue)
    return queue
  }

  /** Takes frames of one slow device up to the next callback. */
  takeSlow(queue: DeviceQueue, most: number): readonly Queued[] {
    const end = queue.items.findIndex((item) => typeof item === 'function')
    // Callbacks end the slice, so all of these are frames.
    return queue.items.splice(0, Math.min(most, end === -1 ? queue.items.length : end)) as Queued[]
  }

  /** Returns frames that were taken but not processed to the head of their queues. */
  giveBack(frames: readonly Queued[]): void {
    for (const queued of frames.toReversed()) {
      const queue = this.#queueOf(queued.frame.device)
      queue.items.unshift(queued)
      if (!this.#slow.has(queue)) this.#fastFrames++
    }
  }

  giveBackUnfinished(unfinished: Unfinished): void {
    const queue = this.#queueOf(unfinished.queued.frame.device)
    queue.unfinished = unfinished
    this.#slowDown(queue)
  }

  /** A frame of the device was settled. Runs callbacks that come first now. */
  settled(device: string, tookMs: number): void {
    const queue = this.#all.get(device)
    if (queue === undefined) return
    for (
      let [first] = queue.items;
      typeof first === 'function' && queue.unfinished === undefined;
      [first] = queue.items
    ) {
      queue.items.shift()
      first()
    }
    if (queue.items.length === 0 && queue.unfinished === undefined) {
      this.#all.delete(device)
      this.#fast.delete(queue)
      this.#slow.delete(queue)
    } else if (tookMs > COSTLY_MS) this.#slowDown(queue)
    else if (this.#fast.delete(queue)) this.#fast.add(queue) // to the end
  }

  #queueOf(device: string): DeviceQueue {
    const known = this.#all.get(device)
    if (known !== undefined) return known
    const queue: DeviceQueue = { items: [], unfinished: undefined }
    this.#all.set(device, queue)
    this.#fast.add(queue)
    return queue
  }

  #slowDown(queue: DeviceQueue): void {
    if (!this.#fast.delete(queue)) return
    this.#slow.add(queue)
    this.#fastFrames -= framesOf(queue)
  }
}

function framesOf({ items }: DeviceQueue): number {
  return items.reduce((count, item) => count + (typeof item === 'function' ? 0 : 1), 0)
}
