import type { ProcessRecord } from '../matching/process-record.ts'

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>
type Owned = Pick<ProcessRecord, 'pid' | 'startTicks' | 'userId'>

interface Note<T> extends Owned {
  readonly value: T
}

const MAX_PROGRAMS = 64

/**
 * Keeps notes on up to 64 live programs. Beyond that it drops the oldest note of the user with the most notes, so that no
 * user can displace the notes of others by starting many programs.
 */
export class ProgramNotes<T> {
  /** By pid, in the order of the last change. */
  readonly #notes = new Map<number, Note<T>>()

  get size(): number {
    return this.#notes.size
  }

  get pids(): readonly number[] {
    return [...this.#notes.keys()]
  }

  of({ pid, startTicks }: Name): T | undefined {
    const note = this.#notes.get(pid)
    return note?.startTicks === startTicks ? note.value : undefined
  }

  /** The note of this pid, whatever its start time. */
  at(pid: number): T | undefined {
    return this.#notes.get(pid)?.value
  }

  set({ pid, startTicks, userId }: Owned, value: T): void {
    this.#notes.delete(pid)
    this.#notes.set(pid, { pid, startTicks, userId, value })
    if (this.#notes.size > MAX_PROGRAMS) this.#makeRoom()
  }

  /** Forgets programs that have ended. */
  keep(lives: (program: Name) => boolean): void {
    for (const note of this.#notes.values()) if (!lives(note)) this.#notes.delete(note.pid)
  }

  #makeRoom(): void {
    const byOwner = Map.groupBy(this.#notes.values(), ({ userId }) => userId)
    const [first] = [...byOwner.values()].reduce((most, some) => (some.length > most.length ? some : most))
    if (first !== undefined) this.#notes.delete(first.pid)
  }
}
