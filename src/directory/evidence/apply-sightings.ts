import { SuretyError } from '../../base/errors.ts'
import type { Sightings } from '../../protocol/evidence.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { coverageGaps } from '../../protocol/scan-coverage.ts'
import type { Sighting } from '../../protocol/sighting.ts'
import { recordBounded } from '../activity/activity.ts'
import type { EvidenceStore } from './evidence-store.ts'
import { beginNeverRead, couldHaveBeenThere, forgetRead } from './never-read.ts'
import { recordNews } from './sighting-news.ts'

/** What one device may have in the register. */
const MAX_SIGHTINGS = 20_000
/** With what ended: where it is more, what ended longest ago makes room, for so many at once. */
const ROOM = MAX_SIGHTINGS / 10
/** And what all of that may take. Of JSON: each that begins or ends is read as a whole, and many may in one batch. */
const MAX_BYTES = 64 * 1024 * 1024
const ROOM_BYTES = MAX_BYTES / 10
/** Of smaller ones there are never enough to take that much. */
const LARGE_CHARACTERS = 1024
/** What ended is remembered so long at most. */
const REMEMBER_MS = 30 * 86_400_000
/** And so long, that a thing was ever there: what comes back in this time is not new. */
const REMEMBER_ITEMS_MS = 400 * 86_400_000

/** Work of one step: sightings that are told, and sightings that end, which cost a tenth. About 25 ms on a laptop. */
const STEP_ITEMS = 100
const STEP_ENDED = 1_000

interface ToldSightings {
  readonly sightings: Sightings
  readonly at: number
  /** The device reported its sources with these, and they were stored before. */
  readonly sourcesTold?: boolean
}

/** Does all steps of `sightingSteps` at once. @returns and throws as those. */
export function projectSightings(store: EvidenceStore, device: string, told: ToldSightings): boolean {
  const steps = sightingSteps(device, told)
  steps.next()
  for (;;) {
    const step = steps.next(store)
    if (step.done === true) return step.value
  }
}

/**
 * Stores what was seen. A full snapshot ends the rest once all its parts have come, except what a source that could not be
 * read may hold. Each step may run in a transaction of its own; repeating all of them changes nothing.
 *
 * The first `next` only starts it; each later one takes the store to use for that step.
 *
 * @returns whether the register now shows all of the device: a full snapshot is complete.
 * @throws `QUOTA_EXCEEDED`, `FRAME_MALFORMED`.
 */
export function* sightingSteps(
  device: string,
  { sightings, at, sourcesTold = false }: ToldSightings,
): Generator<void, boolean, EvidenceStore> {
  let store = yield
  // What a delta shows while a snapshot is on its way belongs to that snapshot.
  const snapshot = sightings.mode === 'full' ? sightings.snapshot : (store.snapshots.open(device) ?? '')
  const toldWhole = store.snapshots.isFirstComplete(device)
  const put = putter(device, { snapshot, toldWhole, wasThere: couldHaveBeenThere(store, device), at })
  let largest = 0
  for (let from = 0; from < sightings.items.length; from += STEP_ITEMS) {
    if (from > 0) {
      // Room is made at the end, for what ends with this batch makes some. Until then no batch goes far beyond it.
      makeRoom(store, device, { at, largest, beyond: 1 })
      store = yield
    }
    for (const item of sightings.items.slice(from, from + STEP_ITEMS)) largest = Math.max(largest, put(store, item))
  }
  let complete = false
  if (sightings.mode === 'delta') {
    store = yield* end(store, device, sightings.gone, at)
    if (sourcesTold && toldWhole) forgetRead(store, device)
  } else if (isComplete(store, device, sightings)) {
    store = yield* takeSnapshot(store, device, sightings.snapshot, at)
    complete = true
  }
  makeRoom(store, device, { at, largest, beyond: 0 })
  return complete
}

type FullSightings = Extract<Sightings, { mode: 'full' }>
type Steps<T> = Generator<void, T, EvidenceStore>

/** @returns a function that stores one sighting, and returns the characters of its JSON where that has changed. */
function putter(
  device: string,
  seen: { snapshot: string; toldWhole: boolean; wasThere: (item: Sighting) => boolean; at: number },
): (store: EvidenceStore, item: Sighting) => number {
  const { snapshot, toldWhole, wasThere, at } = seen
  return (store, item) => {
    const before = store.sightings.put(device, item, { snapshot, at })
    const notNew = toldWhole && !before.same && before.item === undefined && wasThere(item)
    if (notNew) store.sightings.markNotNew(device, item)
    recordNews(store, device, { sighting: item, before, canBeNew: toldWhole && !notNew, at })
    return before.characters
  }
}

/** @param beyond batches of the largest size that may be there beside what is allowed. @throws `QUOTA_EXCEEDED`. */
function makeRoom(
  store: EvidenceStore,
  device: string,
  { at, largest, beyond }: { at: number; largest: number; beyond: 0 | 1 },
): void {
  const most = MAX_SIGHTINGS + beyond * LIMITS.sightings
  if (store.sightings.count(device) > most) forgetSightings(store, device, most, at)
  const mostBytes = MAX_BYTES + beyond * LIMITS.frameBytes
  if (largest > LARGE_CHARACTERS && store.sightings.bytes(device) > mostBytes) {
    forgetBytes(store, device, mostBytes, at)
  }
}

/** Agents that are started by the thousand are no reason to distrust what else their device reports. */
function forgetSightings(store: EvidenceStore, device: string, most: number, at: number): void {
  const { sightings, keys } = store.sightings.forgetEnded(device, { above: most, left: MAX_SIGHTINGS - ROOM })
  if (sightings + keys > 0) {
    const detail = { count: sightings, ...(keys > 0 ? { keys } : {}) }
    recordBounded(store, { at, kind: 'sightings-forgotten', device, detail })
  }
  if (store.sightings.count(device) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `more than ${MAX_SIGHTINGS} sightings of one device`)
  }
}

function forgetBytes(store: EvidenceStore, device: string, most: number, at: number): void {
  const count = store.sightings.forgetEndedBytes(device, MAX_BYTES - ROOM_BYTES)
  if (count > 0) recordBounded(store, { at, kind: 'sightings-forgotten', device, detail: { count } })
  if (store.sightings.bytes(device) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `sightings of one device of more than ${MAX_BYTES} bytes`)
  }
}

/** What the snapshot did not show has ended, except what lies where the device could not look. */
function endedBy(store: EvidenceStore, device: string, snapshot: string): readonly string[] {
  const couldBeMissed = coverageGaps(store.sources.list(device))
  if (couldBeMissed === undefined) return store.sightings.idsMissingFrom(device, snapshot)
  const ended = store.sightings.missingFrom(device, snapshot).filter((place) => !couldBeMissed(place))
  return ended.map(({ id }) => id)
}

/** @returns the store of the newest step. */
function* end(first: EvidenceStore, device: string, ids: readonly string[], at: number): Steps<EvidenceStore> {
  let store = first
  for (let from = 0; from < ids.length; from += STEP_ENDED) {
    if (from > 0) store = yield
    store.sightings.end(device, ids.slice(from, from + STEP_ENDED), at)
  }
  return store
}

/** Have all parts of the snapshot come? @throws `FRAME_MALFORMED`. */
function isComplete(store: EvidenceStore, device: string, { snapshot, part, parts }: FullSightings): boolean {
  if (part >= parts) throw new SuretyError('FRAME_MALFORMED', `part ${part} of ${parts}, counted from 0`)
  return store.snapshots.putPart(device, snapshot, part) >= parts
}

/** @returns as `end`. */
function* takeSnapshot(first: EvidenceStore, device: string, snapshot: string, at: number): Steps<EvidenceStore> {
  const store = yield* end(first, device, endedBy(first, device, snapshot), at)
  store.sightings.forgetBefore(device, { sightings: at - REMEMBER_MS, keys: at - REMEMBER_ITEMS_MS })
  if (store.snapshots.isFirstComplete(device)) forgetRead(store, device)
  else beginNeverRead(store, device)
  store.snapshots.markFirstComplete(device, at)
  store.snapshots.close(device)
  return store
}
