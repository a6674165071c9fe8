import { closeSync, createReadStream, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { MEMORY_MAX_BYTES } from '../discovery/home-memory.ts'

/**
 * Memories of homes, a file for each person, in a folder that only we may see. They are handed on as bytes and cost the
 * daemon nothing while nobody looks. Nothing is synced: a memory that is lost or torn costs one whole look.
 */
export interface HomeMemories {
  /** Undefined when there is none. */
  open(uid: number): Readable | undefined
  saver(uid: number): MemorySaver
}

/** Takes a new memory; the old one stays unless it is kept. Never throws: a memory that cannot be kept is none. */
export interface MemorySaver extends Disposable {
  write(bytes: Uint8Array): void
  keep(): void
}

export function homeMemories(folder: string): HomeMemories {
  const fileOf = (uid: number) => join(folder, String(uid))
  return {
    open(uid) {
      const file = fileOf(uid)
      const found = statSync(file, { throwIfNoEntry: false })
      return found?.isFile() === true && found.size <= MEMORY_MAX_BYTES ? createReadStream(file) : undefined
    },
    saver: (uid) => new FileSaver(folder, fileOf(uid)),
  }
}

class FileSaver implements MemorySaver {
  readonly #folder: string
  readonly #file: string
  #open: number | undefined
  #size = 0
  #failed = false

  constructor(folder: string, file: string) {
    this.#folder = folder
    this.#file = file
  }

  write(bytes: Uint8Array): void {
    this.#size += bytes.length
    if (this.#size > MEMORY_MAX_BYTES) this.#failed = true
    this.#attempt(() => {
      if (this.#open === undefined) {
        mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
        this.#open = openSync(this.#new, 'w', 0o600)
      }
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#open, bytes, at)
    })
  }

  keep(): void {
    this.#close()
    this.#attempt(() => renameSync(this.#new, this.#file))
    // Kept, or not to be kept: there is nothing left to remove.
    if (!this.#failed) this.#size = 0
  }

  [Symbol.dispose](): void {
    this.#close()
    if (this.#size > 0) this.#attempt(() => rmSync(this.#new, { force: true }), true)
  }

  get #new(): string {
    return `${this.#file}.new`
  }

  #close(): void {
    if (this.#open !== undefined) closeSync(this.#open)
    this.#open = undefined
  }

  /** A full disk costs the memory and no more. */
  #attempt(act: () => void, always = false): void {
    if (this.#failed && !always) return
    try {
      act()
    } catch {
      this.#failed = true
    }
  }
}
