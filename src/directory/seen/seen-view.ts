import { member } from '../../base/json-object.ts'
import type { Rarity, SeenAgentView } from '../../protocol/nouns/agents/seen-agents.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { runningExecutables } from './deviations.ts'
import { withoutVersion } from './matching.ts'
import type { Ignored, ListedSeen, SeenQueries, SeenStore, StoredSeen } from './seen-store.ts'

export interface SeenViewStore {
  readonly seen: SeenQueries & Pick<SeenStore, 'presence'>
  readonly humans: Pick<HumanStore, 'named'>
}

/** At most on so many devices, or on one of a hundred. */
const RARE_DEVICES = 3
const RARE_SHARE = 0.01

/** @param devices how many the fleet has, where that is known. */
export async function seenView(store: SeenViewStore, listed: ListedSeen, devices?: number): Promise<SeenAgentView> {
  const { seen, shown, hostname, deviceOwner } = listed
  const ofDevices = devices ?? (await store.seen.activeDevices())
  const { registration, ignored } = seen
  return {
    id: seen.id,
    state: seen.state,
    name: seen.name,
    product: seen.item,
    device: seen.device,
    ...member('hostname', hostname),
    deviceOwner,
    ...(seen.userId === '' ? {} : { user: { id: seen.userId, name: seen.userName ?? '' } }),
    ...(seen.human === undefined
      ? {}
      : { human: { id: seen.human, name: listed.human?.name ?? '', confirmed: listed.accountConfirmed } }),
    ...member('proposedOwner', await proposedOwner(store, listed)),
    sighting: seen.sighting,
    present: seen.present,
    running: seen.running,
    frozen: listed.frozen,
    autonomous: seen.autonomous,
    autonomy: seen.autonomous > 0 ? 'autonomous' : shown.autonomy,
    ...member('version', seen.version),
    ...member('executable', seen.executable),
    ...member('workspace', seen.workspace),
    prevalence: prevalenceOf(listed, ofDevices),
    firstSeenAt: seen.firstSeen,
    lastSeenAt: Math.max(seen.lastSeen, shown.lastSeen ?? 0),
    evidence: [...shown.evidence],
    ...member('score', shown.score),
    ...(shown.signals === undefined ? {} : { signals: [...shown.signals] }),
    drift: await driftOf(store, seen),
    deviations: [...seen.deviations],
    ...(registration === undefined ? {} : { registration: { id: registration, name: listed.registrationName ?? '' } }),
    ...decisionOf(listed),
    ...(ignored === undefined ? {} : { ignored: ignoredOf(ignored, listed.ignoredByName) }),
    ...(seen.state === 'blocked' && seen.decidedBy !== undefined ? { stop: seen.decidedBy } : {}),
  }
}

function ignoredOf({ by, at, reason, until }: Ignored, byName: string | undefined) {
  return { by, at, reason, ...member('byName', byName), ...member('until', until) }
}

function decisionOf({ seen: { decidedBy, decidedAt }, decidedByName }: ListedSeen): Pick<SeenAgentView, 'decision'> {
  if (decidedBy === undefined) return {}
  return { decision: { by: decidedBy, ...member('byName', decidedByName), ...member('at', decidedAt) } }
}

/** Whose account it is, else the owner of the device; only one who is active may own a registration. */
export async function proposedOwner(
  { humans }: Pick<SeenViewStore, 'humans'>,
  { seen, deviceOwner, human: listed }: Pick<ListedSeen, 'seen' | 'deviceOwner' | 'human'>,
): Promise<SeenAgentView['proposedOwner']> {
  if (seen.human !== undefined) return listed?.isActive === true ? { id: seen.human, name: listed.name } : undefined
  const human = await humans.named(deviceOwner)
  return human?.status === 'active' ? { id: human.id, name: human.displayName } : undefined
}

function prevalenceOf({ devices, fleetFirstSeen }: ListedSeen, ofDevices: number): SeenAgentView['prevalence'] {
  return { devices, ofDevices, rarity: rarityOf(devices, ofDevices), ...member('firstSeenAt', fleetFirstSeen) }
}

export function rarityOf(devices: number, ofDevices: number): Rarity {
  if (devices <= 1) return 'only-here'
  return devices <= RARE_DEVICES || devices <= ofDevices * RARE_SHARE ? 'rare' : 'common'
}

async function driftOf(store: SeenViewStore, seen: StoredSeen): Promise<SeenAgentView['drift']> {
  const servers = Object.entries(seen.launches)
  const now = await store.seen.launchesNow(
    seen.device,
    servers.map(([server]) => server),
  )
  const other = await otherExecutable(store, seen)
  return {
    ...(other === undefined ? {} : { executable: { before: [...seen.executables], now: other } }),
    launches: servers.map(([server, before]) => {
      const launch = now.get(server)
      return { server, before, ...member('name', launch?.name), ...member('now', launch?.launchHash) }
    }),
  }
}

/** An executable that runs and did not run then. */
async function otherExecutable(store: SeenViewStore, seen: StoredSeen): Promise<string | undefined> {
  const { running, executable, version, executables, deviations } = seen
  if (running === 0 || executable === undefined || executables.length === 0) return undefined
  const shown = withoutVersion(executable, version)
  if (!executables.includes(shown)) return shown
  if (!deviations.includes('executable-changed')) return undefined
  return runningExecutables((await store.seen.presence(seen)).instances).find((one) => !executables.includes(one))
}
