import type { AgentSighting, Attribution, Container, User } from '../../protocol/sighting.ts'
import type {
  CodeSignature,
  Login,
  ProcessDetails,
  ProcessSockets,
  ProcessStanding,
} from '../../system/processes/process-details.ts'
import { endOf } from '../catalogue/reported-kind.ts'
import type { AgentIndex } from '../matching/agent-index.ts'
import type { AgentState } from '../matching/agent-state.ts'
import type { HandOffLookup } from '../matching/hand-off.ts'
import type { ProcessMatch } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { recognisedFlags } from '../matching/recognised-flags.ts'
import { sightingId } from '../matching/sighting-id.ts'
import type { ConfiguredServers } from '../mcp/configured-servers.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { type AgentGroup, groupByDescent } from './agent-groups.ts'
import { AgentMarks, type MatchMemory } from './agent-marks.ts'
import { type PartsFound, partsOf } from './agent-parts.ts'
import { installedVersionOf, packageVersionOf, versionInPath } from './agent-programs.ts'
import { attributionOf } from './attribution.ts'
import { runningAutonomy } from './autonomy.ts'
import { containerOf, isInContainer } from './container.ts'
import type { SeenEndpoints } from './endpoints.ts'
import { adoptLeftBehind, type PidFile } from './left-behind.ts'
import { namedFolders, workspaceAt } from './named-folders.ts'
import { isDetached, ProcessTree } from './process-tree.ts'

export interface RunningAgentsComponents {
  /** Absent where the system does not tell. */
  readonly details?:
    | Pick<
        ProcessDetails,
        | 'standing'
        | 'streams'
        | 'sockets'
        | 'executableNow'
        | 'logins'
        | 'signature'
        | 'responsible'
        | 'ownPidNamespace'
        | 'insideWsl'
      >
    | undefined
  readonly endpoints: SeenEndpoints
  readonly matches: MatchMemory
  /** Absent where it is not known. */
  readonly handOffs?: HandOffLookup<ProcessRecord> | undefined
  /** Gets what a sighting of an agent leaves out. */
  readonly onFound?: ((agentId: string, found: FoundAgent) => void) | undefined
}

export interface FoundAgent {
  /** All of its processes. The parts of a sighting are bounded, and name nested agents too. */
  readonly members: readonly ProcessRecord[]
  /** Those of them that run the agent itself, its first one first. */
  readonly agents: readonly ProcessMatch[]
}

export interface RunningAgentsInit {
  readonly index: AgentIndex
  readonly bootId: string
  /** Folders that `~` may stand for. */
  readonly homes: readonly string[]
  /** Where in a home lies what is spelt in another way; as it is spelt when absent. */
  readonly placeOf?: (path: string) => string
  readonly nowMs: number
  readonly servers: ConfiguredServers
  readonly states: readonly AgentState[]
  /** Was the home of that user looked through for these? */
  isHomeRead(userId: string): boolean
  userOf(userId: string): User
  /** Is this entry installed for that user, or for all? Supports evidence that would be too weak alone. */
  installed(entryId: string, userId: string): boolean
  /** Ports of the loopback address at which models are spoken to. */
  readonly modelPorts: Pick<ReadonlySet<number>, 'has'>
  /** The version of the installation that holds this file. */
  versionAt(entryId: string, path: string): string | undefined
}

const MAX_EVIDENCE = 16
/** So many processes of one agent are asked for their sockets. */
const MAX_ASKED = 4

/**
 * The agents among `records`, each with its graph. Processes of one agent in one session are one sighting, that of the
 * first of them, with all that it keeps beside it and all that it runs; a daemon that has outlived its agent is a
 * sighting of its own.
 */
export function findRunningAgents(
  components: RunningAgentsComponents,
  init: RunningAgentsInit,
  records: readonly ProcessRecord[],
): AgentSighting[] {
  const tree = new ProcessTree(records)
  const marks = new AgentMarks({ ...init, matches: components.matches }, tree)
  const byDescent = groupByDescent({ tree, records, matchOf: (record) => marks.matchOf(record) })
  const groups = adoptLeftBehind(
    {
      tree,
      records,
      entries: init.index.entries,
      pidFiles: pidFilesIn(init.states),
      handOffs: components.handOffs,
    },
    byDescent,
  )
  if (groups.length === 0) {
    components.endpoints.keepOnly(new Set())
    return []
  }
  return new RunningAgents(components, init, tree, marks).sightings(groups)
}

class RunningAgents {
  readonly #components: RunningAgentsComponents
  readonly #init: RunningAgentsInit
  readonly #tree: ProcessTree
  readonly #marks: AgentMarks
  readonly #logins: readonly Login[]
  readonly #standings = new Map<AgentGroup, ProcessStanding | undefined>()
  readonly #attributions = new Map<AgentGroup, Attribution>()

  constructor(components: RunningAgentsComponents, init: RunningAgentsInit, tree: ProcessTree, marks: AgentMarks) {
    this.#components = components
    this.#init = init
    this.#tree = tree
    this.#marks = marks
    this.#logins = components.details?.logins() ?? []
  }

  sightings(groups: readonly AgentGroup[]): AgentSighting[] {
    this.#noteSockets(groups)
    for (const group of groups)
      this.#components.onFound?.(this.#idOf(group), {
        members: [...group.marked.keys(), ...group.others],
        agents: this.#agentsOf(group),
      })
    return groups.map((group) => this.#sighting(group))
  }

  #sighting(group: AgentGroup): AgentSighting {
    const { entry, leader, survivor } = group
    const process = survivor ?? leader.process
    const agents = this.#agentsOf(group)
    const flags = [...new Set(agents.flatMap((match) => recognisedFlags(entry, match.args)))].slice(0, 32)
    const container = this.#containerOf(group)
    const inContainer = isInContainer(container)
    const version = this.#versionOf(agents, inContainer)
    const { workspace, moreFolders } = this.#foldersOf(group, agents)
    const states = inContainer ? undefined : this.#statesOf(group)
    const own = states?.find(({ user }) => user !== undefined)
    const isHomeRead = this.#init.isHomeRead(leader.process.userId)
    const environmentNames = [...new Set(agents.flatMap((match) => match.process.environmentNames ?? []))]
    const endpoints = this.#components.endpoints.of(
      this.#idOf(group),
      this.#init.index.endpointVariables.filter((name) => environmentNames.includes(name)),
    )
    const { parts, moreCount } = this.#partsOf(group, workspace, inContainer)
    return {
      kind: 'agent',
      id: this.#idOf(group),
      name: entry.name,
      catalogueId: entry.id,
      vendor: entry.vendor,
      ...(version === undefined ? {} : { version }),
      user: this.#init.userOf(process.userId),
      evidence: this.#evidenceOf(group, agents),
      state: 'running',
      ...(survivor === undefined ? {} : { ended: true }),
      agentKind: entry.kind,
      process: {
        pid: process.pid,
        startTicks: process.startTicks,
        bootId: this.#init.bootId,
        parentPid: process.parentPid,
        executable: (process.executable ?? '').slice(0, 4096),
      },
      flags,
      autonomy: runningAutonomy({ entry, agents, flags, environmentNames, states, isHomeRead, workspace }),
      ...(workspace === undefined ? {} : { workspace }),
      ...(moreFolders.length === 0 ? {} : { moreFolders: [...moreFolders] }),
      ...(own?.account === undefined ? {} : { account: own.account }),
      attribution: this.#attributionOf(group),
      ...(endpoints.length === 0 ? {} : { endpoints }),
      parts,
      ...(moreCount === 0 ? {} : { morePartsCount: moreCount }),
      ...(container === undefined ? {} : { container }),
      ...endOf(entry),
      ...(own?.lastUsedAt === undefined ? {} : { lastUsedAt: own.lastUsedAt }),
    }
  }

  #idOf({ leader: { process } }: AgentGroup): string {
    return sightingId('agent-process', this.#init.bootId, process.pid, process.startTicks)
  }

  /** The program itself, its leader first; of a daemon that is left alone, the daemon. */
  #agentsOf({ leader, marked }: AgentGroup): ProcessMatch[] {
    const others = [...marked.values()].filter(({ match, standing }) => standing === 'agent' && match !== leader)
    const byAge = others.map(({ match }) => match).sort((a, b) => a.process.startTicks - b.process.startTicks)
    return [leader, ...byAge]
  }

  #versionOf(agents: readonly ProcessMatch[], inContainer: boolean): string | undefined {
    const { details, matches } = this.#components
    const isReplaced = agents.some(({ process }) => {
      const now = details?.executableNow(process)
      return now !== undefined && now !== process.executable
    })
    return (
      versionInPath(this.#init, agents) ??
      matches.versionOf(
        agents,
        isReplaced,
        // The same path is another file there.
        () => (inContainer ? undefined : installedVersionOf(this.#init, agents)) ?? packageVersionOf(agents),
      )
    )
  }

  #evidenceOf({ entry, leader, startedBy, survivor }: AgentGroup, agents: readonly ProcessMatch[]): string[] {
    const markers = new Set(
      agents.slice(0, MAX_EVIDENCE).flatMap(({ process }) => this.#marks.markersOf(entry, process)),
    )
    const by = startedBy?.leader.process
    return [
      ...new Set(agents.map(({ evidence }) => evidence)),
      ...[...markers].map((name) => `environment marker ${name}`),
      ...(survivor === undefined || survivor === leader.process
        ? []
        : [`process ${leader.process.pid} has ended; what it started still runs`]),
      ...(isDetached(leader.process) ? ['a session of its own, no terminal'] : []),
      ...(by === undefined ? [] : [boundedText(`started by ${startedBy?.entry.name}, process ${by.pid}`, 512)]),
      ...signatureEvidence(this.#components.details?.signature?.(survivor ?? leader.process)),
    ].slice(0, MAX_EVIDENCE)
  }

  #standingOf(group: AgentGroup): ProcessStanding | undefined {
    if (!this.#standings.has(group)) {
      this.#standings.set(group, this.#components.details?.standing(group.survivor ?? group.leader.process))
    }
    return this.#standings.get(group)
  }

  /** Its workspace: the folder that it was given, else its working directory. Absent for a daemon at the root. */
  #foldersOf(group: AgentGroup, agents: readonly ProcessMatch[]) {
    const standing = this.#standingOf(group)?.workingFolder ?? group.leader.process.workingFolder
    const named = agents.map(({ entry, args, process }) => namedFolders(entry, args, process.workingFolder ?? standing))
    const folder = named.map(({ worksIn }) => worksIn).find((each) => each !== undefined) ?? standing
    const placeIn = this.#init.placeOf ?? ((path: string) => path)
    const moreFolders = [...new Set(named.flatMap(({ more }) => more).map(placeIn))].slice(0, 16)
    const place = workspaceAt(folder)
    const workspace = place === undefined ? undefined : placeIn(place).slice(0, 4096)
    return { workspace, moreFolders }
  }

  #statesOf({ entry, leader }: AgentGroup): readonly AgentState[] {
    const { userId } = leader.process
    return this.#init.states.filter(
      ({ catalogueId, user }) => catalogueId === entry.id && (user === undefined || user.id === userId),
    )
  }

  #containerOf(group: AgentGroup): Container | undefined {
    const standing = this.#standingOf(group)
    if (standing === undefined) return undefined
    const { ownPidNamespace, insideWsl = false } = this.#components.details ?? {}
    const { environmentNames = [] } = group.leader.process
    return containerOf({ standing, ownPidNamespace, insideWsl, environmentNames })
  }

  #attributionOf(group: AgentGroup): Attribution {
    const known = this.#attributions.get(group)
    if (known !== undefined) return known
    const { leader, entry, startedBy } = group
    const ownSession = startedBy !== undefined && startedBy.leader.process.sessionId !== leader.process.sessionId
    const first = group.survivor ?? leader.process
    const responsible = this.#components.details?.responsible?.(first)
    const attribution = attributionOf({
      tree: this.#tree,
      leader: first,
      responsible: responsible === undefined ? undefined : this.#tree.running(responsible),
      isDesktopProgram: entry.kind === 'desktop-app' || entry.kind === 'ide',
      standing: this.#standingOf(group),
      logins: this.#logins,
      userOf: this.#init.userOf,
      startedBy: ownSession ? { name: startedBy.entry.name, attribution: this.#attributionOf(startedBy) } : undefined,
    })
    this.#attributions.set(group, attribution)
    return attribution
  }

  #partsOf(group: AgentGroup, workspace: string | undefined, inContainer: boolean): PartsFound {
    const { details } = this.#components
    const who = { client: group.entry.id, userId: group.leader.process.userId, workspace }
    return partsOf(
      {
        tree: this.#tree,
        speaksThroughPipes: (record) => {
          const streams = details?.streams(record)
          return streams?.every((kind) => kind === 'socket' || kind === 'pipe') === true
        },
        serverOf: (record) => (inContainer ? undefined : this.#init.servers.startedBy(record, who)),
      },
      group,
    )
  }

  #noteSockets(groups: readonly AgentGroup[]): void {
    const { details, endpoints } = this.#components
    const { nowMs, modelPorts } = this.#init
    endpoints.keepOnly(new Set(groups.map((group) => this.#idOf(group))))
    const due = groups.filter((group) => endpoints.isDue(this.#idOf(group), nowMs))
    if (details === undefined || due.length === 0) return
    const asked = new Map(due.map((group) => [group, reachesOut(group)]))
    const sockets = details.sockets([...asked.values()].flat())
    for (const [group, processes] of asked) {
      const found = processes.flatMap(({ pid }): ProcessSockets[] => {
        const each = sockets.get(pid)
        return each === undefined ? [] : [each]
      })
      endpoints.note(this.#idOf(group), found, modelPorts, nowMs)
    }
  }
}

function signatureEvidence(signature: CodeSignature | undefined): readonly string[] {
  if (signature === undefined) return []
  const { identifier, team, kind } = signature
  const by = kind === 'system' ? 'the system' : team === undefined ? 'nobody who answers for it' : `team ${team}`
  return [boundedText(`signed as ${identifier} by ${by}`, 512)]
}

/** Whose they are says whose home they lie in. */
function pidFilesIn(states: readonly AgentState[]): PidFile[] {
  return states.flatMap(({ catalogueId, user, pidFiles = [] }) =>
    user === undefined ? [] : pidFiles.map((file) => ({ ...file, catalogueId, userId: user.id })),
  )
}

/** The program itself and the daemons that work for it. */
function reachesOut({ marked }: AgentGroup): ProcessRecord[] {
  return [...marked].flatMap(([record, { standing }]) => (standing === 'sandbox' ? [] : [record])).slice(0, MAX_ASKED)
}
