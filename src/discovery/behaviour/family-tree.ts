import type { ProcessRecord } from '../process-record.ts'
import { sameProgram } from './program-name.ts'
import { standsAlone } from './tools.ts'

/** Who started whom among the processes of one look. A look is no snapshot: pids are reused, and parents can form a ring. */
export class FamilyTree {
  readonly #byPid = new Map<number, ProcessRecord>()
  #childrenOf: Map<number, ProcessRecord[]> | undefined

  constructor(processes: readonly ProcessRecord[]) {
    for (const process of processes) this.#byPid.set(process.pid, process)
  }

  at(pid: number): ProcessRecord | undefined {
    return this.#byPid.get(pid)
  }

  /** Who started it, though it may have ended since; a younger process under the parent's pid is another's. */
  parentOf(process: ProcessRecord): ProcessRecord | undefined {
    const { forkedBy } = process
    if (forkedBy !== undefined) return this.#living(forkedBy) ?? forkedBy
    const parent = this.#byPid.get(process.parentPid)
    return parent !== undefined && parent !== process && parent.startTicks <= process.startTicks ? parent : undefined
  }

  #living({ pid, startTicks }: ProcessRecord): ProcessRecord | undefined {
    const now = this.#byPid.get(pid)
    return now?.startTicks === startTicks ? now : undefined
  }

  childrenOf(process: ProcessRecord): readonly ProcessRecord[] {
    this.#childrenOf ??= this.#listChildren()
    return this.#childrenOf.get(process.pid) ?? []
  }

  #listChildren(): Map<number, ProcessRecord[]> {
    const childrenOf = new Map<number, ProcessRecord[]>()
    for (const process of this.#byPid.values()) {
      const parent = this.parentOf(process)
      if (parent === undefined || parent.ended === true) continue
      const siblings = childrenOf.get(parent.pid)
      if (siblings === undefined) childrenOf.set(parent.pid, [process])
      else siblings.push(process)
    }
    return childrenOf
  }

  /** From the parent up, 64 at most. */
  *ancestorsOf(process: ProcessRecord): Generator<ProcessRecord> {
    let parent = this.parentOf(process)
    for (let step = 0; parent !== undefined && parent.pid > 1 && step < MAX_DEPTH; step++) {
      yield parent
      parent = this.parentOf(parent)
    }
  }

  /**
   * The processes of this program above it, itself first: one that has started itself again, or left a daemon behind, is
   * one program. They may have ended.
   */
  lineOf(process: ProcessRecord): readonly ProcessRecord[] {
    const line = [process]
    let below = process
    for (const ancestor of this.ancestorsOf(process)) {
      if (!sameProgram(ancestor, below)) break
      line.push(ancestor)
      below = ancestor
    }
    return line
  }

  /** Of a program whose process has ended, the oldest that it left behind. */
  heirOf(ended: ProcessRecord): ProcessRecord | undefined {
    let heir: ProcessRecord | undefined
    for (const process of this.#byPid.values()) {
      if (process.forkedBy !== ended || (heir !== undefined && heir.startTicks <= process.startTicks)) continue
      if (sameProgram(process, ended)) heir = process
    }
    return heir
  }

  /**
   * Does it belong to an agent that is known? What runs below one of its tools does not: an agent that another runs as a
   * tool is an agent of its own.
   */
  belongsToKnown(process: ProcessRecord, isKnown: (process: ProcessRecord) => boolean): boolean {
    if (isKnown(process)) return true
    let belowTool = false
    let below = process
    for (const ancestor of this.ancestorsOf(process)) {
      if (standsAlone(below) && !sameProgram(below, ancestor)) belowTool = true
      if (isKnown(ancestor)) return !belowTool || sameProgram(process, ancestor)
      below = ancestor
    }
    return false
  }
}

const MAX_DEPTH = 64
