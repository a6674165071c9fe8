import type { Clock } from '../base/clock.ts'
import { SuretyError } from '../base/errors.ts'
import { SOURCES } from '../protocol/scan-coverage.ts'
import type { AgentSighting, ModelRuntimeSighting, User } from '../protocol/sighting.ts'
import type { ProcessDetails } from '../system/processes/process-details.ts'
import type { ProgramFilter } from '../system/processes/process-events.ts'
import type { ProcessTable } from '../system/processes/process-table.ts'
import type { LocalUser } from '../system/users/users.ts'
import { PROFILE_ARGUMENTS } from './browsers/named-profiles.ts'
import { placeInHomes } from './files/home-alias.ts'
import type { SourceLog } from './files/source-log.ts'
import type { InstalledProgram } from './installed/installed.ts'
import { installedVersion } from './installed/installed-version.ts'
import type { AgentIndex, ProgramIndex } from './matching/agent-index.ts'
import type { AgentState } from './matching/agent-state.ts'
import type { HandOffLookup } from './matching/hand-off.ts'
import type { ProcessRecord } from './matching/process-record.ts'
import { INTERPRETERS } from './matching/script-argument.ts'
import type { ConfiguredServers } from './mcp/configured-servers.ts'
import type { ProcessMemory } from './process-table/process-memory.ts'
import type { MatchMemory } from './running/agent-marks.ts'
import { type AgentPrograms, agentPrograms } from './running/agent-programs.ts'
import type { SeenEndpoints } from './running/endpoints.ts'
import { findRunningAgents } from './running/running-agents.ts'
import { findRunningRuntimes } from './running/running-runtimes.ts'
import type { ProcessIdentity, ScannedAgents } from './running-agents-port.ts'
import type { SeenListeners } from './runtimes/seen-listeners.ts'
import { MODEL_CALLERS } from './unknown/model-endpoint.ts'
import { knownAgentTest } from './unknown/suspects.ts'
import type { UnknownAgents } from './unknown/unknown-agents.ts'

export interface ScanComponents {
  readonly processes: ProcessTable
  readonly details?: ProcessDetails | undefined
  readonly clock: Pick<Clock, 'monotonic'>
  readonly memory: ProcessMemory
  readonly endpoints: SeenEndpoints
  readonly listeners: SeenListeners
  readonly matches: MatchMemory
  readonly handOffs?: HandOffLookup<ProcessRecord> | undefined
  readonly unknownAgents: UnknownAgents
  readonly runningAgents: Pick<ScannedAgents, 'update'>
  /** Unknown agents, as the last full scan found them. */
  readonly lastUnknown: { sightings: readonly AgentSighting[] }
}

/** What the last scan of homes found. */
export interface FoundInHomes {
  /** Installed programs support matches of processes that show too little. */
  readonly installed: readonly InstalledProgram[]
  /** Accounts, settings and last use of agents. */
  readonly states: readonly AgentState[]
  /** Ids of users whose homes were read. For other users a missing state says nothing. */
  readonly homesRead: ReadonlySet<string>
  readonly servers: ConfiguredServers
  /** Names of models by the paths of their weights. */
  readonly blobs: ReadonlyMap<string, string>
}

export interface ScanInit extends FoundInHomes {
  readonly index: AgentIndex
  readonly users: readonly LocalUser[]
  /** Folders that `~` may mean. */
  readonly homes: readonly string[]
  /** Our own process, which is never an agent. */
  readonly ownPid?: number | undefined
  /** Uses events instead of a full scan, if none were lost, and does not judge unknown programs. */
  readonly quick: boolean
  /** As `quick`, but judges unknown programs. */
  readonly byEvents?: boolean
}

/** Finds running model runtimes and agents, unknown agents last. @throws as `ProcessTable.scan`. */
export async function scanProcesses(
  components: ScanComponents,
  known: ScanInit,
  sources: SourceLog,
  signal: AbortSignal,
): Promise<(AgentSighting | ModelRuntimeSighting)[]> {
  const bootId = await components.processes.bootId()
  const current = known.quick || known.byEvents === true ? components.memory.current() : undefined
  const processes = current ?? (await scanAll(components, signal))
  for (const { pid } of processes.filter(({ argumentsUnread }) => argumentsUnread)) {
    sources.fault(
      SOURCES.processes,
      `/proc/${pid}`,
      new SuretyError('COMMAND_TIMED_OUT', 'its arguments do not come in time'),
    )
  }
  const names = new Map(known.users.map((user) => [user.id, user.name]))
  const userOf = (userId: string): User => ({ id: userId, name: names.get(userId) ?? userId })
  const ownerOf = ownerOfId(known.users)
  const installed = (entryId: string, userId: string) =>
    known.installed.some(
      ({ catalogueId, user }) => catalogueId === entryId && (user === undefined || user.id === userId),
    )
  const placeOf = placeInHomes(known.users)
  const versionAt = (entryId: string, file: string) => installedVersion(known.installed, entryId, placeOf(file))
  const { index, homes, servers, states, homesRead, blobs } = known
  const init = { index, bootId, homes, placeOf, userOf, installed, versionAt, nowMs: components.clock.monotonic() }
  const runtimes = findRunningRuntimes(components, { ...init, modelAt: (path) => blobs.get(placeOf(path)) }, processes)
  const modelPorts = index.modelPorts.among(runtimes.serving)
  const members = new Map<string, readonly ProcessIdentity[]>()
  const programs = new Map<string, AgentPrograms>()
  const running = findRunningAgents(
    {
      ...components,
      onFound(id, found) {
        members.set(id, found.members)
        programs.set(id, agentPrograms(found.agents))
      },
    },
    { ...init, servers, states, isHomeRead: (userId) => homesRead.has(userId), modelPorts },
    processes,
  )
  if (current === undefined || !known.quick) {
    components.lastUnknown.sightings = await components.unknownAgents.scan(processes, {
      bootId,
      homes,
      userOf,
      modelPorts,
      nowMs: components.clock.monotonic(),
      isKnown: knownAgentTest(known, running),
      ownPid: known.ownPid,
    })
    const agents = [...running, ...components.lastUnknown.sightings]
    components.runningAgents.update({ agents, members, programs, ownerOf, records: processes })
    return [...runtimes.sightings, ...agents]
  }
  const present = new Set(current.map(({ pid, startTicks }) => `${pid} ${startTicks}`))
  const still = ({ process }: AgentSighting) =>
    process !== undefined && present.has(`${process.pid} ${process.startTicks}`)
  const ofCatalogue = new Set(running.map(({ id }) => id))
  const unknown = components.lastUnknown.sightings.filter((each) => still(each) && !ofCatalogue.has(each.id))
  const agents = [...running, ...unknown]
  components.runningAgents.update({ agents, members, programs, ownerOf, records: processes })
  return [...runtimes.sightings, ...agents]
}

function ownerOfId(users: readonly LocalUser[]): (userId: string) => User | undefined {
  const owners = users.filter(({ subordinateIds }) => subordinateIds !== undefined)
  return (userId) => {
    const id = Number(userId)
    const owner = owners.find(({ subordinateIds = [] }) =>
      subordinateIds.some(({ first, count }) => id >= first && id < first + count),
    )
    return owner && { id: owner.id, name: owner.name }
  }
}

async function scanAll({ processes, memory }: ScanComponents, signal: AbortSignal): Promise<readonly ProcessRecord[]> {
  memory.beginFullScan()
  return memory.records(await processes.scan({ signal }))
}

/**
 * Programs whose start can call for a scan: agents, interpreters, programs that call a model, and browsers with a profile
 * folder of their own. Other programs matter only below an agent or as leaders of a session without a terminal.
 */
export function wakeFilter({ executables }: Pick<ProgramIndex, 'executables'>): ProgramFilter {
  return {
    names: [...executables.names, ...INTERPRETERS, ...MODEL_CALLERS],
    parts: executables.parts,
    arguments: PROFILE_ARGUMENTS,
  }
}
