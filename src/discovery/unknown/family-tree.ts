import type { ProcessRecord } from '../matching/process-record.ts'
import { leadsOwnSession } from '../process-table/tracked-process.ts'
import { ProcessTree, settle } from '../running/process-tree.ts'
import { keepsSessions } from './known-runners.ts'
import { sameProgram } from './program-name.ts'

/**
 * True for the leader of a session without a terminal. All of the nine agents that we observed start tools in this way.
 * Called for every program that starts, so it must be cheap.
 */
export function standsAlone(process: ProcessRecord): boolean {
  return (
    leadsOwnSession(process) &&
    // A child of init from the start is a service. One that init adopted may still be a tool.
    (process.parentPid > 1 || process.forkedBy !== undefined) &&
    process.executable !== undefined
  )
}

/** True if `parent` may have started it as a tool. A helper that runs the same program is not a tool. */
export function couldBeTool(child: ProcessRecord, parent: ProcessRecord): boolean {
  return (
    standsAlone(child) &&
    child.startTicks >= parent.startTicks &&
    parent.pid !== child.pid &&
    !keepsSessions(parent) &&
    !sameProgram(child, parent)
  )
}

/** Processes of one program, each started by the one above. */
interface Line {
  /** The topmost process, which may have ended. */
  readonly origin: ProcessRecord
  /** The topmost live process. */
  readonly leader: ProcessRecord | undefined
}

interface BelowKnown {
  readonly known: ProcessRecord
  /** True if a process in between was started like a tool. */
  readonly belowTool: boolean
}

/**
 * Process tree that knows which processes are one program and which belong to a known agent. Answers are cached per
 * process, so that deep trees of thousands of processes stay cheap.
 */
export class FamilyTree extends ProcessTree {
  readonly #lines = new Map<ProcessRecord, Line | undefined>()
  readonly #belowKnown = new Map<ProcessRecord, BelowKnown | undefined>()

  /** This process and its ancestors of the same program. A restarted program and its daemon count as one. */
  lineOf(process: ProcessRecord): Line {
    const line = settle(this, this.#lines, process, (record, above) => {
      const running = record.ended === true ? undefined : record
      const parent = above === undefined ? undefined : this.parentOf(record)
      return above === undefined || parent === undefined || !sameProgram(parent, record)
        ? { origin: record, leader: running }
        : { origin: above.origin, leader: above.leader ?? running }
    })
    return line ?? { origin: process, leader: process }
  }

  /** The oldest live process of the same program, after its first process has ended. */
  heirOf(ended: ProcessRecord): ProcessRecord | undefined {
    const left = this.childrenOf(ended).filter((child) => sameProgram(child, ended))
    return left.toSorted((a, b) => a.startTicks - b.startTicks)[0]
  }

  /**
   * True if the process belongs to a known agent. Processes below a tool of the agent do not, nor do those that a human
   * starts in the terminal of an editor: an agent run by another agent is separate.
   *
   * @param isKnown must be the same for every call, because answers are cached.
   */
  belongsToKnown(process: ProcessRecord, isKnown: (process: ProcessRecord) => boolean): boolean {
    const found = settle(this, this.#belowKnown, process, (record, above): BelowKnown | undefined => {
      if (isKnown(record)) return { known: record, belowTool: false }
      const parent = above === undefined ? undefined : this.parentOf(record)
      if (above === undefined || parent === undefined) return undefined
      const isTool = (standsAlone(record) || leadsTerminal(record)) && !sameProgram(record, parent)
      return { known: above.known, belowTool: above.belowTool || isTool }
    })
    return found !== undefined && (!found.belowTool || sameProgram(process, found.known))
  }
}

/** True for the leader of a session with a terminal, such as a shell in the terminal of an editor. */
function leadsTerminal({ pid, sessionId, ttyNumber }: ProcessRecord): boolean {
  return sessionId === pid && ttyNumber !== 0
}
