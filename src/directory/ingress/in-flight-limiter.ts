import { LARGE_CHARACTERS } from '../evidence/device-queues.ts'
import type { Connection } from './connection.ts'

/** What one device has between its sockets and the disk, by whichever of its connections it came. */
export interface Share {
  lane: 'fast' | 'slow'
  bytes: number
  /** Its last frame took long, however small it was. */
  costly: boolean
  /** Frames that wait to be let in. */
  waiters: number
  /** Those of them that wait until less of this device is on its way. */
  readonly held: Set<Waiter>
}

export function newShare(): Share {
  return { lane: 'fast', bytes: 0, costly: false, waiters: 0, held: new Set() }
}

/** Bounds the evidence between the sockets and the disk, for each device and over all. */
export interface Intake {
  /**
   * @returns undefined when the frame may be read now, else what resolves once it may be. Rejects with the reason of the
   * connection's end: then the frame was not let in. Who was let in must leave.
   */
  enter(share: Share, bytes: number, connection: Pick<Connection, 'signal'>): Promise<void> | undefined
  leave(share: Share, bytes: number): void
}

interface Waiter {
  readonly share: Share
  readonly bytes: number
  readonly admit: () => void
}

interface Lane {
  readonly bytes: number
  readonly bytesOfDevice: number
  /** What is on its way. */
  total: number
  /** In the order in which they came. */
  readonly waiting: Set<Waiter>
}

/**
 * Small frames, and apart from them large ones with all that comes from devices whose frames take long: these may take
 * seconds, and nobody else waits for them. In memory a frame takes several times its bytes while it is read.
 */
const LANES = {
  fast: { bytes: 16 * 1024 * 1024, bytesOfDevice: 256 * 1024 },
  slow: { bytes: 2 * 1024 * 1024, bytesOfDevice: 1024 * 1024 },
}

export interface IntakeComponents {
  /** Large frames are on their way from now on, or none any more: each leaves several times its size as garbage. */
  readonly burst: (isOn: boolean) => void
}

export function intake(components: IntakeComponents): Intake {
  return new BoundedIntake(components)
}

class BoundedIntake implements Intake {
  readonly #components: IntakeComponents
  #isBurst = false
  readonly #lanes: Readonly<Record<Share['lane'], Lane>> = {
    fast: { ...LANES.fast, total: 0, waiting: new Set() },
    slow: { ...LANES.slow, total: 0, waiting: new Set() },
  }

  constructor(components: IntakeComponents) {
    this.#components = components
  }

  enter(share: Share, bytes: number, connection: Pick<Connection, 'signal'>): Promise<void> | undefined {
    if (share.costly || bytes > LARGE_CHARACTERS) this.#slowDown(share)
    const lane = this.#lanes[share.lane]
    if (share.waiters === 0 && lane.waiting.size === 0 && hasRoom(lane, share, bytes)) {
      this.#add(share, bytes)
      return undefined
    }
    return this.#wait(share, bytes, connection.signal)
  }

  leave(share: Share, bytes: number): void {
    this.#add(share, -bytes)
    for (const waiter of share.held) {
      if (!hasRoomOfItsOwn(this.#lanes[share.lane], share, waiter.bytes)) break
      share.held.delete(waiter)
      this.#lanes[share.lane].waiting.add(waiter)
    }
    this.#admit(this.#lanes[share.lane])
    if (share.bytes === 0 && share.waiters === 0 && !share.costly) share.lane = 'fast'
  }

  #wait(share: Share, bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const over = () => {
        share.waiters--
        share.held.delete(waiter)
        for (const lane of Object.values(this.#lanes)) lane.waiting.delete(waiter)
        reject(signal.reason)
        this.#admit(this.#lanes[share.lane])
      }
      const admit = () => {
        share.waiters--
        signal.removeEventListener('abort', over)
        resolve()
      }
      const waiter: Waiter = { share, bytes, admit }
      const lane = this.#lanes[share.lane]
      const isOwnFault = share.held.size > 0 || !hasRoomOfItsOwn(lane, share, bytes)
      const queue = isOwnFault ? share.held : lane.waiting
      queue.add(waiter)
      share.waiters++
      if (signal.aborted) over()
      else signal.addEventListener('abort', over, { once: true })
    })
  }

  /** Whoever waits longest comes first, of each device one at a time. */
  #admit(lane: Lane): void {
    for (const waiter of lane.waiting) {
      const { share, bytes, admit } = waiter
      if (!hasRoomOfItsOwn(lane, share, bytes)) share.held.add(waiter)
      else if (hasRoom(lane, share, bytes)) {
        this.#add(share, bytes)
        admit()
      } else return
      lane.waiting.delete(waiter)
    }
  }

  #add(share: Share, bytes: number): void {
    share.bytes += bytes
    this.#lanes[share.lane].total += bytes
    this.#tellBurst()
  }

  #tellBurst(): void {
    const isBurst = this.#lanes.slow.total > 0
    if (isBurst === this.#isBurst) return
    this.#isBurst = isBurst
    this.#components.burst(isBurst)
  }

  #slowDown(share: Share): void {
    if (share.lane === 'slow') return
    const { fast, slow } = this.#lanes
    fast.total -= share.bytes
    slow.total += share.bytes
    share.lane = 'slow'
    for (const waiter of fast.waiting) {
      if (waiter.share !== share) continue
      fast.waiting.delete(waiter)
      slow.waiting.add(waiter)
    }
    this.#admit(fast)
  }
}

/** One frame may always be on its way, however large it is. */
function hasRoomOfItsOwn(lane: Lane, share: Share, bytes: number): boolean {
  return share.bytes === 0 || share.bytes + bytes <= lane.bytesOfDevice
}

function hasRoom(lane: Lane, share: Share, bytes: number): boolean {
  return hasRoomOfItsOwn(lane, share, bytes) && (lane.total === 0 || lane.total + bytes <= lane.bytes)
}
