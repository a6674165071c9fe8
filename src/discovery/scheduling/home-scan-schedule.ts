import type { LocalUser } from '../../system/users/users.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** Turns that are skipped while the machine is idle. */
const MAX_SKIPPED = 5
/** A turn is never skipped this long after the last scan: 30 minutes, less 30 seconds for late turns. */
const AT_LEAST_EVERY_MS = 30 * 60_000 - 30_000

/**
 * Decides when to scan homes: in each turn while the machine is in use, else in every sixth. Programs of human users,
 * programs at terminals and agents count as use; programs of the system do not.
 */
export class HomeScanSchedule {
  #people: ReadonlySet<string> = new Set()
  #hasActivity = true
  #skipped = 0
  #lastScanMs: number | undefined

  setUsers(users: readonly LocalUser[]): void {
    this.#people = new Set(users.filter(({ kind }) => kind === 'human').map(({ id }) => id))
  }

  /** A program started or forked. */
  noteProcess({ userId, ttyNumber }: Pick<ProcessRecord, 'userId' | 'ttyNumber'>): void {
    if (ttyNumber !== 0 || this.#people.has(userId)) this.#hasActivity = true
  }

  /** An agent or a process below it started or ended, or events were lost. */
  noteActivity(): void {
    this.#hasActivity = true
  }

  scanStarted(nowMs: number): void {
    // A machine that has just started is still being set up, so the turn after the first scan is never skipped.
    this.#hasActivity = this.#lastScanMs === undefined
    this.#lastScanMs = nowMs
    this.#skipped = 0
  }

  /** Call once a turn. @param hasEvents false if process events are not available. */
  isDue(nowMs: number, hasEvents: boolean): boolean {
    const since = nowMs - (this.#lastScanMs ?? Number.NEGATIVE_INFINITY)
    if (!hasEvents || this.#hasActivity || this.#skipped >= MAX_SKIPPED || since >= AT_LEAST_EVERY_MS) return true
    this.#skipped++
    return false
  }
}
