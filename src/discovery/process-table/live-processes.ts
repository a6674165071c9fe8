import { Ancestry } from './ancestry.ts'
import { isBelowAgent, type Remembered } from './tracked-process.ts'

/** The records of the processes that live, each linked to who forked it, also where that has ended. */
export class LiveRecords {
  readonly #byPid = new Map<number, Remembered>()
  readonly #ancestry = new Ancestry()
  #born = 0

  /** The number of the last record that was made. */
  get born(): number {
    return this.#born
  }

  get size(): number {
    return this.#byPid.size
  }

  /** Of those that have ended, the ones that something alive descends from. */
  get endedCount(): number {
    return this.#ancestry.endedCount
  }

  /** Those that live now, whatever becomes of them meanwhile. */
  get all(): readonly Remembered[] {
    return [...this.#byPid.values()]
  }

  get(pid: number): Remembered | undefined {
    return this.#byPid.get(pid)
  }

  /** For the next record. */
  nextBorn(): number {
    return ++this.#born
  }

  /** Until it runs a program of its own it is what its parent is. */
  fork(pid: number, parent: Remembered): Remembered {
    const { atExec: _, ownSessionChildren: __, firstArgv: ___, firstThreadEnded: ____, ...program } = parent
    const child = { ...program, pid, parentPid: parent.pid, startTicks: 0, forks: 0, born: this.nextBorn() }
    this.#ancestry.link(child, parent)
    this.#byPid.set(pid, child)
    return child
  }

  /** In the place of `before`, which is the same process as the fork left it or another program that it ran. */
  put(record: Remembered, before: Remembered | undefined): void {
    if (before !== undefined) {
      const isSameProcess = before.startTicks === record.startTicks || before.startTicks === 0
      this.#ancestry.link(record, isSameProcess ? before.forkedBy : undefined)
      if (!isSameProcess) before.ended = true
      else if (before.atExec !== undefined && isBelowAgent(record)) record.firstArgv = before.firstArgv ?? before.argv
      this.#ancestry.leave(before, () => this.#byPid.values())
    }
    this.#byPid.set(record.pid, record)
  }

  /** @returns what has ended. */
  end(pid: number): Remembered | undefined {
    const record = this.#byPid.get(pid)
    if (record === undefined) return undefined
    this.#byPid.delete(pid)
    record.ended = true
    this.#ancestry.leave(record, () => this.#byPid.values())
    return record
  }
}
