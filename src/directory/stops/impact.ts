import { member } from '../../base/json-object.ts'
import { type AgentSelector, STOP_IMPACT_LISTED, type StopImpact } from '../../protocol/nouns/agents/stops.ts'
import { isOneOf, isWithin } from '../../protocol/selected-paths.ts'
import type { StopSelector } from '../../protocol/stop.ts'
import { eachPage } from '../http/paging.ts'
import { type ReachStore, reachOf } from './reach.ts'
import type { RunningAgent, RunningAgentQueries, SeenProcess, StopTarget } from './stop-store.ts'

/** What would stop, by the newest reports of the devices. */

export interface ImpactComponents {
  readonly store: ReachStore & {
    readonly runningAgents: RunningAgentQueries
    readonly stops: { activeDevices(): Promise<number> }
  }
  readonly isConnected: (device: string) => boolean
}

/** Sightings that are read before the event loop may do something else. */
const AT_ONCE = 200

export async function impactOf(components: ImpactComponents, stop: StopTarget): Promise<StopImpact> {
  const { store, isConnected } = components
  const [devices, owners, workspaces] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const running: StopImpact['running'] = []
  let agents = 0
  let processes = 0
  const isSelected = await selectionOf(store, stop)
  for await (const onDevice of byDevice(store.runningAgents, stop.selector)) {
    for (const { agent, pids, count } of withOwnProcesses(await selected(onDevice, isSelected))) {
      agents++
      processes += count
      devices.add(agent.device)
      owners.add(agent.owner)
      if (agent.workspace !== undefined) workspaces.add(agent.workspace)
      if (running.length < STOP_IMPACT_LISTED) {
        running.push(shown(agent, { pids, processes: count, connected: isConnected(agent.device) }))
      }
    }
  }
  return {
    devices: await scopeOf(components, stop),
    affectedDevices: devices.size,
    agents,
    processes,
    ownerCount: owners.size,
    owners: [...owners].slice(0, STOP_IMPACT_LISTED),
    workspaceCount: workspaces.size,
    workspaces: [...workspaces].slice(0, STOP_IMPACT_LISTED),
    running,
  }
}

/** @returns undefined if that would take long. */
export async function matchesNow(
  { store }: Pick<ImpactComponents, 'store'>,
  stop: StopTarget,
  most: number,
): Promise<boolean | undefined> {
  let read = 0
  const isSelected = await selectionOf(store, stop)
  for await (const page of eachPage(runningOf(store.runningAgents, stop.selector))) {
    for (const one of page) if (await isSelected(one)) return true
    read += page.length
    if (read >= most) return undefined
  }
  return false
}

const runningOf =
  (store: RunningAgentQueries, { device }: AgentSelector) =>
  (after: RunningAgent | undefined): Promise<readonly RunningAgent[]> =>
    store.running({ device, after, limit: AT_ONCE })

async function* byDevice(store: RunningAgentQueries, selector: AgentSelector): AsyncGenerator<readonly RunningAgent[]> {
  let onDevice: RunningAgent[] = []
  for await (const page of eachPage(runningOf(store, selector))) {
    for (const one of page) {
      if (onDevice[0] !== undefined && onDevice[0].device !== one.device) {
        yield onDevice
        onDevice = []
      }
      onDevice.push(one)
    }
  }
  if (onDevice.length > 0) yield onDevice
}

/** As the device selects: with the agents that a selected one has started. */
async function selected(onDevice: readonly RunningAgent[], isSelected: Selection): Promise<readonly RunningAgent[]> {
  const found = new Set<RunningAgent>()
  for (const one of onDevice) if (await isSelected(one)) found.add(one)
  if (found.size === onDevice.length) return onDevice
  const byProcess = new Map(
    onDevice.flatMap((one) => (one.process === undefined ? [] : [[keyOf(one.process), one] as const])),
  )
  // A set also visits what is added meanwhile.
  for (const one of found) {
    for (const part of one.parts) {
      const started = byProcess.get(keyOf(part))
      if (started !== undefined) found.add(started)
    }
  }
  return [...found]
}

/** Devices in the scope. */
async function scopeOf({ store }: ImpactComponents, stop: StopTarget): Promise<number> {
  const reach = await reachOf(store, stop)
  if (reach === undefined) return stop.selector.device === undefined ? await store.stops.activeDevices() : 1
  let count = 0
  for await (const page of eachPage<string>((last = '') => reach.devices({ after: last, limit: AT_ONCE }))) {
    for (const device of page) if ((await reach.on(device)) !== undefined) count++
  }
  return count
}

type Selection = (one: RunningAgent) => Promise<boolean>

/** Which agents a stop selects, by the newest reports. */
async function selectionOf(store: ReachStore, stop: StopTarget): Promise<Selection> {
  const reach = await reachOf(store, stop)
  if (reach === undefined) return async (one) => isWanted(one, stop.selector)
  let last: { readonly device: string; readonly selector: StopSelector | undefined } | undefined
  return async (one) => {
    // Agents of one device follow each other.
    if (last?.device !== one.device) last = { device: one.device, selector: await reach.on(one.device) }
    return last.selector !== undefined && isSelectedBy(last.selector, one)
  }
}

function isWanted(one: RunningAgent, { agent, product, user }: AgentSelector): boolean {
  return (
    (agent === undefined || one.agent === agent) &&
    (product === undefined || one.product === product) &&
    (user === undefined || one.user === user || one.human === user)
  )
}

/** As a device does it, with what the directory knows of the agent. */
function isSelectedBy(selector: StopSelector, one: RunningAgent): boolean {
  if (selector.select !== 'match') {
    const { select: _, ...wanted } = selector
    return isWanted(one, wanted)
  }
  const { products, users, executables, packages, workspaces } = selector
  return (
    (products === undefined || products.includes(one.product)) &&
    (users === undefined || [one.user, one.human].some((name) => name !== undefined && users.includes(name))) &&
    (executables === undefined || executables.some((path) => isOneOf(path, one.programs))) &&
    (packages === undefined || packages.some((name) => one.packages.includes(name))) &&
    (workspaces === undefined || workspaces.some((folder) => isWithin(folder, one.workspace)))
  )
}

interface Counted {
  readonly agent: RunningAgent
  readonly pids: readonly number[]
  readonly count: number
}

/** The first process of an agent is a part of the agent that started it too, and counts once. */
function withOwnProcesses(agents: readonly RunningAgent[]): readonly Counted[] {
  const owners = new Map(
    agents.flatMap((one) => (one.process === undefined ? [] : [[keyOf(one.process), one] as const])),
  )
  return agents.map((agent) => {
    const own = agent.parts.filter((part) => (owners.get(keyOf(part)) ?? agent) === agent)
    return { agent, pids: own.map(({ pid }) => pid), count: own.length + agent.moreProcesses }
  })
}

function keyOf({ pid, startTicks }: SeenProcess): string {
  return `${pid} ${startTicks}`
}

const MAX_PIDS = 64

function shown(
  { device, hostname, owner, agent, name, user, workspace }: RunningAgent,
  { connected, processes, pids }: { connected: boolean; processes: number; pids: readonly number[] },
): StopImpact['running'][number] {
  return {
    device,
    ...member('hostname', hostname),
    owner,
    connected,
    agent,
    name,
    ...member('user', user),
    ...member('workspace', workspace),
    processes,
    pids: pids.slice(0, MAX_PIDS),
  }
}
