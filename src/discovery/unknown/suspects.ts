import type { AgentSighting } from '../../protocol/sighting.ts'
import type { AgentIndex } from '../matching/agent-index.ts'
import { matchProcess } from '../matching/process-match.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { couldBeTool, type FamilyTree, standsAlone } from './family-tree.ts'
import { keepsSessions } from './known-runners.ts'
import { type ProgramName, sameProgram } from './program-name.ts'
import { scriptName } from './shell-loops.ts'
import type { ToolMemory } from './tool-memory.ts'

/** One program that could be an agent, and what it runs. */
export interface Suspect {
  readonly leader: ProcessRecord
  /** Its first process, which may have ended. Its variables came from outside the program. */
  readonly origin: ProcessRecord
  /** Processes of the program that started something, including the leader. */
  readonly members: Map<number, ProcessRecord>
  readonly tools: ProcessRecord[]
  /** Script of a shell; undefined for other programs. */
  readonly script?: ProgramName | undefined
}

/** Limits for all suspects, and for those of one user. */
const MAX_SUSPECTS = 512
const MAX_OF_ONE = 256
const MAX_MEMBERS = 16

/**
 * Finds programs that run or ran children as agents run tools, or that set the agreed marker for them. Costs one pass over
 * all processes, which on most machines is the whole cost of a scan.
 */
export function findSuspects(
  processes: readonly ProcessRecord[],
  tree: FamilyTree,
  known: {
    readonly tools: ToolMemory
    /** Pids of programs with reasons from earlier scans. */
    readonly pids: Iterable<number>
    /** Pids of shells whose script calls a model repeatedly. */
    readonly scripts: Iterable<number>
    isKnown(process: ProcessRecord): boolean
    readonly ownPid?: number | undefined
  },
): ReadonlyMap<number, Suspect> {
  const suspects = new Map<number, Suspect>()
  const counts = new Map<string, number>()
  const hasRoom = ({ userId }: ProcessRecord) => {
    const count = counts.get(userId) ?? 0
    if (suspects.size >= MAX_SUSPECTS || count >= MAX_OF_ONE) return false
    counts.set(userId, count + 1)
    return true
  }
  const suspect = (process: ProcessRecord, tool?: ProcessRecord) => {
    if (process.pid === known.ownPid || keepsSessions(process) || tree.belongsToKnown(process, known.isKnown)) return
    const { origin, leader = process } = tree.lineOf(process)
    let found = suspects.get(leader.pid)
    if (found === undefined) {
      if (!hasRoom(leader)) return
      found = { leader, origin, members: new Map([[leader.pid, leader]]), tools: [] }
      suspects.set(leader.pid, found)
    }
    found.members.set(process.pid, process)
    if (tool !== undefined) found.tools.push(tool)
  }
  for (const process of processes) {
    const alone = standsAlone(process)
    if (!alone && !bearsAgreedMarker(process)) continue
    const parent = tree.parentOf(process)
    if (parent === undefined || !(alone ? couldBeTool(process, parent) : !bearsAgreedMarker(parent))) continue
    const program = parent.ended === true ? tree.heirOf(parent) : parent
    if (program !== undefined) suspect(program, process)
  }
  for (const pid of new Set([...known.tools.parents, ...known.pids])) {
    const process = tree.running(pid)
    if (process !== undefined) suspect(process)
  }
  for (const { members } of suspects.values()) addHelpers(members, tree)
  for (const pid of known.scripts) {
    const shell = tree.running(pid)
    if (shell === undefined || tree.belongsToKnown(shell, known.isKnown) || !hasRoom(shell)) continue
    // All shells are one program, so a parent or child shell runs another script.
    const members = new Map([[pid, shell]])
    suspects.set(pid, { leader: shell, origin: shell, members, tools: [], script: scriptName(shell) })
  }
  return suspects
}

/** Adds child processes of the same program. */
function addHelpers(members: Map<number, ProcessRecord>, tree: FamilyTree): void {
  for (const member of members.values()) {
    for (const child of tree.childrenOf(member)) {
      if (members.size >= MAX_MEMBERS) return
      // Iteration over a Map includes entries that are added meanwhile.
      if (!members.has(child.pid) && sameProgram(child, member)) members.set(child.pid, child)
    }
  }
}

function bearsAgreedMarker({ environmentNames }: ProcessRecord): boolean {
  return environmentNames?.includes('AI_AGENT') === true
}

/**
 * Returns a test for agents of the catalogue and their parts. A process that only shares a name with one and was not
 * found as an agent is judged like any other; so is a tool of an agent.
 */
export function knownAgentTest(
  known: { readonly index: AgentIndex; readonly homes: readonly string[] },
  found: readonly AgentSighting[],
): (process: ProcessRecord) => boolean {
  const pids = new Set<number>()
  for (const { process, parts = [] } of found) {
    if (process !== undefined) pids.add(process.pid)
    for (const { pid, role } of parts) if (role !== 'tool') pids.add(pid)
  }
  return (process) => {
    if (pids.has(process.pid)) return true
    const match = matchProcess(known.index, process, known.homes)
    return match?.of === 'agent' && !match.needsSupport
  }
}
