import { MAX_OFF_MS, type TamperSign } from '../../protocol/tamper.ts'
import { TOLERANCE_MS } from '../clock/clock-check.ts'
import { type Moment, timeOf } from './life.ts'

export interface ClockMovesComponents {
  /** Undefined until the directory has said it. */
  readonly directoryTime: () => number | undefined
  /** How often the directory has said it. */
  readonly timesHeard: () => number
}

/** A smaller step is time synchronisation. */
const STEP_MS = 60_000

interface Waiting {
  /** The wall clock before the first step. */
  readonly since: number
  /** What the directory said before counts for nothing: a machine whose counters stood still looks as if its clock had been set. */
  readonly heard: number
  readonly steps: readonly number[]
}

/**
 * Notices that the wall clock was set away from the directory's time. A step is judged once the directory has said its time again: what
 * is right then was a correction, unless the clock was set there and back.
 */
export class ClockMoves {
  readonly #components: ClockMovesComponents
  #waiting: Waiting | undefined

  constructor(components: ClockMovesComponents) {
    this.#components = components
  }

  /** Of two moments of one boot, also of different lives. */
  between(before: Moment, after: Moment): TamperSign | undefined {
    // Neither goes back, and either may stand still while the device sleeps.
    const elapsedMs = Math.max(after.bootMs - before.bootMs, after.awakeMs - before.awakeMs)
    const stepMs = after.wallMs - before.wallMs - elapsedMs
    if (Math.abs(stepMs) >= STEP_MS) this.#wait(before.wallMs, [stepMs])
    return this.#settle(after.wallMs)
  }

  /** A moment of an earlier boot: the clock can only be seen to go back. */
  sinceBoot(before: Moment, after: Moment): void {
    if (after.wallMs < before.wallMs - STEP_MS) this.#wait(before.wallMs, [])
  }

  #wait(since: number, steps: readonly number[]): void {
    const before = this.#waiting
    this.#waiting = {
      since: before?.since ?? since,
      heard: this.#components.timesHeard(),
      steps: [...(before?.steps ?? []), ...steps].slice(-MAX_STEPS),
    }
  }

  #settle(wallMs: number): TamperSign | undefined {
    const { directoryTime, timesHeard } = this.#components
    const directory = directoryTime()
    if (directory === undefined || this.#waiting === undefined || timesHeard() === this.#waiting.heard) return undefined
    const { since, steps } = this.#waiting
    this.#waiting = undefined
    const offByMs = Math.abs(wallMs - directory) > TOLERANCE_MS ? wallMs - directory : thereAndBack(steps)
    if (offByMs === undefined) return undefined
    return { kind: 'clock-moved', time: timeOf(wallMs), since: timeOf(since), offByMs: bounded(offByMs) }
  }
}

const MAX_STEPS = 100

/** How far the clock was off in between. */
function thereAndBack(steps: readonly number[]): number | undefined {
  const isBoth = Math.max(0, ...steps) > TOLERANCE_MS && Math.min(0, ...steps) < -TOLERANCE_MS
  return isBoth ? steps.find((step) => Math.abs(step) > TOLERANCE_MS) : undefined
}

/** As far as a date can be off. */
function bounded(ms: number): number {
  return Math.round(Math.max(-MAX_OFF_MS, Math.min(MAX_OFF_MS, ms)))
}
