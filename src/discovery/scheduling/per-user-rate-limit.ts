/** Whoever gives reasons for ever would have their home read for ever: not before so long after the last time. */
const READ_EVERY_MS = 60_000
/** People of whom is remembered when their homes were read. */
export const MAX_OWNERS = 4_096

/** Homes that are read besides the usual looks, each once a minute at most. */
export class ReadPace {
  readonly #readAt = new Map<string, number>()

  isDue(userId: string, nowMs: number): boolean {
    return nowMs - (this.#readAt.get(userId) ?? Number.NEGATIVE_INFINITY) >= READ_EVERY_MS
  }

  /** It is read now. Of too many those are forgotten that were read first. */
  read(userId: string, nowMs: number): void {
    this.#readAt.delete(userId)
    this.#readAt.set(userId, nowMs)
    for (const oldest of this.#readAt.keys()) if (this.#readAt.size > MAX_OWNERS) this.#readAt.delete(oldest)
  }
}
