import { SuretyError } from '../../base/errors.ts'
import type { Sightings } from '../../protocol/evidence.ts'
import { coverageGaps } from '../../protocol/scan-coverage.ts'
import { recordBounded } from '../registry/event.ts'
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

/**
 * Adds what was seen; a full snapshot ends the rest once all its parts have come, but for what a source that could not be
 * read may hold.
 *
 * @param told.sourcesTold the device told of its sources with these, which were taken in before.
 * @returns whether the register now shows all of the device: a full snapshot is complete.
 * @throws `QUOTA_EXCEEDED`, `FRAME_MALFORMED`.
 */
export function projectSightings(
  store: EvidenceStore,
  device: string,
  told: { readonly sightings: Sightings; readonly at: number; readonly sourcesTold?: boolean },
): boolean {
  const { sightings, at, sourcesTold = false } = told
  // What a delta shows while a snapshot is on its way belongs to that snapshot.
  const snapshot = sightings.mode === 'full' ? sightings.snapshot : (store.openSnapshot(device) ?? '')
  const toldWhole = store.toldWhole(device)
  const wasThere = couldHaveBeenThere(store, device)
  let large = false
  for (const item of sightings.items) {
    const before = store.putSighting(device, item, { snapshot, at })
    large ||= before.characters > LARGE_CHARACTERS
    const notNew = toldWhole && !before.same && before.item === undefined && wasThere(item)
    if (notNew) store.notNew(device, item)
    recordNews(store, device, { sighting: item, before, canBeNew: toldWhole && !notNew, at })
  }
  const complete = sightings.mode === 'full' && takePart(store, device, { sightings, at })
  if (sightings.mode === 'delta') {
    store.endSightings(device, sightings.gone, at)
    if (sourcesTold && toldWhole) forgetRead(store, device)
  }
  if (store.countSightings(device) > MAX_SIGHTINGS) makeRoom(store, device, at)
  if (large && store.bytesOfSightings(device) > MAX_BYTES) makeRoomForBytes(store, device, at)
  return complete
}

/** Agents that are started by the thousand are no reason to believe their device nothing more. */
function makeRoom(store: EvidenceStore, device: string, at: number): void {
  const { sightings, keys } = store.forgetEnded(device, { above: MAX_SIGHTINGS, left: MAX_SIGHTINGS - ROOM })
  if (sightings + keys > 0) {
    const detail = { count: sightings, ...(keys > 0 ? { keys } : {}) }
    recordBounded(store, { at, kind: 'sightings-forgotten', device, detail })
  }
  if (store.countSightings(device) > MAX_SIGHTINGS) {
    throw new SuretyError('QUOTA_EXCEEDED', `more than ${MAX_SIGHTINGS} sightings of one device`)
  }
}

function makeRoomForBytes(store: EvidenceStore, device: string, at: number): void {
  const count = store.forgetEndedBytes(device, MAX_BYTES - ROOM_BYTES)
  if (count > 0) recordBounded(store, { at, kind: 'sightings-forgotten', device, detail: { count } })
  if (store.bytesOfSightings(device) > MAX_BYTES) {
    throw new SuretyError('QUOTA_EXCEEDED', `sightings of one device of more than ${MAX_BYTES} bytes`)
  }
}

/** Quiet is not clean: what lies where the device could not look is still as it was last seen. */
function endRest(store: EvidenceStore, device: string, snapshot: string, at: number): void {
  const couldBeMissed = coverageGaps(store.sources(device))
  if (couldBeMissed === undefined) {
    store.endOthers(device, snapshot, at)
    return
  }
  const ended = store.placesBesides(device, snapshot).filter((place) => !couldBeMissed(place))
  store.endSightings(
    device,
    ended.map(({ id }) => id),
    at,
  )
}

function takePart(
  store: EvidenceStore,
  device: string,
  { sightings, at }: { sightings: Extract<Sightings, { mode: 'full' }>; at: number },
): boolean {
  const { snapshot, part, parts } = sightings
  if (part >= parts) throw new SuretyError('FRAME_MALFORMED', `part ${part} of ${parts}, counted from 0`)
  if (store.putSnapshotPart(device, snapshot, part) < parts) return false
  endRest(store, device, snapshot, at)
  store.forgetBefore(device, { sightings: at - REMEMBER_MS, keys: at - REMEMBER_ITEMS_MS })
  if (store.toldWhole(device)) forgetRead(store, device)
  else beginNeverRead(store, device)
  store.markToldWhole(device, at)
  store.closeSnapshot(device)
  return true
}
