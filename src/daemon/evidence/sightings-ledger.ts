import { coverageOf } from '../../protocol/scan-coverage.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'

/** Everything that is there, the running agents alone, or a part of what does not run: what its sources tell of. */
export type Scope = 'all' | 'processes' | 'part'

export interface Observed {
  readonly sightings: readonly Sighting[]
  readonly sources: readonly SourceReport[]
}

/** What must be told so that the directory sees what is seen here. Sources are always told whole. */
export type Telling =
  | { readonly mode: 'full'; readonly items: readonly Sighting[]; readonly sources: readonly SourceReport[] }
  | {
      readonly mode: 'delta'
      readonly items: readonly Sighting[]
      readonly gone: readonly string[]
      readonly sources?: readonly SourceReport[]
    }

/** Keeps what was last seen and what was last told, and finds the difference. */
export class SightingsLedger {
  #running: readonly Sighting[] = []
  #rest: readonly Sighting[] = []
  #sources: readonly SourceReport[] = []
  /** Has everything been looked at once? Until then a snapshot would end what is merely not looked at yet. */
  #whole = false
  /** What was told, and its JSON: what was looked at anew is another object, what was not is the same. */
  #told = new Map<string, { readonly item: Sighting; readonly json: string }>()
  #toldSources: string | undefined
  #fullDue = true

  get current(): Observed {
    return { sightings: [...unique([...this.#running, ...this.#rest]).values()], sources: this.#sources }
  }

  observe(scope: Scope, { sightings, sources }: Observed): void {
    if (scope !== 'part') this.#running = withUnread(this.#running, sightings.filter(isRunning), sources)
    else this.#rest = withUnread(this.#rest, sightings, sources)
    if (scope === 'all') {
      const rest = sightings.filter((sighting) => !isRunning(sighting))
      this.#rest = withUnread(this.#rest, rest, sources)
      this.#sources = sources
      this.#whole = true
      return
    }
    // It tells of its own sources again, and of no others.
    const looked = new Set(sources.map(ofWhom))
    const now = new Map(sources.map((source) => [placeOf(source), source]))
    const merged = new Map(
      this.#sources.flatMap((source) =>
        looked.has(ofWhom(source)) && !now.has(placeOf(source)) ? [] : [[placeOf(source), source] as const],
      ),
    )
    // In their places: who is told compares them as they stand.
    for (const [place, source] of now) merged.set(place, source)
    this.#sources = [...merged.values()]
  }

  /** The next telling is a full snapshot. */
  askFull(): void {
    this.#fullDue = true
  }

  /** Another chain: nothing was told in it. */
  forget(): void {
    this.#told = new Map()
    this.#toldSources = undefined
    this.#fullDue = true
  }

  /** @returns undefined when the directory has been told all there is. */
  next(): Telling | undefined {
    const { sightings, sources } = this.current
    if (this.#whole && this.#fullDue) return { mode: 'full', items: sightings, sources }
    const items = sightings.filter((sighting) => {
      const told = this.#told.get(sighting.id)
      return told === undefined || (told.item !== sighting && told.json !== JSON.stringify(sighting))
    })
    const present = new Set(sightings.map(({ id }) => id))
    const gone = this.#whole ? [...this.#told.keys()].filter((id) => !present.has(id)) : []
    const sourcesChanged = this.#whole && sourcesKey(sources) !== this.#toldSources
    if (items.length === 0 && gone.length === 0 && !sourcesChanged) return undefined
    return { mode: 'delta', items, gone, ...(sourcesChanged ? { sources } : {}) }
  }

  /** `telling` is durable. */
  tell(telling: Telling): void {
    if (telling.mode === 'full') {
      this.#told = new Map()
      this.#fullDue = false
    } else for (const id of telling.gone) this.#told.delete(id)
    for (const item of telling.items) this.#told.set(item.id, { item, json: JSON.stringify(item) })
    if (telling.sources !== undefined) this.#toldSources = sourcesKey(telling.sources)
  }
}

/** Quiet is not clean: what lies where nobody could look is still as it was last seen. */
function withUnread(
  before: readonly Sighting[],
  now: readonly Sighting[],
  sources: readonly SourceReport[],
): readonly Sighting[] {
  const seen = new Set(now.map(({ id }) => id))
  const isCovered = coverageOf(sources)
  return [...now, ...before.filter((sighting) => !seen.has(sighting.id) && !isCovered(sighting))]
}

function isRunning(sighting: Sighting): boolean {
  return (sighting.kind === 'agent' || sighting.kind === 'model-runtime') && sighting.state === 'running'
}

function unique(sightings: readonly Sighting[]): ReadonlyMap<string, Sighting> {
  const first = new Map<string, Sighting>()
  for (const sighting of sightings) if (!first.has(sighting.id)) first.set(sighting.id, sighting)
  return first
}

function ofWhom({ source, user }: SourceReport): string {
  return JSON.stringify([source, user?.id])
}

function placeOf({ source, path, user }: SourceReport): string {
  return JSON.stringify([source, path, user?.id])
}

/** How long it took is no news. */
function sourcesKey(sources: readonly SourceReport[]): string {
  return JSON.stringify(sources.map(({ durationMs: _, ...rest }) => rest))
}
