import { MAX_OFF_MS, type TamperSign } from '../../protocol/tamper.ts'
import { TOLERANCE_MS } from '../clock/clock-check.ts'
import { type Moment, timeOf } from './life.ts'

/** A smaller step is time synchronisation. */
const STEP_MS = 60_000

/**
 * Notices that the wall clock was set away from the directory's time. A step towards it is a correction. While the directory's time is not
 * known, a step waits: only a clock that is wrong in the end was moved.
 */
export class ClockMoves {
  readonly #directoryTime: () => number | undefined
  #waiting: { readonly from: number } | undefined

  constructor({ directoryTime }: { readonly directoryTime: () => number | undefined }) {
    this.#directoryTime = directoryTime
  }

  /** Of two moments of one boot, also of different lives. */
  between(before: Moment, after: Moment): TamperSign | undefined {
    // Neither goes back, and either may stand still while the device sleeps.
    const elapsedMs = Math.max(after.bootMs - before.bootMs, after.awakeMs - before.awakeMs)
    const stepMs = after.wallMs - before.wallMs - elapsedMs
    if (Math.abs(stepMs) >= STEP_MS) return this.#judge(before.wallMs, after.wallMs, stepMs)
    return this.#settle(after.wallMs)
  }

  /** A moment of an earlier boot: the clock can only be seen to go back. */
  sinceBoot(before: Moment, after: Moment): void {
    if (after.wallMs < before.wallMs - STEP_MS) this.#waiting = { from: before.wallMs }
  }

  #judge(from: number, wallMs: number, stepMs: number): TamperSign | undefined {
    const directory = this.#directoryTime()
    if (directory === undefined) {
      this.#waiting ??= { from }
      return undefined
    }
    const offByMs = wallMs - directory
    return Math.abs(offByMs) <= Math.abs(offByMs - stepMs) ? undefined : moved(from, wallMs, offByMs)
  }

  #settle(wallMs: number): TamperSign | undefined {
    const directory = this.#directoryTime()
    const { from } = this.#waiting ?? {}
    if (directory === undefined || from === undefined) return undefined
    this.#waiting = undefined
    return moved(from, wallMs, wallMs - directory)
  }
}

function moved(from: number, wallMs: number, offByMs: number): TamperSign | undefined {
  if (Math.abs(offByMs) <= TOLERANCE_MS) return undefined
  return { kind: 'clock-moved', time: timeOf(wallMs), since: timeOf(from), offByMs: bounded(offByMs) }
}

/** As far as a date can be off. */
function bounded(ms: number): number {
  return Math.round(Math.max(-MAX_OFF_MS, Math.min(MAX_OFF_MS, ms)))
}
