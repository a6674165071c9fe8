import type { SocketAddress } from '../../system/processes/process-details.ts'

/** It listens soon after it began; a large model takes minutes to load first. */
const SOON_EVERY_MS = 10_000
const SOON_LOOKS = 30
/** Who serves many has other sockets at each look, and each such look costs milliseconds. */
const LATER_EVERY_MS = 120_000
const MAX_RUNTIMES = 1_000

interface Seen {
  readonly listening: readonly SocketAddress[]
  /** Of files it held open. */
  readonly models: readonly string[]
  readonly lookedAt: number
  readonly looks: number
}

/** Where running model servers were seen to listen, and which models they had open then. */
export class SeenListeners {
  readonly #seen = new Map<string, Seen>()

  /** None that runs was ever looked at. */
  get isEmpty(): boolean {
    return this.#seen.size === 0
  }

  /** Is it time to look again? */
  isDue(id: string, nowMs: number): boolean {
    const seen = this.#seen.get(id)
    if (seen === undefined) return true
    const soon = seen.listening.length === 0 && seen.looks < SOON_LOOKS
    return nowMs - seen.lookedAt >= (soon ? SOON_EVERY_MS : LATER_EVERY_MS)
  }

  note(id: string, { listening, models }: Pick<Seen, 'listening' | 'models'>, nowMs: number): void {
    const seen = this.#seen.get(id)
    if (seen === undefined && this.#seen.size >= MAX_RUNTIMES) return
    const places = new Map(listening.map((place) => [`${place.address} ${place.port}`, place]))
    const sorted = [...places.values()].sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1))
    this.#seen.set(id, { listening: sorted, models, lookedAt: nowMs, looks: (seen?.looks ?? 0) + 1 })
  }

  /** What has ended is forgotten. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
  }

  modelsOf(id: string): readonly string[] {
    return this.#seen.get(id)?.models ?? []
  }

  of(id: string): readonly SocketAddress[] {
    return this.#seen.get(id)?.listening ?? []
  }
}
