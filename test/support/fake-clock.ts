import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../src/base/clock.ts'

interface Sleeper {
  readonly wakeAt: number
  readonly wake: () => void
}

/** Time that moves only when a test says so. */
export class FakeClock implements Clock {
  #wall: number
  #monotonic = 0
  #sleepers: Sleeper[] = []

  constructor(startMs: number = Date.UTC(2026, 10, 25, 12)) {
    this.#wall = startMs
  }

  now(): number {
    return this.#wall
  }

  monotonic(): number {
    return this.#monotonic
  }

  /** How many are asleep: lets a test see that the code has come to wait. */
  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, { signal }: { signal: AbortSignal }): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const leave = () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
      }
      const abort = () => {
        leave()
        reject(signal.reason)
      }
      const sleeper: Sleeper = {
        wakeAt: this.#monotonic + Math.max(0, ms),
        wake: () => {
          leave()
          signal.removeEventListener('abort', abort)
          resolve()
        },
      }
      this.#sleepers.push(sleeper)
      signal.addEventListener('abort', abort, { once: true })
    })
  }

  /** Moves both clocks, waking sleepers in order; what they do runs before the next one wakes. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms
    await turn()
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.wakeAt - b.wakeAt).find((one) => one.wakeAt <= end)
      if (next === undefined) break
      this.#move(Math.max(0, next.wakeAt - this.#monotonic))
      next.wake()
      await turn()
    }
    this.#move(end - this.#monotonic)
    await turn()
  }

  /** Moves both clocks without waking anything, like a process that stands still. Sleepers that were due wake late. */
  stall(ms: number): void {
    this.#move(ms)
  }

  /** Moves the wall clock alone, as sleep of the machine or a hand on the clock does. */
  jump(ms: number): void {
    this.#wall += ms
  }

  #move(ms: number): void {
    this.#monotonic += ms
    this.#wall += ms
  }
}
