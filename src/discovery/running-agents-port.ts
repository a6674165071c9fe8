import type { AgentSighting, User } from '../protocol/sighting.ts'
import type { ProcessEntry, ProcessTable } from '../system/processes/process-table.ts'
import type { ProcessRecord } from './matching/process-record.ts'
import type { ProcessMemory } from './process-table/process-memory.ts'
import type { AgentPrograms } from './running/agent-programs.ts'
import { isUsersOwn, takesWorkOf } from './running/outside-agents.ts'
import { ProcessTree } from './running/process-tree.ts'

/** Names a process of this boot. A pid alone is reused. */
export type ProcessIdentity = Pick<ProcessEntry, 'pid' | 'startTicks'>

export interface RunningAgent extends AgentPrograms {
  /** The id of its sighting. */
  readonly id: string
  readonly name: string
  /** Absent for an agent that no catalogue knows. */
  readonly catalogueId?: string | undefined
  readonly user?: User | undefined
  /** Who it acts for besides its user: the human of its attribution, as with `sudo`, and the owner of its user's id. */
  readonly humans?: readonly User[]
  /** Its first process. */
  readonly process: ProcessIdentity
  /** The folder it works in. */
  readonly workspace?: string | undefined
}

/** The running agents and their processes, for whatever acts on an agent. */
export interface RunningAgents {
  /** Whether there was a scan yet. */
  readonly isScanned: boolean
  /** The agents of the last scan. */
  list(): readonly RunningAgent[]
  /**
   * The processes that belong to an agent now, the oldest first. Those of an agent that it started belong to that one alone. A
   * process may fork right after: to stop an agent, stop these and ask again until no new one appears.
   *
   * @returns an empty list when the agent has ended or its id is not known.
   * @throws `FILE_UNREADABLE` as `ProcessTable.entry`.
   */
  processesOf(agentId: string): readonly ProcessIdentity[]
  /** The processes of an agent as of the last scan, without a look at them. */
  membersOf(agentId: string): readonly ProcessIdentity[]
  /** The agent of the first of these processes that belonged to one at the last scan: a process, then those above it. */
  agentOf(processes: readonly ProcessIdentity[]): string | undefined
  /** The agents that an agent has started, and those that these have started. */
  startedBy(agentId: string): readonly string[]
  /** What runs outside of all agents as one of these users, and may do the work of an agent all the same. */
  besides(userIds: ReadonlySet<string>): BesidesAgents
  /** Calls `listener` after each scan, until disposed. */
  onScan(listener: () => void): Disposable
}

export interface BesidesAgents {
  /** It carries out what it is handed: a multiplexer, an SSH session, a shell that waits. */
  readonly takesWork: boolean
  /** A file of the user's own that no catalogue knows: it may be a copy of an agent. */
  readonly isUnknown: boolean
}

export interface ScannedAgentsComponents {
  readonly processes: Pick<ProcessTable, 'entry'>
  readonly memory: Pick<ProcessMemory, 'live'>
}

/** The result of one process scan. */
export interface AgentScan {
  readonly agents: readonly AgentSighting[]
  /** All processes by agent id. For an agent without a row, the parts of its sighting are used. */
  readonly members: ReadonlyMap<string, readonly ProcessIdentity[]>
  /** By agent id. For an agent without a row, the executable of its sighting is used. */
  readonly programs?: ReadonlyMap<string, AgentPrograms>
  /** The user to whom the id of another one belongs, in a container without root. */
  readonly ownerOf?: (userId: string) => User | undefined
  /** All processes that were scanned. */
  readonly records: readonly ProcessIdentity[]
}

interface ScannedAgent {
  readonly sighting: AgentSighting
  readonly programs: AgentPrograms
  readonly humans: readonly User[]
  readonly members: readonly ProcessIdentity[]
  /** Processes that started before were judged by the scan. */
  readonly newestStartTicks: number
}

/**
 * The agents as the last scan grouped them, plus what their processes have started since. Without process events, what was
 * started since is not known.
 */
export class ScannedAgents implements RunningAgents {
  readonly #components: ScannedAgentsComponents
  #agents: ReadonlyMap<string, ScannedAgent> = new Map()
  /** The agent that each scanned process belongs to. */
  #owners: ReadonlyMap<string, string> = new Map()

  readonly #listeners = new Set<() => void>()
  isScanned = false

  constructor(components: ScannedAgentsComponents) {
    this.#components = components
  }

  /** Takes the result of a scan in place of the one before. */
  update({ agents, members, programs, ownerOf, records }: AgentScan): void {
    const newestStartTicks = records.reduce((newest, { startTicks }) => Math.max(newest, startTicks), 0)
    this.#agents = new Map(
      agents.map((sighting): [string, ScannedAgent] => {
        const { id } = sighting
        const known = this.#agents.get(id)
        // A quick scan reuses the sightings of agents that it did not judge again.
        if (known?.sighting === sighting) return [id, known]
        const found = members.get(id) ?? partsOf(sighting)
        // Identities only: whole records would keep the arguments of ended processes in memory.
        const identities = found.map(identityOf)
        return [
          id,
          {
            sighting,
            members: identities,
            programs: programs?.get(id) ?? programOf(sighting),
            humans: humansOf(sighting, ownerOf),
            newestStartTicks,
          },
        ]
      }),
    )
    this.#owners = new Map(
      [...this.#agents].flatMap(([id, agent]) => agent.members.map((member): [string, string] => [keyOf(member), id])),
    )
    this.isScanned = true
    for (const listener of this.#listeners) listener()
  }

  list(): readonly RunningAgent[] {
    return [...this.#agents.values()].flatMap(({ sighting, programs, humans }): RunningAgent[] => {
      const { id, name, catalogueId, user, workspace, process } = sighting
      if (process === undefined) return []
      return [{ id, name, catalogueId, user, humans, workspace, ...programs, process: identityOf(process) }]
    })
  }

  processesOf(agentId: string): readonly ProcessIdentity[] {
    const agent = this.#agents.get(agentId)
    if (agent === undefined) return []
    const live = this.#components.memory.live()
    const tree = new ProcessTree(live)
    const started = live.filter((record) => isNewSince(agent, record) && this.#ownerOf(record, agent, tree) === agentId)
    const present = new Map<string, ProcessIdentity>()
    for (const process of [...agent.members, ...started]) {
      const now = this.#components.processes.entry(process.pid)
      // The start time of a fork that has run no program yet is not recorded.
      const isSame = process.startTicks === 0 ? isNewSince(agent, now) : now?.startTicks === process.startTicks
      if (now !== undefined && isSame) present.set(keyOf(now), identityOf(now))
    }
    return [...present.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid)
  }

  membersOf(agentId: string): readonly ProcessIdentity[] {
    return this.#agents.get(agentId)?.members ?? []
  }

  agentOf(processes: readonly ProcessIdentity[]): string | undefined {
    return processes.map((process) => this.#owners.get(keyOf(process))).find((owner) => owner !== undefined)
  }

  startedBy(agentId: string): readonly string[] {
    const found = new Set<string>()
    const waiting = [agentId]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const part of this.#agents.get(next)?.sighting.parts ?? []) {
        const owner = this.#owners.get(keyOf(part))
        if (owner === undefined || owner === agentId || found.has(owner)) continue
        found.add(owner)
        waiting.push(owner)
      }
    }
    return [...found]
  }

  besides(userIds: ReadonlySet<string>): BesidesAgents {
    const live = this.#components.memory.live()
    const tree = new ProcessTree(live)
    const parents = new Set(live.map(({ parentPid }) => parentPid))
    const isOutside = (record: ProcessRecord) =>
      ![record, ...tree.ancestors(record)].some((each) => this.#owners.has(keyOf(each)))
    const own = live.filter(({ userId }) => userIds.has(userId))
    const takesWork = (record: ProcessRecord) => takesWorkOf(record, { hasChildren: parents.has(record.pid) })
    return {
      takesWork: own.some((record) => takesWork(record) && isOutside(record)),
      isUnknown: own.some((record) => isUsersOwn(record) && isOutside(record)),
    }
  }

  onScan(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** The agent of the nearest ancestor that the scan judged. */
  #ownerOf(record: ProcessRecord, agent: ScannedAgent, tree: ProcessTree): string | undefined {
    for (const each of [record, ...tree.ancestors(record)]) {
      const owner = this.#owners.get(keyOf(each))
      if (owner !== undefined || !isNewSince(agent, each)) return owner
    }
    return undefined
  }
}

/** Equal start times count as new, because they only have a resolution of 10 ms. */
function isNewSince({ newestStartTicks }: ScannedAgent, process: ProcessIdentity | undefined): boolean {
  return process !== undefined && (process.startTicks === 0 || process.startTicks >= newestStartTicks)
}

function partsOf({ process, parts = [] }: AgentSighting): readonly ProcessIdentity[] {
  return [...(process === undefined ? [] : [process]), ...parts]
}

function humansOf({ user, attribution }: AgentSighting, ownerOf: AgentScan['ownerOf']): readonly User[] {
  const humans = [attribution?.human, user && ownerOf?.(user.id)].filter((human) => human !== undefined)
  return [...new Map(humans.map((human) => [human.id, human])).values()].filter(({ id }) => id !== user?.id)
}

function programOf({ process }: AgentSighting): AgentPrograms {
  return { programs: process === undefined || process.executable === '' ? [] : [process.executable], packages: [] }
}

function identityOf({ pid, startTicks }: ProcessIdentity): ProcessIdentity {
  return { pid, startTicks }
}

function keyOf({ pid, startTicks }: ProcessIdentity): string {
  return `${pid} ${startTicks}`
}
