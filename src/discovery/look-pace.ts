/** All processes are looked at so often, though events tell of each. */
const LOOK_AT_ALL_MS = 60_000
/** And at most so seldom, while each such look finds what events had told. */
const LOOK_AT_ALL_AT_LEAST_MS = 300_000

/** What a look that the schedule asks for went by. */
export interface ScheduledLook {
  /** `ProcessMemory.told` as it began. */
  readonly told: number | undefined
  /** All processes were read, and were what events had told: undefined where they were not read. */
  readonly agreed?: boolean | undefined
  /** Something that was seen is asked again and again: an agent where it leads, what serves models where it listens. */
  readonly asksAgain: boolean
  /** Some program could be an agent, and is looked at closely now and then. */
  readonly suspects: boolean
}

/** Which looks of the schedule could find anything that the last one did not. */
export class LookPace {
  #everyMs = LOOK_AT_ALL_MS
  #lookedAtAllMs = Number.NEGATIVE_INFINITY
  /** What the last look went by, where nothing but events makes another one find more. */
  #settled: number | undefined
  #lastTold: number | undefined

  /** Is it time to look at all processes? */
  isWholeDue(nowMs: number): boolean {
    return nowMs - this.#lookedAtAllMs >= this.#everyMs
  }

  /** @param told `ProcessMemory.told` now. */
  canFindMore(told: number | undefined): boolean {
    return told === undefined || told !== this.#settled
  }

  looked({ told, agreed, asksAgain, suspects }: ScheduledLook, nowMs: number): void {
    if (agreed !== undefined) {
      this.#lookedAtAllMs = nowMs
      this.#everyMs = agreed ? Math.min(2 * this.#everyMs, LOOK_AT_ALL_AT_LEAST_MS) : LOOK_AT_ALL_MS
    }
    // A suspect is looked at once more after the last event: it may ask a model only then.
    const settled = !asksAgain && (!suspects || told === this.#lastTold)
    this.#settled = settled ? told : undefined
    this.#lastTold = told
  }

  /** Something else changed than processes. */
  unsettle(): void {
    this.#settled = undefined
  }
}
