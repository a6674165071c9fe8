import { ProcessTree } from '../graph/process-tree.ts'
import type { ProcessRecord } from '../process-record.ts'
import { sameProgram } from './program-name.ts'
import { standsAlone } from './tools.ts'

/** Who started whom, with what is one program and what belongs to a known agent. */
export class FamilyTree extends ProcessTree {
  /**
   * The processes of this program above it, itself first: one that has started itself again, or left a daemon behind, is
   * one program. They may have ended.
   */
  lineOf(process: ProcessRecord): readonly ProcessRecord[] {
    const line = [process]
    let below = process
    for (const ancestor of this.ancestors(process)) {
      if (!sameProgram(ancestor, below)) break
      line.push(ancestor)
      below = ancestor
    }
    return line
  }

  /** Of a program whose process has ended, the oldest that it left behind. */
  heirOf(ended: ProcessRecord): ProcessRecord | undefined {
    const left = this.childrenOf(ended).filter((child) => sameProgram(child, ended))
    return left.toSorted((a, b) => a.startTicks - b.startTicks)[0]
  }

  /**
   * Does it belong to an agent that is known? What runs below one of its tools does not: an agent that another runs as a
   * tool is an agent of its own.
   */
  belongsToKnown(process: ProcessRecord, isKnown: (process: ProcessRecord) => boolean): boolean {
    if (isKnown(process)) return true
    let belowTool = false
    let below = process
    for (const ancestor of this.ancestors(process)) {
      if (standsAlone(below) && !sameProgram(below, ancestor)) belowTool = true
      if (isKnown(ancestor)) return !belowTool || sameProgram(process, ancestor)
      below = ancestor
    }
    return false
  }
}
