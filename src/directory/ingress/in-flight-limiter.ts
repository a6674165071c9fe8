import { LARGE_CHARACTERS } from '../evidence/device-queues.ts'
import type { Connection } from './sockets/connection.ts'

/** What one device has between its sockets and the disk, over all its connections. */
export interface DeviceInFlight {
  lane: 'fast' | 'slow'
  bytes: number
  /** The last frame took long, whatever its size. */
  costly: boolean
  /** The number of frames that wait. */
  waiters: number
  /** The waiting frames that exceed the device's own limit. */
  readonly held: Set<Waiter>
}

export function newDeviceInFlight(): DeviceInFlight {
  return { lane: 'fast', bytes: 0, costly: false, waiters: 0, held: new Set() }
}

/** Bounds the evidence between the sockets and the disk, per device and in total. */
export interface InFlightLimiter {
  /**
   * @returns undefined if the frame may be read now, otherwise a promise that resolves once it may. It rejects with the reason
   * why the connection ended; the frame then did not enter. Every frame that entered must leave.
   */
  enter(share: DeviceInFlight, bytes: number, connection: Pick<Connection, 'signal'>): Promise<void> | undefined
  leave(share: DeviceInFlight, bytes: number): void
}

interface Waiter {
  readonly share: DeviceInFlight
  readonly bytes: number
  readonly admit: () => void
}

interface Lane {
  readonly bytes: number
  readonly bytesOfDevice: number
  /** Bytes that entered and did not leave yet. */
  total: number
  /** In order of arrival. */
  readonly waiting: Set<Waiter>
}

/**
 * Small frames use the fast lane. Large frames, and all frames of costly devices, use the slow lane: they may take seconds, and
 * fast devices do not wait for them. A frame takes several times its bytes in memory while it is read.
 */
const LANES = {
  fast: { bytes: 16 * 1024 * 1024, bytesOfDevice: 256 * 1024 },
  slow: { bytes: 2 * 1024 * 1024, bytesOfDevice: 1024 * 1024 },
}

export interface InFlightLimiterComponents {
  /** Called when the slow lane fills or empties. A large frame leaves several times its size as garbage. */
  readonly burst: (isOn: boolean) => void
}

export function inFlightLimiter(components: InFlightLimiterComponents): InFlightLimiter {
  return new EvidenceInFlightLimiter(components)
}

class EvidenceInFlightLimiter implements InFlightLimiter {
  readonly #components: InFlightLimiterComponents
  #isBurst = false
  readonly #lanes: Readonly<Record<DeviceInFlight['lane'], Lane>> = {
    fast: { ...LANES.fast, total: 0, waiting: new Set() },
    slow: { ...LANES.slow, total: 0, waiting: new Set() },
  }

  constructor(components: InFlightLimiterComponents) {
    this.#components = components
  }

  enter(share: DeviceInFlight, bytes: number, connection: Pick<Connection, 'signal'>): Promise<void> | undefined {
    if (share.costly || bytes > LARGE_CHARACTERS) this.#slowDown(share)
    const lane = this.#lanes[share.lane]
    if (share.waiters === 0 && lane.waiting.size === 0 && hasRoom(lane, share, bytes)) {
      this.#add(share, bytes)
      return undefined
    }
    return this.#wait(share, bytes, connection.signal)
  }

  leave(share: DeviceInFlight, bytes: number): void {
    this.#add(share, -bytes)
    for (const waiter of share.held) {
      if (!isWithinOwnLimit(this.#lanes[share.lane], share, waiter.bytes)) break
      share.held.delete(waiter)
      this.#lanes[share.lane].waiting.add(waiter)
    }
    this.#admit(this.#lanes[share.lane])
    if (share.bytes === 0 && share.waiters === 0 && !share.costly) share.lane = 'fast'
  }

  #wait(share: DeviceInFlight, bytes: number, signal: AbortSignal): Promise<void> {
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
      const exceedsOwnLimit = share.held.size > 0 || !isWithinOwnLimit(lane, share, bytes)
      const queue = exceedsOwnLimit ? share.held : lane.waiting
      queue.add(waiter)
      share.waiters++
      if (signal.aborted) over()
      else signal.addEventListener('abort', over, { once: true })
    })
  }

  /** Admits the longest waiting frames first. */
  #admit(lane: Lane): void {
    for (const waiter of lane.waiting) {
      const { share, bytes, admit } = waiter
      if (!isWithinOwnLimit(lane, share, bytes)) share.held.add(waiter)
      else if (hasRoom(lane, share, bytes)) {
        this.#add(share, bytes)
        admit()
      } else return
      lane.waiting.delete(waiter)
    }
  }

  #add(share: DeviceInFlight, bytes: number): void {
    share.bytes += bytes
    this.#lanes[share.lane].total += bytes
    this.#reportBurst()
  }

  #reportBurst(): void {
    const isBurst = this.#lanes.slow.total > 0
    if (isBurst === this.#isBurst) return
    this.#isBurst = isBurst
    this.#components.burst(isBurst)
  }

  #slowDown(share: DeviceInFlight): void {
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

/** A device may always have one frame in flight, whatever its size. */
function isWithinOwnLimit(lane: Lane, share: DeviceInFlight, bytes: number): boolean {
  return share.bytes === 0 || share.bytes + bytes <= lane.bytesOfDevice
}

function hasRoom(lane: Lane, share: DeviceInFlight, bytes: number): boolean {
  return isWithinOwnLimit(lane, share, bytes) && (lane.total === 0 || lane.total + bytes <= lane.bytes)
}
