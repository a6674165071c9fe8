import { coverageOf } from '../../protocol/scan-coverage.ts'
import type { FrozenBy, Sighting, SourceReport } from '../../protocol/sighting.ts'

/**
 * How much a scan covers: `all`, the running agents (`processes`), or a `part` of what does not run, as named by its source
 * reports.
 */
export type Scope = 'all' | 'processes' | 'part'

export interface Observed {
  readonly sightings: readonly Sighting[]
  readonly sources: readonly SourceReport[]
}

/** What to report so that the directory sees what this device sees. Source reports are always complete. */
export type SightingsReport =
  | { readonly mode: 'full'; readonly items: readonly Sighting[]; readonly sources: readonly SourceReport[] }
  | {
      readonly mode: 'delta'
      readonly items: readonly Sighting[]
      readonly gone: readonly string[]
      readonly sources?: readonly SourceReport[]
    }

/** Holds what was observed last and what was reported last, and computes the difference. */
export class SightingsLedger {
  #running: readonly Sighting[] = []
  #rest: readonly Sighting[] = []
  #sources: readonly SourceReport[] = []
  /** A scan of everything has finished. Before that, a snapshot would end sightings that were only not scanned yet. */
  #isComplete = false
  /** Reported sightings with their JSON. A sighting that was not scanned again is the same object. */
  #reported = new Map<string, { readonly item: Sighting; readonly json: string }>()
  #reportedSources: string | undefined
  #frozen: ReadonlyMap<string, FrozenBy[]> = new Map()
  #isFullDue = true

  get current(): Observed {
    const sightings = [...unique([...this.#running, ...this.#rest]).values()]
    const isFrozen = this.#frozen.size > 0
    return {
      sightings: isFrozen ? sightings.map((sighting) => this.#withStops(sighting)) : sightings,
      sources: this.#sources,
    }
  }

  #withStops(sighting: Sighting): Sighting {
    const frozenBy = this.#frozen.get(sighting.id)
    if (frozenBy === undefined || sighting.kind !== 'agent' || sighting.state !== 'running') return sighting
    return { ...sighting, frozenBy }
  }

  /** Says which stops hold each agent, by the id of its sighting. @returns whether that has changed. */
  markFrozen(frozen: ReadonlyMap<string, FrozenBy[]>): boolean {
    if (JSON.stringify([...frozen]) === JSON.stringify([...this.#frozen])) return false
    this.#frozen = frozen
    return true
  }

  observe(scope: Scope, { sightings, sources }: Observed): void {
    if (scope !== 'part') this.#running = keepUnscanned(this.#running, sightings.filter(isRunning), sources)
    else this.#rest = keepUnscanned(this.#rest, sightings, sources)
    if (scope === 'all') {
      const rest = sightings.filter((sighting) => !isRunning(sighting))
      this.#rest = keepUnscanned(this.#rest, rest, sources)
      this.#sources = sources
      this.#isComplete = true
      return
    }
    // Replaces the reports of the same sources and users, and keeps all others.
    const scanned = new Set(sources.map(ownerKey))
    const now = new Map(sources.map((source) => [sourceKey(source), source]))
    const merged = new Map(
      this.#sources.flatMap((source) =>
        scanned.has(ownerKey(source)) && !now.has(sourceKey(source)) ? [] : [[sourceKey(source), source] as const],
      ),
    )
    // The order is kept, because it is part of the comparison with what was reported.
    for (const [key, source] of now) merged.set(key, source)
    this.#sources = [...merged.values()]
  }

  /** Makes the next report a full snapshot. */
  requireFull(): void {
    this.#isFullDue = true
  }

  /** Forgets everything that was reported, for another chain. */
  reset(): void {
    this.#reported = new Map()
    this.#reportedSources = undefined
    this.#isFullDue = true
  }

  /** @returns undefined when everything has been reported. */
  nextReport(): SightingsReport | undefined {
    const { sightings, sources } = this.current
    if (this.#isComplete && this.#isFullDue) return { mode: 'full', items: sightings, sources }
    const items = sightings.filter((sighting) => {
      const reported = this.#reported.get(sighting.id)
      return reported === undefined || (reported.item !== sighting && reported.json !== JSON.stringify(sighting))
    })
    const present = new Set(sightings.map(({ id }) => id))
    const gone = this.#isComplete ? [...this.#reported.keys()].filter((id) => !present.has(id)) : []
    const haveSourcesChanged = this.#isComplete && withoutDurations(sources) !== this.#reportedSources
    if (items.length === 0 && gone.length === 0 && !haveSourcesChanged) return undefined
    return { mode: 'delta', items, gone, ...(haveSourcesChanged ? { sources } : {}) }
  }

  /** Records that `report` is durable. */
  markReported(report: SightingsReport): void {
    if (report.mode === 'full') {
      this.#reported = new Map()
      this.#isFullDue = false
    } else for (const id of report.gone) this.#reported.delete(id)
    for (const item of report.items) this.#reported.set(item.id, { item, json: JSON.stringify(item) })
    if (report.sources !== undefined) this.#reportedSources = withoutDurations(report.sources)
  }
}

/** Keeps earlier sightings from places that `sources` could not read: a failed read removes nothing. */
function keepUnscanned(
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

function ownerKey({ source, user }: SourceReport): string {
  return JSON.stringify([source, user?.id])
}

function sourceKey({ source, path, user }: SourceReport): string {
  return JSON.stringify([source, path, user?.id])
}

/** JSON for a comparison. How long a read took is not a change. */
function withoutDurations(sources: readonly SourceReport[]): string {
  return JSON.stringify(sources.map(({ durationMs: _, ...rest }) => rest))
}
