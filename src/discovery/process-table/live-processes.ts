import { Ancestry } from './ancestry.ts'
import { isBelowAgent, type TrackedProcess } from './tracked-process.ts'

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
