import type { AgentSighting } from '../../protocol/sighting.ts'
import type { ProcessDetails, ProcessSockets } from '../../system/processes/process-details.ts'
import type { ProcessTable } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { roundRobin } from '../scheduling/round-robin.ts'
import { askedBetweenReason, isSystemService, type SeenPeer, withPeers } from './asked-between.ts'
import { autonomyFlagReason } from './autonomy-flag.ts'
import { couldBeTool } from './detached-child.ts'
import { FamilyTree } from './family-tree.ts'
import { givenVariables } from './given-variables.ts'
import { type Candidate, InspectionSchedule } from './inspection-schedule.ts'
import { isRunner } from './known-runners.ts'
import { serviceReason } from './loopback-service.ts'
import { isAgreed, type Marker, markersBetween } from './markers.ts'
import { mcpReason } from './mcp-child.ts'
import { modelReason } from './model-endpoint.ts'
import { NamedCredentials } from './named-credentials.ts'
import { isVaried, paceReason } from './pace.ts'
import { type ProgramName, programName } from './program-name.ts'
import { ProgramNotes } from './program-notes.ts'
import { sessionFilesReason } from './session-files.ts'
import { credentialsReason, fetchedReason } from './severity.ts'
import { ShellLoops } from './shell-loops.ts'
import { snapshotReason } from './shell-snapshots.ts'
import { heaviestOfEach, judge, type Reason } from './signals.ts'
import { findSuspects, type Suspect } from './suspects.ts'
import { ToolMemory } from './tool-memory.ts'
import { type SightingInit, unknownAgentSighting } from './unknown-agent-sighting.ts'

export interface UnknownAgentsComponents {
  readonly processes: Pick<ProcessTable, 'environmentNames'>
  /** Absent where the system does not tell: what they would say is then not known. */
  readonly details?: ProcessDetails | undefined
  /** Variables that agents of the catalogue, as it is now, set for what they start. */
  readonly markers: () => Pick<ReadonlySet<string>, 'has'>
}

export interface ScanInit extends SightingInit {
  readonly homes: readonly string[]
  readonly nowMs: number
  /** Names of what serves models by its port of the loopback address. */
  readonly modelPorts: ReadonlyMap<number, string>
  /** Is it an agent that the catalogue knows, or part of one? */
  isKnown(process: ProcessRecord): boolean
  /** Our own process, which is no agent whatever it starts. */
  readonly ownPid?: number | undefined
}

/** So many programs are looked at closely in one look: of each person in turn, those that show the most first. */
const MAX_CANDIDATES = 32
const MAX_READ = 8
const TOOLS_WEIGHT = 30

const NO_PEERS: Inspected['peers'] = new Map()

interface Inspected {
  readonly reasons: readonly Reason[]
  /** Where it was connected to between its tools. */
  readonly peers: ReadonlyMap<string, SeenPeer>
}

interface CloseLook {
  readonly tree: FamilyTree
  readonly homes: readonly string[]
  readonly sockets: ReadonlyMap<number, ProcessSockets> | undefined
  readonly openFiles: ReadonlyMap<number, readonly string[]> | undefined
  readonly modelPorts: ReadonlyMap<number, string>
}

/** A suspect with all that its variables are needed for. */
interface Shown {
  readonly suspect: Suspect
  readonly program: ProgramName
  readonly names: readonly string[]
  readonly reasons: readonly Reason[]
  /** Which processes it has, and what it ran last: another text once it does anything. */
  readonly did: string
  /** When its last tool was started, where it runs one after another. */
  readonly lastStep: number | undefined
}

/**
 * Finds agents that no catalogue knows, by what they do. A look costs one pass over the processes; the few that run
 * tools as agents do are looked at closely. What spoke for a program is kept while it lives: it does not cease to be an
 * agent between two tools.
 */
export class UnknownAgents {
  readonly #components: UnknownAgentsComponents
  readonly #tools = new ToolMemory()
  readonly #loops = new ShellLoops()
  readonly #credentials = new NamedCredentials()
  readonly #inspected = new ProgramNotes<Inspected>()
  readonly #inspections: InspectionSchedule

  constructor(components: UnknownAgentsComponents) {
    this.#components = components
    const isAgent = (leader: ProcessRecord) => judge(this.#inspected.of(leader)?.reasons ?? []).isAgent
    this.#inspections = new InspectionSchedule({ details: components.details, isAgent })
  }

  /** From then on those that could be agents are looked at closely again, though they start nothing; undefined where there are none. */
  get nextInspectionMs(): number | undefined {
    return this.#inspections.dueMs
  }

  /** The same, once those for whom it is time were found to have done nothing; undefined where it takes a look. */
  idleUntilMs(nowMs: number): number | undefined {
    return this.#inspections.idleUntilMs(nowMs)
  }

  /** Something started in a session of its own: told at once, for most tools are over before anybody looks. */
  noteTool(tool: ProcessRecord, parent: ProcessRecord): void {
    if (!couldBeTool(tool, parent)) return
    const program = programName(parent)
    if (program === undefined || isRunner(parent, program)) return
    this.#tools.note(parent, tool, this.#markersBetween(parent.environmentNames, tool.environmentNames, program))
  }

  /** Any program started, below no agent that is known. @returns `look` where it makes its shell worth one. */
  noteRun(program: ProcessRecord, parent: ProcessRecord): 'scan' | 'noted' | undefined {
    const named = this.#credentials.note(program)
    return this.#loops.note(program, parent) ?? (named ? 'noted' : undefined)
  }

  /** The unknown agents among `processes`, each by the first of its processes. */
  async scan(processes: readonly ProcessRecord[], init: ScanInit): Promise<AgentSighting[]> {
    const tree = new FamilyTree(processes)
    const lives = ({ pid, startTicks }: Pick<ProcessRecord, 'pid' | 'startTicks'>) =>
      tree.running(pid)?.startTicks === startTicks
    this.#tools.keep(lives)
    this.#loops.keep(lives)
    this.#credentials.keep(lives)
    this.#inspected.keep(lives)
    this.#inspections.keep(lives)
    const { isKnown, ownPid } = init
    const suspects = findSuspects(processes, tree, {
      ...{ tools: this.#tools, pids: this.#inspected.pids, scripts: this.#loops.pids, isKnown, ownPid },
    })
    const shown: Shown[] = []
    for (const suspect of suspects.values()) {
      const each = await this.#shownBy(suspect, tree)
      if (each !== undefined) shown.push(each)
    }
    const byScore = shown.sort((a, b) => judge(b.reasons).score - judge(a.reasons).score)
    const closely = roundRobin(byScore, MAX_CANDIDATES, ({ suspect }) => suspect.leader.userId)
    const { homes, modelPorts } = init
    const ports = [...modelPorts.keys()].join()
    const due = this.#inspections.take(
      closely.map((each) => ({ ...each, ...this.#candidateOf(each) })),
      { ports, nowMs: init.nowMs },
    )
    // There is a limit: the programs themselves first.
    const asked = [
      ...due.flatMap(({ suspect }) => membersRead(suspect)),
      ...due.flatMap(({ suspect }) => suspect.tools.slice(-MAX_READ)),
    ]
    const { details } = this.#components
    const sockets = asked.length === 0 ? undefined : details?.sockets(asked)
    const openFiles = asked.length === 0 ? undefined : details?.openFiles(asked)
    for (const each of due) {
      this.#record(each, await this.#inspect(each, { tree, homes, sockets, openFiles, modelPorts }))
    }
    return closely.flatMap(({ suspect }) => {
      const verdict = judge(this.#inspected.of(suspect.leader)?.reasons ?? [])
      return verdict.isAgent ? [unknownAgentSighting(this.#components, init, { tree, suspect, verdict })] : []
    })
  }

  #candidateOf({ suspect, did, lastStep, reasons }: Shown): Candidate {
    const { leader, tools } = suspect
    const before = judge(this.#inspected.of(leader)?.reasons ?? [])
    const processes = [...membersRead(suspect), ...tools.slice(-MAX_READ)]
    return { leader, processes, did, isPaced: lastStep !== undefined, isStronger: judge(reasons).score > before.score }
  }

  /** What its children say of it; undefined when that is nothing. */
  async #shownBy(suspect: Suspect, tree: FamilyTree): Promise<Shown | undefined> {
    const { leader, origin, members, tools, script } = suspect
    const program = script ?? programName(leader)
    if (program === undefined) return undefined
    const names = (await this.#namesOf(origin)) ?? (await this.#namesOf(leader)) ?? []
    for (const tool of tools.slice(-MAX_READ)) {
      const toolNames = await this.#namesOf(tool)
      const markers = this.#markersBetween(names, toolNames, program)
      const parent = tree.parentOf(tool)
      this.#tools.note(parent === undefined || parent.ended === true ? leader : parent, tool, markers)
    }
    const past = [...members.values()].flatMap((member) => this.#tools.of(member))
    const runner = isRunner(leader, program)
    const remembered = this.#inspected.of(leader)?.reasons ?? []
    const reasons = [
      markerReason(past.flatMap(({ markers }) => markers.filter(({ name }) => !runner || isAgreed(name)))),
      ...(runner ? [] : [this.#toolReason(suspect, tools), paceReason(past), snapshotReason(past)]),
      ...this.#loops.reasonsFor(leader),
      ...remembered,
    ].filter((each) => each !== undefined)
    if (reasons.length === 0) return undefined
    const paced = !runner && isVaried(past) && !isSystemService(tree, suspect)
    const lastStep = paced ? Math.max(...past.map(({ startTicks }) => startTicks)) : undefined
    const did = [...members.keys(), ...[...tools, ...past].map(({ pid }) => -pid)].join()
    return { suspect, program, names, reasons, did, lastStep }
  }

  #toolReason({ leader, members }: Suspect, tools: readonly ProcessRecord[]): Reason | undefined {
    const heard = tools.slice(-MAX_READ).filter((tool) => this.#isHeard(tool)).length
    const all = Math.max(0, ...[...members.values()].map(({ ownSessionChildren = 0 }) => ownSessionChildren))
    const before = Math.max(0, all - tools.length)
    // One that is over may have been a daemon that was left behind.
    if (heard === 0 && before < 2) return undefined
    const where = leader.ttyNumber === 0 ? '' : ', while it has one itself'
    const count = [...(heard > 0 ? [`${heard} now`] : []), ...(before > 0 ? [`${before} before`] : [])].join(', ')
    const detail = `starts programs in sessions of their own without a terminal${where}: ${count}`
    return { name: 'tool-children', weight: TOOLS_WEIGHT, detail }
  }

  /** Somebody reads what a tool says; a daemon that was left behind speaks to nobody. */
  #isHeard(tool: ProcessRecord): boolean {
    const out = this.#components.details?.streams(tool)?.[1]
    return out !== 'null' && out !== 'terminal'
  }

  /** What is asked of few. */
  async #inspect(
    { suspect, program, names, lastStep }: Shown,
    { tree, homes, sockets, openFiles, modelPorts }: CloseLook,
  ): Promise<Inspected> {
    const { leader, origin, tools } = suspect
    const { details } = this.#components
    const members = membersRead(suspect)
    const filesOf = ({ pid }: ProcessRecord) => openFiles?.get(pid) ?? []
    const listeningOf = ({ pid }: ProcessRecord) => sockets?.get(pid)?.listening ?? []
    const listening = members.flatMap(listeningOf)
    // Whoever serves models speaks to itself, and a notebook to the kernel that it has started.
    const own = new Set([...listening, ...tools.slice(-MAX_READ).flatMap(listeningOf)].map(({ port }) => port))
    const connected = members
      .flatMap(({ pid }) => sockets?.get(pid)?.connected ?? [])
      .filter(({ loopback, port }) => !loopback || !own.has(port))
    const parent = tree.parentOf(origin)
    const parentNames = parent === undefined ? undefined : await this.#namesOf(parent)
    const given = givenVariables(origin, tree, parentNames)
    const before = this.#inspected.of(leader)?.peers ?? NO_PEERS
    const peers = lastStep === undefined ? before : withPeers(before, connected, lastStep)
    const reasons = [
      modelReason({ names, given, connected, modelPorts }),
      askedBetweenReason(peers),
      mcpReason(members, tree, (child) => details?.streams(child)),
      sessionFilesReason(members.flatMap(filesOf), homes),
      autonomyFlagReason(origin) ?? autonomyFlagReason(leader),
      serviceReason(listening),
      fetchedReason(program, leader),
      credentialsReason([...members, ...tools.slice(-MAX_READ)].flatMap(filesOf), this.#credentials.of(members)),
    ].filter((each) => each !== undefined)
    return { reasons, peers }
  }

  #markersBetween(
    parent: readonly string[] | undefined,
    child: readonly string[] | undefined,
    program: ProgramName,
  ): readonly Marker[] {
    if (parent === undefined || child === undefined) return []
    return markersBetween(parent, child, program, this.#components.markers())
  }

  async #namesOf({ pid, ended, environmentNames }: ProcessRecord): Promise<readonly string[] | undefined> {
    if (environmentNames !== undefined || ended === true) return environmentNames
    return await this.#components.processes.environmentNames(pid)
  }

  /** With what spoke for it before, unless that was another process. */
  #record({ suspect, reasons: before }: Shown, { reasons, peers }: Inspected): void {
    // What weighs nothing is told as it was seen last.
    const told = heaviestOfEach([...reasons.filter(({ weight }) => weight === 0), ...before, ...reasons])
    this.#inspected.set(suspect.leader, { reasons: told, peers })
  }
}

function membersRead({ members }: Suspect): readonly ProcessRecord[] {
  return [...members.values()].slice(0, MAX_READ)
}

function markerReason(markers: readonly Marker[]): Reason | undefined {
  const strongest = [...markers].sort((a, b) => b.weight - a.weight)
  const weight = strongest[0]?.weight
  if (weight === undefined) return undefined
  const names = [...new Set(strongest.map(({ name }) => name))].slice(0, 4)
  return { name: 'child-markers', weight, detail: `marks what it starts with ${names.join(', ')}` }
}
