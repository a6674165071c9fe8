/** What takes so long of a core does more harm than an answer that comes late. */
const SLOW_MS = 100
/** Reading a slow table may take one part in so many of the time. */
const SHARE = 100
const MAX_TABLES = 64

interface TablePaceComponents {
  /** Milliseconds that only go on. */
  readonly now: () => number
  /** Of a core that this thread has used: a busy machine makes no table slow. */
  readonly spentMs: () => number
}

/**
 * Reads tables that are large only now and then. One of 100,000 sockets takes 0.6 s of a core: every ten seconds that would be
 * 6 %, for each who asks.
 */
export class TablePace<Waiting> {
  /** Those who were not answered, by process id. */
  readonly waiting = new Map<number, Waiting>()
  readonly #components: TablePaceComponents
  readonly #dueAt = new Map<string, number>()

  constructor(components: TablePaceComponents) {
    this.#components = components
  }

  /** @returns undefined when it is too early to read the table called `name` again. */
  readInTurn<T>(name: string, read: () => T): T | undefined {
    const { now, spentMs } = this.#components
    if (now() < (this.#dueAt.get(name) ?? 0)) return undefined
    const before = spentMs()
    const table = read()
    const tookMs = spentMs() - before
    this.#dueAt.delete(name)
    for (const each of this.#dueAt.keys()) if (this.#dueAt.size >= MAX_TABLES) this.#dueAt.delete(each)
    if (tookMs >= SLOW_MS) this.#dueAt.set(name, now() + tookMs * SHARE)
    return table
  }
}
