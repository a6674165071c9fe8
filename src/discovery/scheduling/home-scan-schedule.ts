import type { LocalUser } from '../../system/users/users.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** So many turns of the schedule are left out while nobody works, */
const LEFT_OUT = 5
/** and none so long after the last look: less the half minute that a turn may come late. */
const AT_LEAST_EVERY_MS = 30 * 60_000 - 30_000

/**
 * When to look through homes: in each turn of the schedule while somebody works at the machine, else in every sixth. Programs of
 * people, programs at terminals, and agents are work; what the system does by itself is none.
 */
export class HomesPace {
  #people: ReadonlySet<string> = new Set()
  #worked = true
  #leftOut = 0
  #lookedAtMs: number | undefined

  /** All users of the machine. */
  adopt(users: readonly LocalUser[]): void {
    this.#people = new Set(users.filter(({ kind }) => kind === 'human').map(({ id }) => id))
  }

  /** A program began, or something forked. */
  note({ userId, ttyNumber }: Pick<ProcessRecord, 'userId' | 'ttyNumber'>): void {
    if (ttyNumber !== 0 || this.#people.has(userId)) this.#worked = true
  }

  /** An agent began or ended, or something below one; or nobody knows what did. */
  worked(): void {
    this.#worked = true
  }

  /** A look begins. */
  look(nowMs: number): void {
    // A machine that has just started is still being set up: the first turn is never left out.
    this.#worked = this.#lookedAtMs === undefined
    this.#lookedAtMs = nowMs
    this.#leftOut = 0
  }

  /** Asked once a turn. @param told does the system tell of what begins? */
  isDue(nowMs: number, told: boolean): boolean {
    const since = nowMs - (this.#lookedAtMs ?? Number.NEGATIVE_INFINITY)
    if (!told || this.#worked || this.#leftOut >= LEFT_OUT || since >= AT_LEAST_EVERY_MS) return true
    this.#leftOut++
    return false
  }
}
