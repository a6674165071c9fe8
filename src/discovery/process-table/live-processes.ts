import { isBelowAgent, type TrackedProcess } from './tracked-process.ts'

/** Links above one process. */
const MAX_DEPTH = 32
/** Ended records, which are kept only for their descendants. */
const MAX_ENDED = 10_000

/**
 * Links each process to the one that forked it. An ended process is kept while a live process descends from it.
 * When a line grows too long, or too many are kept, ended processes that were no agents are cut out of the line. So a
 * program that forks and exits again and again stays linked to the agent that started it.
 */
class Ancestry {
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

/** Records of live processes, each linked to the process that forked it, even if that one has ended. */
export class LiveProcesses {
  readonly #byPid = new Map<number, TrackedProcess>()
  readonly #ancestry = new Ancestry()
  #serial = 0

  /** Serial of the newest record. */
  get serial(): number {
    return this.#serial
  }

  get size(): number {
    return this.#byPid.size
  }

  /** Number of ended processes with live descendants. */
  get endedCount(): number {
    return this.#ancestry.endedCount
  }

  /** A copy, so that callers may change the table while they iterate. */
  get all(): readonly TrackedProcess[] {
    return [...this.#byPid.values()]
  }

  get(pid: number): TrackedProcess | undefined {
    return this.#byPid.get(pid)
  }

  nextSerial(): number {
    return ++this.#serial
  }

  /** Adds a fork. It has the data of its parent until it runs a program of its own. */
  fork(pid: number, parent: TrackedProcess): TrackedProcess {
    const { atExec: _, ownSessionChildren: __, firstArgv: ___, firstThreadEnded: ____, ...program } = parent
    const child = { ...program, pid, parentPid: parent.pid, startTicks: 0, forks: 0, serial: this.nextSerial() }
    this.#ancestry.link(child, parent)
    this.#byPid.set(pid, child)
    return child
  }

  /** @param before the record of this pid until now: the fork, an earlier program, or another process. */
  put(record: TrackedProcess, before: TrackedProcess | undefined): void {
    if (before !== undefined) {
      const isSameProcess = before.startTicks === record.startTicks || before.startTicks === 0
      this.#ancestry.link(record, isSameProcess ? before.forkedBy : undefined)
      if (!isSameProcess) before.ended = true
      else if (before.atExec !== undefined && isBelowAgent(record)) record.firstArgv = before.firstArgv ?? before.argv
      this.#ancestry.leave(before, () => this.#byPid.values())
    }
    this.#byPid.set(record.pid, record)
  }

  /** @returns the record that ended. */
  end(pid: number): TrackedProcess | undefined {
    const record = this.#byPid.get(pid)
    if (record === undefined) return undefined
    this.#byPid.delete(pid)
    record.ended = true
    this.#ancestry.leave(record, () => this.#byPid.values())
    return record
  }
}
