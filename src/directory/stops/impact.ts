import { member } from '../../base/json-object.ts'
import { STOP_IMPACT_LISTED, type StopImpact, type StopSelection } from '../../protocol/api-stops.ts'
import type { RunningAgent, RunningAgentQueries } from './stop-store.ts'

/** What would stop, by the newest reports of the devices. */

export interface ImpactComponents {
  readonly store: { readonly stops: RunningAgentQueries & { activeDevices(): number } }
  readonly isConnected: (device: string) => boolean
}

/** Sightings that are read before the event loop may do something else. */
const AT_ONCE = 200

export async function impactOf(components: ImpactComponents, selection: StopSelection): Promise<StopImpact> {
  const { store, isConnected } = components
  const [devices, owners, workspaces] = [new Set<string>(), new Set<string>(), new Set<string>()]
  const running: StopImpact['running'] = []
  let agents = 0
  let processes = 0
  for await (const one of matching(store.stops, selection)) {
    agents++
    processes += one.processes
    devices.add(one.device)
    owners.add(one.owner)
    if (one.workspace !== undefined) workspaces.add(one.workspace)
    if (running.length < STOP_IMPACT_LISTED) running.push(shown(one, isConnected(one.device)))
  }
  return {
    devices: selection.device === undefined ? store.stops.activeDevices() : 1,
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
  selection: StopSelection,
  most: number,
): Promise<boolean | undefined> {
  let read = 0
  for await (const page of pages(store.stops, selection)) {
    if (page.some((one) => isSelected(one, selection))) return true
    read += page.length
    if (read >= most) return undefined
  }
  return false
}

async function* matching(store: RunningAgentQueries, selection: StopSelection): AsyncGenerator<RunningAgent> {
  for await (const page of pages(store, selection)) {
    for (const one of page) if (isSelected(one, selection)) yield one
  }
}

async function* pages(store: RunningAgentQueries, { device }: StopSelection): AsyncGenerator<readonly RunningAgent[]> {
  let after: { readonly device: string; readonly agent: string } | undefined
  for (;;) {
    const page = store.running({ device, after, limit: AT_ONCE })
    yield page
    const last = page.at(-1)
    if (last === undefined || page.length < AT_ONCE) return
    after = last
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** As the device selects. */
function isSelected(one: RunningAgent, { agent, product, user }: StopSelection): boolean {
  return (
    (agent === undefined || one.agent === agent) &&
    (product === undefined || one.product === product) &&
    (user === undefined || one.user === user)
  )
}

function shown(one: RunningAgent, connected: boolean): StopImpact['running'][number] {
  const { device, owner, agent, name, processes, pids } = one
  return {
    ...{ device, ...member('hostname', one.hostname), owner, connected, agent, name },
    ...{ ...member('user', one.user), ...member('workspace', one.workspace), processes, pids: [...pids] },
  }
}
