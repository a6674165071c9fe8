import type { Clock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import { SOURCES } from '../protocol/looked-for.ts'
import type { AgentSighting, Sighting, SourceReport, User } from '../protocol/sighting.ts'
import type { TrustedFileReader } from '../system/files.ts'
import type { ProcessTable } from '../system/process-table.ts'
import type { LocalUser } from '../system/users.ts'
import { type AgentIndex, indexAgents } from './agent-index.ts'
import type { Catalogue } from './catalogue/catalogue.ts'
import { DISCOVERY_TASKS, type HomeFindings, type HomeReader, TASK_SOURCES } from './home-reader.ts'
import { openFolders } from './installed/folders.ts'
import { findInstalledAgents } from './installed/installed.ts'
import { readLaunchKey } from './mcp/launch-key.ts'
import { findMcpServers } from './mcp/mcp-servers.ts'
import { findRunningAgents } from './processes.ts'
import { hasHome, hasReadableHome, unreadableHomes } from './readable-homes.ts'
import { type SourceLog, sourceLog } from './source-log.ts'

export interface DiscoveryComponents {
  readonly processes: ProcessTable
  readonly homes: HomeReader
  readonly systemFiles: TrustedFileReader
  readonly users: { list(): Promise<readonly LocalUser[]> }
  readonly clock: Pick<Clock, 'monotonic'>
}

export interface DiscoveryInit {
  readonly catalogue: Catalogue
  /** Whose rights we have: only root looks into the homes of others. */
  readonly uid: number
  /** Homes read at once. */
  readonly parallel?: number
}

/** What was seen, and what became of each place that was looked at. */
export interface Discovered {
  readonly sightings: readonly Sighting[]
  readonly sources: readonly SourceReport[]
}

export interface Discovery {
  /** Everything: processes, what is installed, the homes. Rejects only for `signal`. */
  collect(options: { readonly signal: AbortSignal }): Promise<Discovered>
  /** The running agents alone: a few milliseconds. */
  processes(options: { readonly signal: AbortSignal }): Promise<Discovered>
}

const { users: USERS, processes: PROCESSES } = SOURCES
const INSTALLED = 'installed-agents'

/** Finds agents and extensions on this device. Nothing that is found is executed, and no command line leaves. */
export function createDiscovery(components: DiscoveryComponents, init: DiscoveryInit): Discovery {
  const index = indexAgents(init.catalogue)
  let installed: readonly AgentSighting[] = []
  const running = async (users: readonly LocalUser[], signal: AbortSignal): Promise<Discovered> => {
    const sources = sourceLog(components, {})
    const sightings = await sources.read(PROCESSES, undefined, () =>
      scan(components, { index, users, installed }, sources, signal),
    )
    signal.throwIfAborted()
    return { sightings, sources: sources.reports }
  }
  const listUsers = async () => {
    const sources = sourceLog(components, {})
    const users = await sources.read(USERS, undefined, () => components.users.list())
    return { users, sources: sources.reports }
  }
  return {
    async processes({ signal }) {
      const { users } = await listUsers()
      return await running(users, signal)
    },
    async collect({ signal }) {
      const { users, sources } = await listUsers()
      const system = await installedForAll(components, init)
      const homes = await readHomes(components, init, users, signal)
      const found = [system, ...homes]
      installed = found.flatMap(({ sightings }) => sightings).filter((sighting) => sighting.kind === 'agent')
      const now = await running(users, signal)
      return {
        sightings: [now, ...found].flatMap((part) => part.sightings),
        sources: [...sources, ...unreadableHomes(users, init.uid), ...[now, ...found].flatMap((part) => part.sources)],
      }
    },
  }
}

interface Known {
  readonly index: AgentIndex
  readonly users: readonly LocalUser[]
  /** As the last whole collection saw them: support for processes that show too little. */
  readonly installed: readonly AgentSighting[]
}

async function scan(
  components: DiscoveryComponents,
  known: Known,
  sources: SourceLog,
  signal: AbortSignal,
): Promise<AgentSighting[]> {
  const [bootId, processes] = [await components.processes.bootId(), await components.processes.scan({ signal })]
  for (const { pid } of processes.filter(({ argumentsUnread }) => argumentsUnread)) {
    sources.fault(PROCESSES, `/proc/${pid}`, new SuretyError('COMMAND_TIMED_OUT', 'its arguments do not come in time'))
  }
  const names = new Map(known.users.map((user) => [user.uid, user.name]))
  const userOf = (uid: number): User => ({ uid, name: names.get(uid) ?? String(uid) })
  const installed = (entryId: string, uid: number) =>
    known.installed.some(({ catalogueId, user }) => catalogueId === entryId && (user === undefined || user.uid === uid))
  const versionAt = (entryId: string, file: string) =>
    known.installed.find(
      ({ catalogueId, path }) => catalogueId === entryId && path !== undefined && file.startsWith(`${path}/`),
    )?.version
  const homes = [...new Set(known.users.filter(hasHome).map(({ home }) => home))]
  return await findRunningAgents(
    components,
    { index: known.index, bootId, homes, userOf, installed, versionAt },
    processes,
  )
}

async function installedForAll(components: DiscoveryComponents, init: DiscoveryInit): Promise<Discovered> {
  const sources = sourceLog(components, {})
  const files = components.systemFiles
  const onFault = (path: string, error: unknown) => sources.fault(INSTALLED, path, error)
  const agents = await sources.read(INSTALLED, undefined, () =>
    findInstalledAgents({ files, onFault }, { catalogue: init.catalogue }),
  )
  const servers = await sources.read(TASK_SOURCES.mcp, undefined, async () =>
    findMcpServers(
      { folders: openFolders({ files, onFault }, {}), stat: async () => undefined, sources },
      { catalogue: init.catalogue, launchKey: await readLaunchKey(files) },
    ),
  )
  return { sightings: [...agents, ...servers], sources: sources.reports }
}

async function readHomes(
  components: DiscoveryComponents,
  init: DiscoveryInit,
  users: readonly LocalUser[],
  signal: AbortSignal,
): Promise<HomeFindings[]> {
  // An account with two names is read once.
  const homes = users.filter((user) => hasReadableHome(user, init.uid))
  const queue = [...new Map(homes.map((user) => [`${user.uid} ${user.home}`, user])).values()]
  const found: HomeFindings[] = []
  const worker = async () => {
    for (let user = queue.shift(); user !== undefined; user = queue.shift()) {
      signal.throwIfAborted()
      found.push(
        await components.homes.readHome({ user, catalogue: init.catalogue, tasks: DISCOVERY_TASKS }, { signal }),
      )
    }
  }
  await Promise.all(Array.from({ length: init.parallel ?? 2 }, worker))
  return found
}
