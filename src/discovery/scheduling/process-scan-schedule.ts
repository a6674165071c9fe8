import type { Told } from '../process-table/change-counter.ts'

/** All processes are looked at so often, though events tell of each. */
const LOOK_AT_ALL_MS = 60_000
/** And at most so seldom, while each such look finds what events had told. */
const LOOK_AT_ALL_AT_LEAST_MS = 300_000

/** What a look that the schedule asks for went by. */
export interface ScheduledLook {
  /** What `ProcessMemory.lookBegins` said. */
  readonly told: Told | undefined
  /** All processes were read, and were what events had told: undefined where they were not read. */
  readonly agreed?: boolean | undefined
  /** Something that was seen is asked again and again: an agent where it leads, what serves models where it listens. */
  readonly asksAgain: boolean
  /** `UnknownAgents.closeLookMs` after it. */
  readonly closeLookMs: number | undefined
}

/** Which looks of the schedule could find anything that the last one did not. */
export class LookPace {
  #everyMs = LOOK_AT_ALL_MS
  #lookedAtAllMs = Number.NEGATIVE_INFINITY
  /** What the last look went by, where nothing but events makes another one find more. */
  #settled: { readonly told: Told; readonly closeLookMs: number } | undefined
  #lastTold: Told | undefined

  /** Is it time to look at all processes? */
  isWholeDue(nowMs: number): boolean {
    return nowMs - this.#lookedAtAllMs >= this.#everyMs
  }

  /**
   * Whoever is looked at closely now and then may have done something meanwhile that nobody tells; on a machine where nothing
   * happened at all, that waits.
   *
   * @param told what `ProcessMemory.told` says now.
   * @param restingUntilMs as `UnknownAgents.restingUntilMs`, asked where it is time for those.
   */
  canFindMore(told: Told | undefined, nowMs: number, restingUntilMs: () => number | undefined): boolean {
    const settled = this.#settled
    if (told === undefined || settled === undefined || told.left !== settled.told.left) return true
    if (told.all === settled.told.all || nowMs < settled.closeLookMs) return false
    const closeLookMs = restingUntilMs()
    if (closeLookMs === undefined) return true
    this.#settled = { ...settled, closeLookMs }
    return false
  }

  looked({ told, agreed, asksAgain, closeLookMs }: ScheduledLook, nowMs: number): void {
    if (agreed !== undefined) {
      this.#lookedAtAllMs = nowMs
      this.#everyMs = agreed ? Math.min(2 * this.#everyMs, LOOK_AT_ALL_AT_LEAST_MS) : LOOK_AT_ALL_MS
    }
    // A suspect is looked at once more after the last event that left something: it may ask a model only then.
    const quiet = closeLookMs === undefined || told?.left === this.#lastTold?.left
    const settled = told !== undefined && !asksAgain && quiet
    this.#settled = settled ? { told, closeLookMs: closeLookMs ?? Number.POSITIVE_INFINITY } : undefined
    this.#lastTold = told
  }

  /** Something else changed than processes. */
  unsettle(): void {
    this.#settled = undefined
  }
}
