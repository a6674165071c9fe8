import type { Remembered } from './tracked-process.ts'

/** Links above one process. */
const MAX_DEPTH = 32
/** Records kept only for the sake of descendants. */
const MAX_ENDED = 10_000

/**
 * Who forked whom. What has ended is kept as long as something that lives descends from it, and no longer. Where a line
 * grows long or too many are kept, those between that have ended and were no agents are left out of it: a program
 * that forks, lets its child go on and ends, again and again, still hangs on the agent that began it.
 */
export class Ancestry {
  #endedCount = 0

  /** How many are kept for the sake of descendants. */
  get endedCount(): number {
    return this.#endedCount
  }

  link(child: Remembered, parent: Remembered | undefined): void {
    if (parent === undefined) return
    child.forkedBy = parent
    child.depth = parent.depth + 1
    parent.forks++
    if (child.depth <= MAX_DEPTH) return
    this.#shorten(child, isPassing)
    // Agents within agents, all alive or told of: the farthest is given up.
    if (child.depth > MAX_DEPTH) this.#cutFarthest(child)
  }

  /** It runs no more, or runs another program now. `all`: whose lines are shortened when too much is kept. */
  leave(record: Remembered, all: () => Iterable<Remembered>): void {
    if (!record.live) return
    record.live = false
    if (record.forks === 0) {
      this.#release(record)
      return
    }
    this.#endedCount++
    if (this.#endedCount <= MAX_ENDED) return
    for (const live of all()) this.#shorten(live, isPassing)
    if (this.#endedCount > MAX_ENDED / 2) for (const live of all()) this.#shorten(live, isOver)
  }

  #shorten(from: Remembered, over: (record: Remembered) => boolean): void {
    let kept = 0
    for (let at = from; at.forkedBy !== undefined; ) {
      if (over(at.forkedBy)) this.#relink(at, at.forkedBy.forkedBy)
      else {
        at = at.forkedBy
        kept++
      }
    }
    from.depth = kept
  }

  #cutFarthest(from: Remembered): void {
    let at = from
    for (let steps = 0; steps < MAX_DEPTH && at.forkedBy !== undefined; steps++) at = at.forkedBy
    this.#relink(at, undefined)
    from.depth = MAX_DEPTH
  }

  #relink(child: Remembered, parent: Remembered | undefined): void {
    const before = child.forkedBy
    child.forkedBy = parent
    if (parent !== undefined) parent.forks++
    if (before !== undefined) this.#unlink(before)
  }

  #unlink(parent: Remembered): void {
    parent.forks--
    if (parent.forks > 0 || parent.live) return
    this.#endedCount--
    this.#release(parent)
  }

  /** Nothing needs it: what was kept for its sake alone goes too. */
  #release(record: Remembered): void {
    const parent = record.forkedBy
    // Somebody may still hold the record itself, and shall not find half a line.
    if (parent !== undefined) this.#unlink(parent)
  }
}

function isPassing(record: Remembered): boolean {
  return !record.live && !record.agent
}

function isOver(record: Remembered): boolean {
  return !record.live
}
