import type { Queued, Unfinished } from './commit.ts'

/** A frame with more characters is large: taking it in may need a whole transaction. */
export const LARGE_CHARACTERS = 32 * 1024
/** A frame that took longer shows that its device's frames are costly, however small they are. */
export const COSTLY_MS = 10

/** What waits of one device, in order. */
export interface DeviceQueue {
  /** Frames, and work that is done when it comes first. */
  readonly items: (Queued | (() => void))[]
  /** Comes before `items`. */
  unfinished: Unfinished | undefined
}

export interface DeviceQueuesInit {
  /** Bytes of fast devices from which on no other frame is taken with them. */
  readonly batchBytes: number
}

/**
 * Frames that wait to be taken in, a queue for each device. A device with large or costly frames is slow until nothing of it
 * waits any more.
 */
export class DeviceQueues {
  readonly #init: DeviceQueuesInit
  readonly #all = new Map<string, DeviceQueue>()
  /** Each queue is in one of these, the one whose turn is next first. */
  readonly #fast = new Set<DeviceQueue>()
  readonly #slow = new Set<DeviceQueue>()
  #fastFrames = 0

  constructor(init: DeviceQueuesInit) {
    this.#init = init
  }

  /** Frames, those that are unfinished included. */
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

  /** Has `work` done once all that waits of the device now is settled. @returns false when nothing of it waits. */
  pushWork(device: string, work: () => void): boolean {
    const queue = this.#all.get(device)
    queue?.items.push(work)
    return queue !== undefined
  }

  /** Takes frames of fast devices, whole queues as far as that is possible. */
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

  /** The slow device whose turn it is: the next time it is another's. */
  nextSlow(): DeviceQueue | undefined {
    const [queue] = this.#slow
    if (queue === undefined) return undefined
    this.#slow.delete(queue)
    this.#slow.add(queue)
    return queue
  }

  /** Takes the frames of one slow device up to the next work. */
  takeSlow(queue: DeviceQueue, most: number): readonly Queued[] {
    const end = queue.items.findIndex((item) => typeof item === 'function')
    // All of them are frames.
    return queue.items.splice(0, Math.min(most, end === -1 ? queue.items.length : end)) as Queued[]
  }

  /** Frames that were taken and not looked at go back to where they were. */
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

  /** A frame of the device was settled: does the work that now comes first. */
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
    else if (this.#fast.delete(queue)) this.#fast.add(queue) // others come before it
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
