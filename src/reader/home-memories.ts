import { randomInt } from 'node:crypto'
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { describeError, SuretyError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { MEMORY_MAX_BYTES } from '../discovery/files/home-memory.ts'
import { errnoOf } from '../system/files/file-errors.ts'
import { requirePrivateFolder } from '../system/files/own/private-folder.ts'
import { ownRights } from '../system/files/this-system.ts'

/**
 * Memories of homes, a file for each person, in a folder that only we may see. They are handed on as bytes and cost the
 * daemon nothing while nobody looks. Nothing is synced: a memory that is lost or torn costs one whole look. What cannot be
 * read or kept is logged and is no memory; nothing here throws.
 */
export interface HomeMemories {
  /** Undefined when there is none. It may fail while it is read. */
  open(userId: string): Readable | undefined
  saver(userId: string): MemorySaver
  /** What `open` handed on was not whole. */
  damaged(userId: string, error?: unknown): void
}

/** Takes a new memory; the old one stays unless it is kept. */
export interface MemorySaver extends Disposable {
  write(bytes: Uint8Array): void
  keep(): void
}

export interface HomeMemoriesComponents {
  readonly log: Pick<Log, 'warn'>
  /** True if this scan must start without a memory. Called for each scan. Absent: never. */
  readonly forgets?: () => boolean
}

export interface HomeMemoriesInit {
  readonly folder: string
}

/** About twice a day where homes are looked at every five minutes, which is where somebody works; else once in days. */
const FORGOTTEN_ONCE_IN = 144

/**
 * Now and then, and nobody can foresee when: what is written through a mapping into a page that was not written back yet
 * changes a file and no mark of it.
 */
export function forgetsNowAndThen(): boolean {
  return randomInt(FORGOTTEN_ONCE_IN) === 0
}

export function homeMemories({ log, forgets }: HomeMemoriesComponents, { folder }: HomeMemoriesInit): HomeMemories {
  const fileOf = (userId: string) => join(folder, userId)
  const damaged = (userId: string, error: unknown = DAMAGED) => {
    log.warn('the memory of a home is of no use: it is read again', { user: userId, reason: reasonOf(error) })
  }
  return {
    open(userId) {
      if (forgets?.() === true) return undefined
      try {
        return openOwn(folder, fileOf(userId))
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') damaged(userId, error)
        return undefined
      }
    },
    saver(userId) {
      const onFault = (error: unknown) =>
        log.warn('what was seen of a home cannot be kept', { user: userId, reason: reasonOf(error) })
      return new FileSaver({ onFault }, { folder, file: fileOf(userId) })
    },
    damaged,
  }
}

const DAMAGED = new SuretyError('STORE_FAILED', 'it is damaged')

/** Only what we have written ourselves. @throws what is in the way; `ENOENT` when there is nothing. */
function openOwn(folder: string, file: string): Readable {
  // No link is followed and no FIFO waited for.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    requirePrivateFolder(folder)
    requireOwn(file, fstatSync(fd))
    return createReadStream('', { fd })
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

function requireOwn(path: string, found: Stats): void {
  const { isOurs, canOthersWrite } = ownRights().of(path, found)
  const fault = !found.isFile()
    ? 'it is no file'
    : !isOurs
      ? 'it belongs to somebody else'
      : canOthersWrite
        ? 'others may write to it'
        : found.size > MEMORY_MAX_BYTES
          ? 'it is too large'
          : undefined
  if (fault !== undefined) throw new SuretyError('STORE_FAILED', fault)
}

function reasonOf(error: unknown): string {
  return error instanceof SuretyError ? describeError(error) : (errnoOf(error) ?? 'failed unexpectedly')
}

class FileSaver implements MemorySaver {
  readonly #onFault: (error: unknown) => void
  readonly #folder: string
  readonly #file: string
  #open: number | undefined
  #size = 0
  #failed = false

  constructor(components: { onFault: (error: unknown) => void }, init: { folder: string; file: string }) {
    this.#onFault = components.onFault
    this.#folder = init.folder
    this.#file = init.file
  }

  write(bytes: Uint8Array): void {
    this.#size += bytes.length
    this.#attempt(() => {
      if (this.#size > MEMORY_MAX_BYTES) throw new SuretyError('STORE_FAILED', 'it is too large')
      this.#open ??= this.#begin()
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#open, bytes, at)
    })
  }

  keep(): void {
    if (this.#size === 0) return
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

  #begin(): number {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    requirePrivateFolder(this.#folder)
    // Left behind by a killed process, or of unknown origin.
    rmSync(this.#new, { force: true })
    return openSync(this.#new, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
  }

  #close(): void {
    const open = this.#open
    this.#open = undefined
    if (open !== undefined) this.#attempt(() => closeSync(open), true)
  }

  /** A full disk costs only the memory. Only the first fault is logged. */
  #attempt(act: () => void, always = false): void {
    if (this.#failed && !always) return
    try {
      act()
    } catch (error) {
      if (!this.#failed) this.#onFault(error)
      this.#failed = true
    }
  }
}
