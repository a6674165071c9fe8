import type { ProcessRecord } from '../matching/process-record.ts'
import { ProcessTree, settle } from '../running/process-tree.ts'
import { standsAlone } from './detached-child.ts'
import { sameProgram } from './program-name.ts'

/** The processes of one program in a line, each started by the one above. */
interface Line {
  /** The uppermost, which may have ended. */
  readonly origin: ProcessRecord
  /** The uppermost that runs. */
  readonly leader: ProcessRecord | undefined
}

interface BelowKnown {
  readonly known: ProcessRecord
  /** Something in between stands as a tool does. */
  readonly belowTool: boolean
}

/**
 * Who started whom, with what is one program and what belongs to a known agent. Each process is decided upon once: whoever
 * starts thousands of them, each below hundreds, does not hold us up.
 */
export class FamilyTree extends ProcessTree {
  readonly #lines = new Map<ProcessRecord, Line | undefined>()
  readonly #belowKnown = new Map<ProcessRecord, BelowKnown | undefined>()

  /**
   * The processes of this program above it, itself among them: one that has started itself again, or left a daemon behind, is
   * one program.
   */
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

  /** Of a program whose process has ended, the oldest that it left behind. */
  heirOf(ended: ProcessRecord): ProcessRecord | undefined {
    const left = this.childrenOf(ended).filter((child) => sameProgram(child, ended))
    return left.toSorted((a, b) => a.startTicks - b.startTicks)[0]
  }

  /**
   * Does it belong to an agent that is known? What runs below one of its tools does not, nor what a person starts in a terminal
   * of an editor that is one: an agent that another runs is an agent of its own. @param isKnown the same for every call.
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

/** First of a session with a terminal, as the shells in the terminals of an editor are. */
function leadsTerminal({ pid, sessionId, ttyNumber }: ProcessRecord): boolean {
  return sessionId === pid && ttyNumber !== 0
}
