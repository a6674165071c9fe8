import type { AgentSighting } from '../../protocol/sighting.ts'
import type { ProcessDetails, ProcessSockets } from '../../system/processes/process-details.ts'
import type { ProcessTable } from '../../system/processes/process-table.ts'
import { CLOCK_TICKS } from '../../system/processes/start-ticks.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { roundRobin } from '../scheduling/round-robin.ts'
import { couldBeTool, FamilyTree } from './family-tree.ts'
import { type Candidate, InspectionSchedule } from './inspection-schedule.ts'
import { isRunner } from './known-runners.ts'
import { givenVariables, isAgreed, type Marker, markersBetween } from './markers.ts'
import { mcpReason } from './mcp-child.ts'
import { askedBetweenReason, isSystemService, modelReason, type SeenPeer, withPeers } from './model-endpoint.ts'
import { type ProgramName, programName } from './program-name.ts'
import { ProgramNotes } from './program-notes.ts'
import { credentialsReason, fetchedReason, NamedCredentials } from './severity.ts'
import { ShellLoops } from './shell-loops.ts'
import { autonomyFlagReason, heaviestOfEach, judge, type Reason, serviceReason, sessionFilesReason } from './signals.ts'
import { findSuspects, type Suspect } from './suspects.ts'
import { isVaried, paceReason, snapshotReason, ToolMemory } from './tool-memory.ts'
import { type SightingInit, unknownAgentSighting } from './unknown-agent-sighting.ts'

export interface UnknownAgentsComponents {
  readonly processes: Pick<ProcessTable, 'environmentNames' | 'ticks'>
  /** Absent if the system has no such details. */
  readonly details?: ProcessDetails | undefined
  /** Variables that agents of the current catalogue set for their children. */
  readonly markers: () => Pick<ReadonlySet<string>, 'has'>
}

export interface ScanInit extends SightingInit {
  readonly homes: readonly string[]
  readonly nowMs: number
  /** Names of model runtimes by their loopback port. */
  readonly modelPorts: ReadonlyMap<number, string>
  /** True for an agent of the catalogue, and for its parts. */
  isKnown(process: ProcessRecord): boolean
  /** Our own process, which is never an agent. */
  readonly ownPid?: number | undefined
}

/** Programs that are inspected in one scan: those with the highest scores, by user in turn. */
const MAX_CANDIDATES = 32
const MAX_READ = 8
const TOOLS_WEIGHT = 30

const NO_PEERS: Inspected['peers'] = new Map()

interface Inspected {
  readonly reasons: readonly Reason[]
  /** Peers that it was connected to between its tools. */
  readonly peers: ReadonlyMap<string, SeenPeer>
}

interface InspectionInit {
  readonly tree: FamilyTree
  readonly homes: readonly string[]
  readonly sockets: ReadonlyMap<number, ProcessSockets> | undefined
  readonly openFiles: ReadonlyMap<number, readonly string[]> | undefined
  readonly modelPorts: ReadonlyMap<number, string>
}

/** A suspect and what its children say of it. */
interface ScoredSuspect {
  readonly suspect: Suspect
  readonly program: ProgramName
  readonly names: readonly string[]
  readonly reasons: readonly Reason[]
  /** Its processes and last tools as a text, which changes once it does anything. */
  readonly did: string
  /** Start of its last tool, if it starts tools one after another. */
  readonly lastStep: number | undefined
}

/**
 * Finds agents that no catalogue knows, by what they do. A scan costs one pass over the processes; the few programs
 * that run tools as agents do are inspected. Reasons are kept while a program lives: it stays an agent between two tools.
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

  /** When the next inspection is due, even without events; undefined without suspects. */
  get nextInspectionMs(): number | undefined {
    return this.#inspections.dueMs
  }

  /** As `nextInspectionMs`, after all due programs were found idle; undefined if one must be inspected. */
  idleUntilMs(nowMs: number): number | undefined {
    return this.#inspections.idleUntilMs(nowMs)
  }

  /** A program started in a session of its own. Noted at once, because most tools end before the next scan. */
  noteTool(tool: ProcessRecord, parent: ProcessRecord): void {
    if (!couldBeTool(tool, parent)) return
    const program = programName(parent)
    if (program === undefined || isRunner(parent, program)) return
    this.#tools.note(parent, tool, this.#markersBetween(parent.environmentNames, tool.environmentNames, program))
  }

  /** A program started, but not below a known agent. @returns `scan` if its shell should be scanned. */
  noteRun(program: ProcessRecord, parent: ProcessRecord): 'scan' | 'noted' | undefined {
    const named = this.#credentials.note(program)
    return this.#loops.note(program, parent) ?? (named ? 'noted' : undefined)
  }

  /** @returns the unknown agents among `processes`, each with the first of its processes. */
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
      tools: this.#tools,
      pids: this.#inspected.pids,
      scripts: this.#loops.pids,
      isKnown,
      ownPid,
    })
    const scored: ScoredSuspect[] = []
    for (const suspect of suspects.values()) {
      const each = await this.#score(suspect, tree)
      if (each !== undefined) scored.push(each)
    }
    const byScore = scored.sort((a, b) => judge(b.reasons).score - judge(a.reasons).score)
    const closely = roundRobin(byScore, MAX_CANDIDATES, ({ suspect }) => suspect.leader.userId)
    const { homes, modelPorts } = init
    const ports = [...modelPorts.keys()].join()
    const due = this.#inspections.take(
      closely.map((each) => ({ ...each, ...this.#candidateOf(each) })),
      { ports, nowMs: init.nowMs },
    )
    // The number of processes read is limited, so the programs come before their tools.
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

  #candidateOf({ suspect, did, lastStep, reasons }: ScoredSuspect): Candidate {
    const { leader, tools } = suspect
    const before = judge(this.#inspected.of(leader)?.reasons ?? [])
    const processes = [...membersRead(suspect), ...tools.slice(-MAX_READ)]
    return { leader, processes, did, isPaced: lastStep !== undefined, isStronger: judge(reasons).score > before.score }
  }

  /** Scores a suspect by its children; undefined without any reason. */
  async #score(suspect: Suspect, tree: FamilyTree): Promise<ScoredSuspect | undefined> {
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
    const { ticks = CLOCK_TICKS } = this.#components.processes
    const runner = isRunner(leader, program)
    const remembered = this.#inspected.of(leader)?.reasons ?? []
    const reasons = [
      markerReason(past.flatMap(({ markers }) => markers.filter(({ name }) => !runner || isAgreed(name)))),
      ...(runner ? [] : [this.#toolReason(suspect, tools), paceReason(past, ticks), snapshotReason(past)]),
      ...this.#loops.reasonsFor(leader),
      ...remembered,
    ].filter((each) => each !== undefined)
    if (reasons.length === 0) return undefined
    const paced = !runner && isVaried(past, ticks) && !isSystemService(tree, suspect.origin)
    const lastStep = paced ? Math.max(...past.map(({ startTicks }) => startTicks)) : undefined
    const did = [...members.keys(), ...[...tools, ...past].map(({ pid }) => -pid)].join()
    return { suspect, program, names, reasons, did, lastStep }
  }

  #toolReason({ leader, members }: Suspect, tools: readonly ProcessRecord[]): Reason | undefined {
    const heard = tools.slice(-MAX_READ).filter((tool) => this.#hasReader(tool)).length
    const all = Math.max(0, ...[...members.values()].map(({ ownSessionChildren = 0 }) => ownSessionChildren))
    const before = Math.max(0, all - tools.length)
    // A single ended tool may have been a daemon that detached.
    if (heard === 0 && before < 2) return undefined
    const where = leader.ttyNumber === 0 ? '' : ', while it has one itself'
    const count = [...(heard > 0 ? [`${heard} now`] : []), ...(before > 0 ? [`${before} before`] : [])].join(', ')
    const detail = `starts programs in sessions of their own without a terminal${where}: ${count}`
    return { name: 'tool-children', weight: TOOLS_WEIGHT, detail }
  }

  /** True if something reads the output of the tool. A detached daemon writes to nothing. */
  #hasReader(tool: ProcessRecord): boolean {
    const out = this.#components.details?.streams(tool)?.[1]
    return out !== 'null' && out !== 'terminal'
  }

  /** Reads sockets and files of the suspect. Only few programs are inspected. */
  async #inspect(
    { suspect, program, names, lastStep }: ScoredSuspect,
    { tree, homes, sockets, openFiles, modelPorts }: InspectionInit,
  ): Promise<Inspected> {
    const { leader, origin, tools } = suspect
    const { details } = this.#components
    const members = membersRead(suspect)
    const filesOf = ({ pid }: ProcessRecord) => openFiles?.get(pid) ?? []
    const listeningOf = ({ pid }: ProcessRecord) => sockets?.get(pid)?.listening ?? []
    const listening = members.flatMap(listeningOf)
    // Ignore connections to its own ports: a model runtime connects to itself, a notebook to its kernel.
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

  /** Adds the earlier reasons of the same process. */
  #record({ suspect, reasons: before }: ScoredSuspect, { reasons, peers }: Inspected): void {
    // Reasons without weight: the latest one is kept.
    const merged = heaviestOfEach([...reasons.filter(({ weight }) => weight === 0), ...before, ...reasons])
    this.#inspected.set(suspect.leader, { reasons: merged, peers })
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
