import type { ProcessRecord } from '../process-record.ts'
import type { FamilyTree } from './family-tree.ts'
import { keepsSessions } from './ordinary.ts'
import type { ToolMemory } from './tool-memory.ts'
import { couldBeTool, standsAlone } from './tools.ts'

/** One program that could be an agent, and what it runs. */
export interface Suspect {
  readonly leader: ProcessRecord
  /** The processes of the same program that were seen to run something, the leader among them. */
  readonly members: Map<number, ProcessRecord>
  readonly tools: ProcessRecord[]
}

/** So many at all; more is a machine that shows us crowds. */
const MAX_SUSPECTS = 512

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
    isKnown(process: ProcessRecord): boolean
  },
): ReadonlyMap<number, Suspect> {
  const suspects = new Map<number, Suspect>()
  const suspect = (process: ProcessRecord, tool?: ProcessRecord) => {
    if (keepsSessions(process) || tree.belongsToKnown(process, known.isKnown)) return
    const leader = tree.leaderOf(process)
    let found = suspects.get(leader.pid)
    if (found === undefined) {
      if (suspects.size >= MAX_SUSPECTS) return
      found = { leader, members: new Map([[leader.pid, leader]]), tools: [] }
      suspects.set(leader.pid, found)
    }
    found.members.set(process.pid, process)
    if (tool !== undefined) found.tools.push(tool)
  }
  for (const process of processes) {
    const alone = standsAlone(process)
    if (!alone && !bearsAgreedMarker(process)) continue
    const parent = tree.parentOf(process)
    if (parent === undefined || parent.ended === true) continue
    if (alone ? couldBeTool(process, parent) : !bearsAgreedMarker(parent)) suspect(parent, process)
  }
  for (const pid of new Set([...known.tools.parents, ...known.pids])) {
    const process = tree.at(pid)
    if (process !== undefined) suspect(process)
  }
  return suspects
}

function bearsAgreedMarker({ environmentNames }: ProcessRecord): boolean {
  return environmentNames?.includes('AI_AGENT') === true
}
