/** What the gate remembers of sessions of agents. A session is of one user and one client, so that no user speaks for another. */

const MARK_MS = 10 * 60_000
const MOST_SESSIONS = 1_000
const MOST_REMEMBERED = 64

interface Session {
  /** When each word of `@mark` ends, by a clock that never jumps. */
  readonly marks: Map<string, number>
  /** Until when equal actions are approved, by the hash of the action. */
  readonly approved: Map<string, number>
  /** Until when equal actions are refused without a question. */
  readonly refused: Map<string, number>
}

/** The oldest are forgotten: their marks are lost then, which a user can bring about who has that many sessions. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()
  readonly #nowMs: () => number

  /** @param nowMs monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Words of the last ten minutes. */
  recent(key: string): readonly string[] {
    return liveNames(this.#sessions.get(key)?.marks, this.#nowMs())
  }

  mark(key: string, words: readonly string[]): void {
    if (words.length === 0) return
    const { marks } = this.#of(key)
    for (const word of words) remember(marks, word, this.#nowMs() + MARK_MS)
  }

  isApproved(key: string, hash: string): boolean {
    return (this.#sessions.get(key)?.approved.get(hash) ?? 0) > this.#nowMs()
  }

  approve(key: string, hash: string, forMs: number): void {
    remember(this.#of(key).approved, hash, this.#nowMs() + forMs)
  }

  isRefused(key: string, hash: string): boolean {
    return (this.#sessions.get(key)?.refused.get(hash) ?? 0) > this.#nowMs()
  }

  refuse(key: string, hash: string, forMs: number): void {
    remember(this.#of(key).refused, hash, this.#nowMs() + forMs)
  }

  #of(key: string): Session {
    const session = this.#sessions.get(key) ?? { marks: new Map(), approved: new Map(), refused: new Map() }
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    const [oldest] = this.#sessions.size > MOST_SESSIONS ? this.#sessions.keys() : []
    if (oldest !== undefined) this.#sessions.delete(oldest)
    return session
  }
}

function liveNames(words: ReadonlyMap<string, number> | undefined, nowMs: number): readonly string[] {
  return [...(words ?? [])].flatMap(([word, until]) => (until > nowMs ? [word] : []))
}

function remember(words: Map<string, number>, word: string, until: number): void {
  words.delete(word)
  words.set(word, until)
  const [oldest] = words.size > MOST_REMEMBERED ? words.keys() : []
  if (oldest !== undefined) words.delete(oldest)
}
