import type { ProcessRecord } from '../matching/process-record.ts'

type Name = Pick<ProcessRecord, 'pid' | 'startTicks'>
type Owned = Pick<ProcessRecord, 'pid' | 'startTicks' | 'userId'>

interface Note<T> extends Owned {
  readonly value: T
}

const MAX_PROGRAMS = 64

/**
 * What is noted of programs while they live, of 64 at most. Where there are more, the one of whom something was noted longest ago
 * makes room, among those of the person who has most: nobody has what others run forgotten by running a crowd.
 */
export class ProgramNotes<T> {
  /** By pid; that of whom something was noted last stands last. */
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

  /** Whichever process has that pid. */
  at(pid: number): T | undefined {
    return this.#notes.get(pid)?.value
  }

  set({ pid, startTicks, userId }: Owned, value: T): void {
    this.#notes.delete(pid)
    this.#notes.set(pid, { pid, startTicks, userId, value })
    if (this.#notes.size > MAX_PROGRAMS) this.#makeRoom()
  }

  /** What is no more is forgotten. */
  keep(lives: (program: Name) => boolean): void {
    for (const note of this.#notes.values()) if (!lives(note)) this.#notes.delete(note.pid)
  }

  #makeRoom(): void {
    const byOwner = Map.groupBy(this.#notes.values(), ({ userId }) => userId)
    const [first] = [...byOwner.values()].reduce((most, some) => (some.length > most.length ? some : most))
    if (first !== undefined) this.#notes.delete(first.pid)
  }
}
