import { coverageGaps, isWithinAny, outermostPaths, type ScannedSource, wasRead } from '../../protocol/scan-coverage.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import type { EvidenceStore } from './evidence-store.ts'

/**
 * Places of a device that nobody has read yet: they failed when it was first told whole, and have ever since. What shows when
 * one is read for the first time was there before, for all we know, and is not new. What shows while it still fails came
 * from elsewhere, and what shows later has come since: both are new.
 */

type NeverReadStore = Pick<EvidenceStore, 'sources'>

/**
 * Could this thing, which shows for the first time, have been there all along? By what was told of sources with it, or before
 * it; looked up when first asked.
 */
export function couldHaveBeenThere(store: NeverReadStore, device: string): (sighting: Sighting) => boolean {
  let couldHold: ((sighting: Sighting) => boolean) | undefined
  const open = () => {
    const before = store.sources.firstSnapshotGaps(device)
    if (before.length === 0) return () => false
    return coverageGaps(compared(before, failing(store.sources.list(device))).read) ?? (() => false)
  }
  return (sighting) => {
    couldHold ??= open()
    return couldHold(sighting)
  }
}

/** All of the device was told for the first time. */
export function beginNeverRead(store: NeverReadStore, device: string): void {
  store.sources.putFirstSnapshotGaps(device, failing(store.sources.list(device)))
}

/** All of its sources were told again, and what they show was taken in. */
export function forgetRead(store: NeverReadStore, device: string): void {
  const before = store.sources.firstSnapshotGaps(device)
  if (before.length === 0) return
  const { read, unread } = compared(before, failing(store.sources.list(device)))
  if (read.length > 0) store.sources.putFirstSnapshotGaps(device, unread)
}

/** A look that tells of nothing but its failure read nothing at all, wherever it says that was. */
function failing(sources: readonly ScannedSource[]): readonly ScannedSource[] {
  return [...Map.groupBy(sources, lookOf).values()].flatMap((reports) => {
    const failed = reports.filter((report) => !wasRead(report))
    return reports.length > 1 ? failed : failed.map(({ path: _, ...whole }) => whole)
  })
}

interface Compared {
  /** Of those that were never read: they have been now. */
  readonly read: readonly ScannedSource[]
  /** They still fail, or a part of them does. */
  readonly unread: readonly ScannedSource[]
}

function compared(before: readonly ScannedSource[], now: readonly ScannedSource[]): Compared {
  const byLook = Map.groupBy(now, lookOf)
  const parts = [...Map.groupBy(before, lookOf)].map(([look, some]) => comparedIn(some, byLook.get(look) ?? []))
  return { read: parts.flatMap(({ read }) => read), unread: parts.flatMap(({ unread }) => unread) }
}

/** What is beyond a bound is told by the same words again; of what could be read, that was read. */
function comparedIn(before: readonly ScannedSource[], now: readonly ScannedSource[]): Compared {
  const wasClosed = coveredBy(before.filter(({ state }) => state !== BOUND))
  const isClosed = coveredBy(now.filter(({ state }) => state !== BOUND))
  const isBound = new Set(now.filter(({ state }) => state === BOUND).map(({ path }) => path))
  const [unread, read] = [before.filter(stillFails), before.filter((place) => !stillFails(place))]
  const within = now.filter(wasClosed)
  const all = [...unread, ...within].map((place) => [`${place.state === BOUND} ${place.path ?? ''}`, place] as const)
  return { read, unread: [...new Map(all).values()] }

  function stillFails(place: ScannedSource): boolean {
    return isClosed(place) || (place.state === BOUND && isBound.has(place.path))
  }
}

const BOUND = 'too-large'

/** Thousands of places are compared with thousands: see `outermostPaths`. */
function coveredBy(places: readonly ScannedSource[]): (place: ScannedSource) => boolean {
  if (places.some(({ path }) => path === undefined)) return () => true
  const tops = outermostPaths(places.flatMap(({ path }) => path ?? []))
  return ({ path }) => path !== undefined && tops.length > 0 && isWithinAny(path, tops)
}

function lookOf({ source, user }: ScannedSource): string {
  return `${user?.id ?? ''} ${source}`
}
