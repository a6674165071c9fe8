/** Least time between two extra reads of one home. */
const READ_EVERY_MS = 60_000
/** Users whose last read is remembered. */
export const MAX_USERS = 4_096

/** Limits extra reads of homes, besides the scheduled scans, to one a minute per user. */
export class PerUserRateLimit {
  readonly #readAt = new Map<string, number>()

  isDue(userId: string, nowMs: number): boolean {
    return nowMs - (this.#readAt.get(userId) ?? Number.NEGATIVE_INFINITY) >= READ_EVERY_MS
  }

  /** Records a read. Beyond `MAX_USERS` the oldest read is forgotten. */
  read(userId: string, nowMs: number): void {
    this.#readAt.delete(userId)
    this.#readAt.set(userId, nowMs)
    for (const oldest of this.#readAt.keys()) if (this.#readAt.size > MAX_USERS) this.#readAt.delete(oldest)
  }
}
