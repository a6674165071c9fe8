import { coverageGaps, isWithinAny, outermostPaths, type ScannedSource, wasRead } from '../../protocol/scan-coverage.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import type { EvidenceStore } from './evidence-store.ts'

/**
 * Gaps of a device's first full snapshot: sources that failed then and have failed ever since. What appears when a gap is read
 * for the first time may have been there before, so it is not new. What appears while the gap still fails comes from elsewhere,
 * and what appears later came later: both are new.
 */

type GapStore = Pick<EvidenceStore, 'sources'>

/**
 * Says whether a thing that appears for the first time may have been there all along. It uses the sources stored when it is
 * first called.
 */
export function mayPredateFirstRead(store: GapStore, device: string): (sighting: Sighting) => Promise<boolean> {
  let couldHold: ((sighting: Sighting) => boolean) | undefined
  const open = async () => {
    const before = await store.sources.firstSnapshotGaps(device)
    if (before.length === 0) return () => false
    return coverageGaps(compared(before, failing(await store.sources.list(device))).read) ?? (() => false)
  }
  return async (sighting) => {
    couldHold ??= await open()
    return couldHold(sighting)
  }
}

/** The first full snapshot of the device is complete. */
export async function recordFirstSnapshotGaps(store: GapStore, device: string): Promise<void> {
  await store.sources.putFirstSnapshotGaps(device, failing(await store.sources.list(device)))
}

/** The device reported all its sources again, and their sightings are applied. */
export async function removeClosedGaps(store: GapStore, device: string): Promise<void> {
  const before = await store.sources.firstSnapshotGaps(device)
  if (before.length === 0) return
  const { read, unread } = compared(before, failing(await store.sources.list(device)))
  if (read.length > 0) await store.sources.putFirstSnapshotGaps(device, unread)
}

/** A scan whose only report is a failure read nothing, so its gap has no path. */
function failing(sources: readonly ScannedSource[]): readonly ScannedSource[] {
  return [...Map.groupBy(sources, lookOf).values()].flatMap((reports) => {
    const failed = reports.filter((report) => !wasRead(report))
    return reports.length > 1 ? failed : failed.map(({ path: _, ...whole }) => whole)
  })
}

interface Compared {
  /** Gaps that have now been read. */
  readonly read: readonly ScannedSource[]
  /** Gaps that still fail, at least in part. */
  readonly unread: readonly ScannedSource[]
}

function compared(before: readonly ScannedSource[], now: readonly ScannedSource[]): Compared {
  const byLook = Map.groupBy(now, lookOf)
  const parts = [...Map.groupBy(before, lookOf)].map(([look, some]) => comparedIn(some, byLook.get(look) ?? []))
  return { read: parts.flatMap(({ read }) => read), unread: parts.flatMap(({ unread }) => unread) }
}

/** A path beyond a bound stays a gap while it is reported with the same bound. */
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

/** Thousands of paths may be compared with thousands: see `outermostPaths`. */
function coveredBy(places: readonly ScannedSource[]): (place: ScannedSource) => boolean {
  if (places.some(({ path }) => path === undefined)) return () => true
  const tops = outermostPaths(places.flatMap(({ path }) => path ?? []))
  return ({ path }) => path !== undefined && tops.length > 0 && isWithinAny(path, tops)
}

function lookOf({ source, user }: ScannedSource): string {
  return `${user?.id ?? ''} ${source}`
}
