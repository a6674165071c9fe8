import { SuretyError } from '../../base/errors.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { Sightings } from '../../protocol/messages/evidence.ts'
import { coverageGaps } from '../../protocol/scan-coverage.ts'
import type { AgentSighting, McpServerSighting, Sighting } from '../../protocol/sighting.ts'
import { recordBounded } from '../activity/activity.ts'
import { accountSeen } from '../humans/accounts.ts'
import { noteLaunch, takeInSeen } from '../seen/take-in.ts'
import type { EvidenceStore, SightingBefore } from './evidence-store.ts'
import { mayPredateFirstRead, recordFirstSnapshotGaps, removeClosedGaps } from './first-snapshot-gaps.ts'

/** The most sightings of one device, including ended ones. */
const MAX_SIGHTINGS = 20_000
/** Beyond the limit, sightings that ended longest ago are deleted until this many more fit. */
const ROOM = MAX_SIGHTINGS / 10
/** The most bytes of JSON of all sightings of one device. Each one that begins or ends is read completely. */
const MAX_BYTES = 64 * 1024 * 1024
const ROOM_BYTES = MAX_BYTES / 10
/** Sightings below this size cannot reach `MAX_BYTES` together. */
const LARGE_CHARACTERS = 1024
/** Ended sightings are kept at most this long. */
const REMEMBER_MS = 30 * 86_400_000
/** Items are remembered this long: an item that returns within this time is not new. */
const REMEMBER_ITEMS_MS = 400 * 86_400_000

/** Work of one step: reported sightings, or ended ones, which cost a tenth. About 25 ms on a laptop. */
const STEP_ITEMS = 100
const STEP_ENDED = 1_000

interface ReportedSightings {
  readonly sightings: Sightings
  readonly at: number
  /** The same batch reported the device's sources, which are stored already. */
  readonly sourcesReported?: boolean
}

/** Runs all steps of `applySightingsInSteps`, with the same result and errors. */
export function applySightings(store: EvidenceStore, device: string, reported: ReportedSightings): boolean {
  const steps = applySightingsInSteps(device, reported)
  steps.next()
  for (;;) {
    const step = steps.next(store)
    if (step.done === true) return step.value
  }
}

/**
 * Stores sightings. Once all parts of a full snapshot have arrived, it ends the sightings that it does not contain, except those
 * that a failed source may have missed. Each step may run in its own transaction. Repeating all steps changes nothing.
 *
 * The first `next` only starts the generator. Each later one receives the store for that step.
 *
 * @returns whether a full snapshot is complete now.
 * @throws `QUOTA_EXCEEDED`, `FRAME_MALFORMED`.
 */
export function* applySightingsInSteps(
  device: string,
  { sightings, at, sourcesReported = false }: ReportedSightings,
): Generator<void, boolean, EvidenceStore> {
  let store = yield
  // A delta that arrives during a snapshot belongs to that snapshot.
  const snapshot = sightings.mode === 'full' ? sightings.snapshot : (store.snapshots.open(device) ?? '')
  const hadFullSnapshot = store.snapshots.isFirstComplete(device)
  const put = sightingWriter(device, { snapshot, hadFullSnapshot, mayPredate: mayPredateFirstRead(store, device), at })
  let largest = 0
  for (let from = 0; from < sightings.items.length; from += STEP_ITEMS) {
    if (from > 0) {
      // The exact limit applies at the end, because sightings that end with this batch make room.
      makeRoom(store, device, { at, largest, beyond: 1 })
      store = yield
    }
    for (const item of sightings.items.slice(from, from + STEP_ITEMS)) largest = Math.max(largest, put(store, item))
  }
  let complete = false
  if (sightings.mode === 'delta') {
    store = yield* end(store, device, sightings.gone, at)
    if (sourcesReported && hadFullSnapshot) removeClosedGaps(store, device)
  } else if (isComplete(store, device, sightings)) {
    store = yield* completeSnapshot(store, device, sightings.snapshot, at)
    complete = true
  }
  makeRoom(store, device, { at, largest, beyond: 0 })
  while (takeInSeen(store, device, at)) store = yield
  return complete
}

type FullSightings = Extract<Sightings, { mode: 'full' }>
type Steps<T> = Generator<void, T, EvidenceStore>

/** @returns a function that stores one sighting and returns the characters of its JSON, or 0 if it is unchanged. */
function sightingWriter(
  device: string,
  seen: { snapshot: string; hadFullSnapshot: boolean; mayPredate: (item: Sighting) => boolean; at: number },
): (store: EvidenceStore, item: Sighting) => number {
  const { snapshot, hadFullSnapshot, mayPredate, at } = seen
  return (store, item) => {
    const before = store.sightings.put(device, item, { snapshot, at })
    const notNew = hadFullSnapshot && !before.same && !before.isKnown && mayPredate(item)
    if (notNew) store.sightings.markNotNew(device, item)
    if (!before.same && item.kind === 'agent' && item.user !== undefined) {
      accountSeen(store, device, { user: item.user, at })
    }
    recordSightingActivity(store, device, { sighting: item, before, canBeNew: hadFullSnapshot && !notNew, at })
    return before.characters
  }
}

/** @param beyond how many batches of the largest size may exceed the limits. @throws `QUOTA_EXCEEDED`. */
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

/** Deletes ended sightings first: a device that starts agents by the thousand stays within its quota. */
function forgetSightings(store: EvidenceStore, device: string, most: number, at: number): void {
  const { sightings, keys } = store.sightings.forgetEnded(device, { above: most, left: MAX_SIGHTINGS - ROOM })
  if (sightings + keys > 0) {
    const detail = { count: sightings, ...(keys > 0 ? { keys } : {}) }
    recordBounded(store, { at, kind: 'sightings-forgotten', device, detail })
  }
  if (store.sightings.count(device) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `the device has more than ${MAX_SIGHTINGS} sightings at once`)
  }
}

function forgetBytes(store: EvidenceStore, device: string, most: number, at: number): void {
  const count = store.sightings.forgetEndedBytes(device, MAX_BYTES - ROOM_BYTES)
  if (count > 0) recordBounded(store, { at, kind: 'sightings-forgotten', device, detail: { count } })
  if (store.sightings.bytes(device) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `the device's sightings take more than ${MAX_BYTES} bytes`)
  }
}

/** Ids of sightings that the snapshot does not contain, except those that a failed source may have missed. */
function idsEndedBy(store: EvidenceStore, device: string, snapshot: string): readonly string[] {
  const couldBeMissed = coverageGaps(store.sources.list(device))
  if (couldBeMissed === undefined) return store.sightings.idsMissingFrom(device, snapshot)
  const ended = store.sightings.missingFrom(device, snapshot).filter((place) => !couldBeMissed(place))
  return ended.map(({ id }) => id)
}

/** Ends sightings in steps. @returns the store of the last step. */
function* end(first: EvidenceStore, device: string, ids: readonly string[], at: number): Steps<EvidenceStore> {
  let store = first
  for (let from = 0; from < ids.length; from += STEP_ENDED) {
    if (from > 0) store = yield
    store.sightings.end(device, ids.slice(from, from + STEP_ENDED), at)
  }
  return store
}

/** @returns whether all parts of the snapshot have arrived. @throws `FRAME_MALFORMED`. */
function isComplete(store: EvidenceStore, device: string, { snapshot, part, parts }: FullSightings): boolean {
  if (part >= parts) throw new SuretyError('FRAME_MALFORMED', `part ${part} of ${parts}: parts count from 0`)
  return store.snapshots.putPart(device, snapshot, part) >= parts
}

/** Ends what the complete snapshot does not contain. @returns the store of the last step. */
function* completeSnapshot(first: EvidenceStore, device: string, snapshot: string, at: number): Steps<EvidenceStore> {
  const store = yield* end(first, device, idsEndedBy(first, device, snapshot), at)
  store.sightings.forgetBefore(device, { sightings: at - REMEMBER_MS, keys: at - REMEMBER_ITEMS_MS })
  if (store.snapshots.isFirstComplete(device)) removeClosedGaps(store, device)
  else recordFirstSnapshotGaps(store, device)
  store.snapshots.markFirstComplete(device, at)
  store.snapshots.close(device)
  return store
}

interface ReportedSighting {
  readonly sighting: Sighting
  readonly before: SightingBefore
  /** The device's first full snapshot is complete and covered this location, so a thing that it never had is new. */
  readonly canBeNew: boolean
  readonly at: number
}

/** Records activity that a human may want to see. It is bounded, because a device can cause any amount of it. */
function recordSightingActivity(store: EvidenceStore, device: string, reported: ReportedSighting): void {
  const { sighting, before } = reported
  if (before.same) return
  if (sighting.kind === 'agent') recordAgent(store, device, sighting, reported)
  else if (sighting.kind === 'mcp-server') recordLaunch(store, device, sighting, reported)
}

function recordAgent(store: EvidenceStore, device: string, agent: AgentSighting, reported: ReportedSighting): void {
  const { before, canBeNew, at } = reported
  const { id, name, version, state, catalogueId } = agent
  const detail = { sighting: id, name, version, state, agent: catalogueId, user: agent.user?.name }
  const unknown = agent.agentKind === 'unknown' || catalogueId === undefined
  // An unknown agent needs a human even if it was there before the first snapshot.
  if (!before.isKnown && (unknown || canBeNew)) {
    const kind = unknown ? 'unknown-agent-appeared' : 'agent-appeared'
    recordBounded(store, { at, kind, device, detail: unknown ? { ...detail, score: agent.score } : detail })
  }
  // An agent that its user starts autonomously all day is recorded once a day.
  const { isThere = false, wasAutonomous = false } = before.ofUser ?? {}
  if (agent.autonomy?.level === 'autonomous' && !wasAutonomous && (isThere || canBeNew)) {
    const because = agent.autonomy.because.map(({ by, name: what }) => `${by} ${what}`).join(', ')
    recordBounded(store, {
      at,
      kind: 'agent-autonomous',
      device,
      detail: { ...detail, because: because.slice(0, 500) },
    })
  }
}

/** Records that the same entry of the same configuration starts something else than before. */
function recordLaunch(
  store: EvidenceStore,
  device: string,
  server: McpServerSighting,
  reported: ReportedSighting,
): void {
  const { launchHash: was } = reported.before
  const { id, name, client, configuration, launchHash } = server
  if (was === undefined || was === launchHash) return
  noteLaunch(store.seen, device, server, was)
  const detail = { sighting: id, name, client, configuration, before: was, after: launchHash, user: server.user?.name }
  recordBounded(store, { at: reported.at, kind: 'mcp-launch-changed', device, detail })
}
