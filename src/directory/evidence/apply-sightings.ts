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
export async function applySightings(
  store: EvidenceStore,
  device: string,
  reported: ReportedSightings,
): Promise<boolean> {
  const steps = applySightingsInSteps(device, reported)
  await steps.next()
  for (;;) {
    const step = await steps.next(store)
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
export async function* applySightingsInSteps(
  device: string,
  { sightings, at, sourcesReported = false }: ReportedSightings,
): AsyncGenerator<void, boolean, EvidenceStore> {
  let store = yield
  // A delta that arrives during a snapshot belongs to that snapshot.
  const snapshot = sightings.mode === 'full' ? sightings.snapshot : ((await store.snapshots.open(device)) ?? '')
  const hadFullSnapshot = await store.snapshots.isFirstComplete(device)
  const put = sightingWriter(device, { snapshot, hadFullSnapshot, mayPredate: mayPredateFirstRead(store, device), at })
  let largest = 0
  for (let from = 0; from < sightings.items.length; from += STEP_ITEMS) {
    if (from > 0) {
      // The exact limit applies at the end, because sightings that end with this batch make room.
      await makeRoom(store, device, { at, largest, beyond: 1 })
      store = yield
    }
    for (const item of sightings.items.slice(from, from + STEP_ITEMS))
      largest = Math.max(largest, await put(store, item))
  }
  let complete = false
  if (sightings.mode === 'delta') {
    store = yield* end(store, device, sightings.gone, at)
    if (sourcesReported && hadFullSnapshot) await removeClosedGaps(store, device)
  } else if (await isComplete(store, device, sightings)) {
    store = yield* completeSnapshot(store, device, sightings.snapshot, at)
    complete = true
  }
  await makeRoom(store, device, { at, largest, beyond: 0 })
  while (await takeInSeen(store, device, at)) store = yield
  return complete
}

type FullSightings = Extract<Sightings, { mode: 'full' }>
type Steps<T> = AsyncGenerator<void, T, EvidenceStore>

/** @returns a function that stores one sighting and returns the characters of its JSON, or 0 if it is unchanged. */
function sightingWriter(
  device: string,
  seen: { snapshot: string; hadFullSnapshot: boolean; mayPredate: (item: Sighting) => Promise<boolean>; at: number },
): (store: EvidenceStore, item: Sighting) => Promise<number> {
  const { snapshot, hadFullSnapshot, mayPredate, at } = seen
  return async (store, item) => {
    const before = await store.sightings.put(device, item, { snapshot, at })
    const notNew = hadFullSnapshot && !before.same && !before.isKnown && (await mayPredate(item))
    if (notNew) await store.sightings.markNotNew(device, item)
    if (!before.same && item.kind === 'agent' && item.user !== undefined) {
      await accountSeen(store, device, { user: item.user, at })
    }
    await recordSightingActivity(store, device, { sighting: item, before, canBeNew: hadFullSnapshot && !notNew, at })
    return before.characters
  }
}

/** @param beyond how many batches of the largest size may exceed the limits. @throws `QUOTA_EXCEEDED`. */
async function makeRoom(
  store: EvidenceStore,
  device: string,
  { at, largest, beyond }: { at: number; largest: number; beyond: 0 | 1 },
): Promise<void> {
  const most = MAX_SIGHTINGS + beyond * LIMITS.sightings
  if ((await store.sightings.count(device)) > most) await forgetSightings(store, device, most, at)
  const mostBytes = MAX_BYTES + beyond * LIMITS.frameBytes
  if (largest > LARGE_CHARACTERS && (await store.sightings.bytes(device)) > mostBytes) {
    await forgetBytes(store, device, mostBytes, at)
  }
}

/** Deletes ended sightings first: a device that starts agents by the thousand stays within its quota. */
async function forgetSightings(store: EvidenceStore, device: string, most: number, at: number): Promise<void> {
  const { sightings, keys } = await store.sightings.forgetEnded(device, { above: most, left: MAX_SIGHTINGS - ROOM })
  if (sightings + keys > 0) {
    const detail = { count: sightings, ...(keys > 0 ? { keys } : {}) }
    await recordBounded(store, { at, kind: 'sightings-forgotten', device, detail })
  }
  if ((await store.sightings.count(device)) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `the device has more than ${MAX_SIGHTINGS} sightings at once`)
  }
}

async function forgetBytes(store: EvidenceStore, device: string, most: number, at: number): Promise<void> {
  const count = await store.sightings.forgetEndedBytes(device, MAX_BYTES - ROOM_BYTES)
  if (count > 0) await recordBounded(store, { at, kind: 'sightings-forgotten', device, detail: { count } })
  if ((await store.sightings.bytes(device)) > most) {
    throw new SuretyError('QUOTA_EXCEEDED', `the device's sightings take more than ${MAX_BYTES} bytes`)
  }
}

/** Ids of sightings that the snapshot does not contain, except those that a failed source may have missed. */
async function idsEndedBy(store: EvidenceStore, device: string, snapshot: string): Promise<readonly string[]> {
  const couldBeMissed = coverageGaps(await store.sources.list(device))
  if (couldBeMissed === undefined) return store.sightings.idsMissingFrom(device, snapshot)
  const ended = (await store.sightings.missingFrom(device, snapshot)).filter((place) => !couldBeMissed(place))
  return ended.map(({ id }) => id)
}

/** Ends sightings in steps. @returns the store of the last step. */
async function* end(first: EvidenceStore, device: string, ids: readonly string[], at: number): Steps<EvidenceStore> {
  let store = first
  for (let from = 0; from < ids.length; from += STEP_ENDED) {
    if (from > 0) store = yield
    await store.sightings.end(device, ids.slice(from, from + STEP_ENDED), at)
  }
  return store
}

/** @returns whether all parts of the snapshot have arrived. @throws `FRAME_MALFORMED`. */
async function isComplete(
  store: EvidenceStore,
  device: string,
  { snapshot, part, parts }: FullSightings,
): Promise<boolean> {
  if (part >= parts) throw new SuretyError('FRAME_MALFORMED', `part ${part} of ${parts}: parts count from 0`)
  return (await store.snapshots.putPart(device, snapshot, part)) >= parts
}

/** Ends what the complete snapshot does not contain. @returns the store of the last step. */
async function* completeSnapshot(
  first: EvidenceStore,
  device: string,
  snapshot: string,
  at: number,
): Steps<EvidenceStore> {
  const store = yield* end(first, device, await idsEndedBy(first, device, snapshot), at)
  await store.sightings.forgetBefore(device, { sightings: at - REMEMBER_MS, keys: at - REMEMBER_ITEMS_MS })
  if (await store.snapshots.isFirstComplete(device)) await removeClosedGaps(store, device)
  else await recordFirstSnapshotGaps(store, device)
  await store.snapshots.markFirstComplete(device, at)
  await store.snapshots.close(device)
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
async function recordSightingActivity(store: EvidenceStore, device: string, reported: ReportedSighting): Promise<void> {
  const { sighting, before } = reported
  if (before.same) return
  if (sighting.kind === 'agent') await recordAgent(store, device, sighting, reported)
  else if (sighting.kind === 'mcp-server') await recordLaunch(store, device, sighting, reported)
}

async function recordAgent(
  store: EvidenceStore,
  device: string,
  agent: AgentSighting,
  reported: ReportedSighting,
): Promise<void> {
  const { before, canBeNew, at } = reported
  const { id, name, version, state, catalogueId } = agent
  const detail = { sighting: id, name, version, state, agent: catalogueId, user: agent.user?.name }
  const unknown = agent.agentKind === 'unknown' || catalogueId === undefined
  // An unknown agent needs a human even if it was there before the first snapshot.
  if (!before.isKnown && (unknown || canBeNew)) {
    const kind = unknown ? 'unknown-agent-appeared' : 'agent-appeared'
    await recordBounded(store, { at, kind, device, detail: unknown ? { ...detail, score: agent.score } : detail })
  }
  // An agent that its user starts autonomously all day is recorded once a day.
  const { isThere = false, wasAutonomous = false } = before.ofUser ?? {}
  if (agent.autonomy?.level === 'autonomous' && !wasAutonomous && (isThere || canBeNew)) {
    const because = agent.autonomy.because.map(({ by, name: what }) => `${by} ${what}`).join(', ')
    await recordBounded(store, {
      at,
      kind: 'agent-autonomous',
      device,
      detail: { ...detail, because: because.slice(0, 500) },
    })
  }
}

/** Records that the same entry of the same configuration starts something else than before. */
async function recordLaunch(
  store: EvidenceStore,
  device: string,
  server: McpServerSighting,
  reported: ReportedSighting,
): Promise<void> {
  const { launchHash: was } = reported.before
  const { id, name, client, configuration, launchHash } = server
  if (was === undefined || was === launchHash) return
  await noteLaunch(store.seen, device, server, was)
  const detail = { sighting: id, name, client, configuration, before: was, after: launchHash, user: server.user?.name }
  await recordBounded(store, { at: reported.at, kind: 'mcp-launch-changed', device, detail })
}
