import type { ProcessRecord } from '../matching/process-record.ts'
import { couldBeTool, standsAlone } from './detached-child.ts'
import type { FamilyTree } from './family-tree.ts'
import { keepsSessions } from './known-runners.ts'
import { type ProgramName, sameProgram } from './program-name.ts'
import { scriptName } from './shell-loops.ts'
import type { ToolMemory } from './tool-memory.ts'

/** One program that could be an agent, and what it runs. */
export interface Suspect {
  readonly leader: ProcessRecord
  /** The first of its processes, which may have ended: what it was given by others, and nothing of its own making. */
  readonly origin: ProcessRecord
  /** The processes of the same program that were seen to run something, the leader among them. */
  readonly members: Map<number, ProcessRecord>
  readonly tools: ProcessRecord[]
  /** What a shell runs; of other programs their own name tells. */
  readonly script?: ProgramName | undefined
}

/** So many at all, and of one person; more is a machine that shows us crowds. */
const MAX_SUSPECTS = 512
const MAX_OF_ONE = 256
const MAX_MEMBERS = 16

/**
 * The programs that run something as agents run their tools, or did, or that mark what they run as makers of agents agreed.
 * One pass over all processes: on most machines that is all a look costs.
 */
export function findSuspects(
  processes: readonly ProcessRecord[],
  tree: FamilyTree,
  known: {
    readonly tools: ToolMemory
    /** Of those that something spoke for before. */
    readonly pids: Iterable<number>
    /** Shells whose script asks a model again and again. */
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
    // Every shell is the same program: what is above it, or below, is another script.
    const members = new Map([[pid, shell]])
    suspects.set(pid, { leader: shell, origin: shell, members, tools: [], script: scriptName(shell) })
  }
  return suspects
}

/** What a program keeps beside it of itself. */
function addHelpers(members: Map<number, ProcessRecord>, tree: FamilyTree): void {
  for (const member of members.values()) {
    for (const child of tree.childrenOf(member)) {
      if (members.size >= MAX_MEMBERS) return
      // A map that grows is gone through to its end.
      if (!members.has(child.pid) && sameProgram(child, member)) members.set(child.pid, child)
    }
  }
}

function bearsAgreedMarker({ environmentNames }: ProcessRecord): boolean {
  return environmentNames?.includes('AI_AGENT') === true
}
