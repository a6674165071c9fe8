import type { TrackedProcess } from './tracked-process.ts'

/** Links above one process. */
const MAX_DEPTH = 32
/** Ended records, which are kept only for their descendants. */
const MAX_ENDED = 10_000

/**
 * Links each process to the one that forked it. An ended process is kept while a live process descends from it.
 * When a line grows too long, or too many are kept, ended processes that were no agents are cut out of the line. So a
 * program that forks and exits again and again stays linked to the agent that started it.
 */
export class Ancestry {
  #endedCount = 0

  /** Number of ended records that are kept for their descendants. */
  get endedCount(): number {
    return this.#endedCount
  }

  link(child: TrackedProcess, parent: TrackedProcess | undefined): void {
    if (parent === undefined) return
    child.forkedBy = parent
    child.depth = parent.depth + 1
    parent.forks++
    if (child.depth <= MAX_DEPTH) return
    this.#shorten(child, isEndedNonAgent)
    // Every process of the line is live or an agent: drop the farthest.
    if (child.depth > MAX_DEPTH) this.#cutFarthest(child)
  }

  /**
   * Marks a record as ended or replaced by another program.
   * @param all live records, whose lines are shortened when too many ended records are kept.
   */
  leave(record: TrackedProcess, all: () => Iterable<TrackedProcess>): void {
    if (!record.live) return
    record.live = false
    if (record.forks === 0) {
      this.#release(record)
      return
    }
    this.#endedCount++
    if (this.#endedCount <= MAX_ENDED) return
    for (const live of all()) this.#shorten(live, isEndedNonAgent)
    if (this.#endedCount > MAX_ENDED / 2) for (const live of all()) this.#shorten(live, hasEnded)
  }

  #shorten(from: TrackedProcess, over: (record: TrackedProcess) => boolean): void {
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

  #cutFarthest(from: TrackedProcess): void {
    let at = from
    for (let steps = 0; steps < MAX_DEPTH && at.forkedBy !== undefined; steps++) at = at.forkedBy
    this.#relink(at, undefined)
    from.depth = MAX_DEPTH
  }

  #relink(child: TrackedProcess, parent: TrackedProcess | undefined): void {
    const before = child.forkedBy
    child.forkedBy = parent
    if (parent !== undefined) parent.forks++
    if (before !== undefined) this.#unlink(before)
  }

  #unlink(parent: TrackedProcess): void {
    parent.forks--
    if (parent.forks > 0 || parent.live) return
    this.#endedCount--
    this.#release(parent)
  }

  /** Drops a record without descendants, and the ended parents that only it needed. */
  #release(record: TrackedProcess): void {
    const parent = record.forkedBy
    // `forkedBy` stays set: a caller may still hold this record and must see its whole line.
    if (parent !== undefined) this.#unlink(parent)
  }
}

function isEndedNonAgent(record: TrackedProcess): boolean {
  return !record.live && !record.agent
}

function hasEnded(record: TrackedProcess): boolean {
  return !record.live
}
