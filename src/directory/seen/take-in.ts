import { toBase64Url } from '../../base/bytes.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { sha256 } from '../../crypto/hash.ts'
import type { Deviation } from '../../protocol/nouns/agents/seen-agents.ts'
import type { McpServerSighting } from '../../protocol/sighting.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { Registration, RegistrationStore } from '../registrations/registration-store.ts'
import { deviationsOf, runningExecutables } from './deviations.ts'
import { type MatchFacts, registrationFor } from './matching.ts'
import type { Presence, SeenKey, SeenStore, StoredSeen } from './seen-store.ts'

/**
 * Brings seen agents up to date: what is present of them, which registration matches, how they differ from it. It reads the store
 * and no batch, so it may be repeated at any time.
 */

export interface TakeInStore {
  readonly activity: ActivityStore
  readonly seen: SeenStore
  readonly registrations: Pick<RegistrationStore, 'candidates' | 'used'>
}

/** Work of one step, some ten milliseconds. */
const AT_ONCE = 100
/** Seen agents of one device, including those that are not there any more. */
const MAX_SEEN = 20_000
const MAX_PRODUCT = 64
const MAX_SEARCHED = 128
const UNKNOWN = 'unknown/'

/** Takes in the seen agents of a device whose sightings changed. @returns whether there may be more. */
export async function takeInSeen(store: TakeInStore, device: string, at: number): Promise<boolean> {
  const keys = await store.seen.touched(device, AT_ONCE)
  if (keys.length === 0) return false
  let added = false
  for (const key of keys) added = (await bringUpToDate(store, key, at)) || added
  await store.seen.untouch(keys)
  if (added) await store.seen.forgetEnded(device, MAX_SEEN)
  return keys.length === AT_ONCE
}

/** An MCP server of an agent starts something else than before. */
export async function noteLaunch(
  seen: SeenStore,
  device: string,
  server: McpServerSighting,
  before: string,
): Promise<void> {
  await seen.launchChanged(
    { device, item: server.client, userId: server.user?.id ?? '' },
    { sighting: server.id, before, now: server.launchHash },
  )
}

/** The id is made from the key, so that the same thing has the same one again after it was forgotten. */
export function seenIdOf({ device, item, userId }: SeenKey): string {
  return `sga_${toBase64Url(sha256(JSON.stringify([device, item, userId])).subarray(0, 16))}`
}

/** The text by which a stop selects it. */
export function productOf(item: string): string {
  return (item.startsWith(UNKNOWN) ? item.slice(UNKNOWN.length) : item).slice(0, MAX_PRODUCT)
}

/** Devices choose the names: characters that cannot be seen are not searched. */
export function searchKeyOf(name: string): string {
  return foldedName(name.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, '').slice(0, MAX_SEARCHED)) ?? ''
}

/** Inside the caller's transaction. @returns whether it was added. */
export async function bringUpToDate(store: TakeInStore, key: SeenKey, at: number): Promise<boolean> {
  const before = await store.seen.at(key)
  const presence = await store.seen.presence(key)
  if (presence.present === 0) {
    if (before !== undefined && before.present > 0) {
      await store.seen.update(ended(before, at))
      if (before.running > 0) await clearSecondInstances(store, key, before.registration)
    }
    return false
  }
  const facts = await factsOf(store, key, presence)
  const { registration, ...decided } = await decisionOf(store, { before, facts, presence, at })
  const baseline = baselineOf(before, presence, registration?.id)
  const after: StoredSeen = {
    ...facts,
    ...decided,
    ...baseline,
    registration: registration?.id,
    ignored: before?.ignored,
    number: before?.number ?? 0,
    deviations:
      registration === undefined ? [] : await deviating(store, registration, { ...facts, ...baseline }, presence),
    firstSeen: before?.firstSeen ?? at,
    lastSeen: at,
  }
  if (before !== undefined && isSame(before, after)) return false
  const number = before === undefined ? await store.seen.add(after) : before.number
  if (before !== undefined) await store.seen.update(after)
  if (registration !== undefined && after.running > 0) await noteUse(store, registration, at)
  if (before !== undefined && before.running > after.running)
    await clearSecondInstances(store, key, before.registration)
  await recordChange(store, before, { ...after, number }, at)
  return before === undefined
}

/** How precisely it is known when a registration was last used. */
const USE_MS = 3_600_000

async function noteUse({ registrations }: TakeInStore, { id, usedAt }: Registration, at: number): Promise<void> {
  if (usedAt === undefined || at - usedAt >= USE_MS) await registrations.used(id, at)
}

/** Instances that came second are none any more once only one runs. */
async function clearSecondInstances(
  { seen }: TakeInStore,
  key: SeenKey,
  registration: string | undefined,
): Promise<void> {
  if (registration === undefined) return
  const running = (await seen.runningElsewhere(registration, key)) + ((await seen.at(key))?.running ?? 0)
  if (running <= 1) await seen.clearSecondInstances(registration)
}

function ended(before: StoredSeen, at: number): StoredSeen {
  return { ...before, present: 0, running: 0, autonomous: 0, deviations: [], lastSeen: at }
}

type Facts = Awaited<ReturnType<typeof factsOf>>

async function factsOf(store: TakeInStore, key: SeenKey, { present, running, autonomous, instances }: Presence) {
  const [first] = instances
  return {
    ...key,
    id: seenIdOf(key),
    product: productOf(key.item),
    present,
    running,
    autonomous,
    human: key.userId === '' ? undefined : await store.seen.humanOf(key.device, key.userId),
    name: first?.name ?? key.item,
    userName: first?.userName,
    sighting: first?.sighting ?? '',
    version: first?.version,
    executable: first?.executable,
    workspace: first?.workspaces[0],
  }
}

/** A registration comes first, then a stop of the product, then what a person said. */
async function decisionOf(
  store: TakeInStore,
  seen: { before: StoredSeen | undefined; facts: Facts; presence: Presence; at: number },
): Promise<Pick<StoredSeen, 'state' | 'decidedBy' | 'decidedAt'> & { readonly registration?: Registration }> {
  const { before, facts, presence, at } = seen
  const matched: MatchFacts = {
    device: facts.device,
    item: facts.item,
    human: facts.human,
    instances: presence.instances,
    mcpServers: () => store.seen.mcpServers(facts),
  }
  const registration = await registrationFor(await store.registrations.candidates(matched), matched)
  if (registration !== undefined) {
    const { decidedBy, decidedAt } =
      before?.registration === registration.id ? before : { decidedBy: 'match', decidedAt: at }
    return { registration, state: 'registered', decidedBy, decidedAt }
  }
  const stop = await store.seen.blockingStop(facts)
  if (stop !== undefined) {
    const decidedAt = before?.decidedBy === stop ? before.decidedAt : at
    return { state: 'blocked', decidedBy: stop, decidedAt }
  }
  const ignored = before?.ignored
  if (ignored !== undefined && (ignored.until === undefined || ignored.until > at)) {
    return { state: 'ignored', decidedBy: ignored.by, decidedAt: ignored.at }
  }
  return { state: 'unknown', decidedBy: undefined, decidedAt: undefined }
}

/** What later changes are compared with: as it was first seen, and again as it was registered. */
function baselineOf(
  before: StoredSeen | undefined,
  { instances }: Presence,
  registration: string | undefined,
): Pick<StoredSeen, 'executables' | 'launches'> {
  const running = runningExecutables(instances)
  const isNewlyRegistered = registration !== undefined && registration !== before?.registration
  if (before === undefined || isNewlyRegistered) return { executables: running, launches: {} }
  return { executables: before.executables.length > 0 ? before.executables : running, launches: before.launches }
}

async function deviating(
  store: TakeInStore,
  registration: Registration,
  seen: SeenKey & Pick<StoredSeen, 'running' | 'autonomous' | 'executables' | 'launches'>,
  { instances }: Presence,
): Promise<readonly Deviation[]> {
  const { running, autonomous, executables, launches } = seen
  const runningElsewhere =
    registration.single && running > 0 ? await store.seen.runningElsewhere(registration.id, seen) : 0
  return deviationsOf(registration, { instances, running, runningElsewhere, autonomous, executables, launches })
}

function isSame(before: StoredSeen, after: StoredSeen): boolean {
  return keyless(before) === keyless(after)
}

function keyless({ lastSeen: _, number: __, ...seen }: StoredSeen): string {
  return JSON.stringify(Object.entries(seen).sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** Devices cause these at will, so their number a day is bounded. */
async function recordChange(
  store: TakeInStore,
  before: StoredSeen | undefined,
  seen: StoredSeen,
  at: number,
): Promise<void> {
  const { device, id, sighting, name, item, userName, registration } = seen
  const detail = { seen: id, sighting, name, agent: item, user: userName }
  if (seen.state === 'unknown' && before?.state !== 'unknown') {
    await recordBounded(store, { at, kind: 'agent-unknown', device, detail: { ...detail, was: before?.registration } })
  }
  const fresh = seen.deviations.filter((one) => before?.deviations.includes(one) !== true)
  if (fresh.length > 0) {
    const deviations = fresh.join(', ')
    await recordBounded(store, { at, kind: 'agent-deviated', device, detail: { ...detail, registration, deviations } })
    await store.seen.putNews(seen.number)
  }
}
