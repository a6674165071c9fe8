import { hash } from 'node:crypto'
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import { requireOwnFile } from '../files/own/own-file.ts'

/**
 * A small file beside a database that says how far it had come. SQLite cannot tell a log that was cut off from one that
 * ended there, nor an emptied file from a new one. Opening the database compares it with this file.
 *
 * Written after each commit and not synced: it costs microseconds, and after a power cut it may say less than is there,
 * never more.
 */
export interface Witness extends Disposable {
  /** What was written last; undefined when there is none or it is damaged, and then nothing can be compared. */
  read(): string | undefined
  /** Never throws: a witness that lags behind only sees less. @returns whether it says so now. */
  write(text: string): boolean
  /** Puts what was written last on disk. Never throws. @returns whether it is there. */
  sync(): boolean
  /** Forgets, before the database begins again. @throws `STORE_FAILED`. */
  remove(): void
}

/** One sector: written whole or not at all. */
const SIZE_BYTES = 512
const DIGEST_LENGTH = 43
const MAX_TEXT = SIZE_BYTES - DIGEST_LENGTH - 1

export function openWitness(path: string): Witness {
  let fd: number | undefined
  const open = () => {
    if (fd !== undefined) return fd
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600)
    requireOwnFile(path, fstatSync(fd))
    return fd
  }
  const close = () => {
    if (fd !== undefined) closeSync(fd)
    fd = undefined
  }
  const attempt = (work: () => boolean) => {
    try {
      return work()
    } catch {
      close()
      return false
    }
  }
  return {
    read: () => readText(path),
    write(text) {
      if (text.length > MAX_TEXT) throw new TypeError('a witness says one sector')
      return attempt(() => writeSync(open(), sealed(text), 0, SIZE_BYTES, 0) === SIZE_BYTES)
    },
    sync() {
      return attempt(() => {
        fsyncSync(open())
        return true
      })
    },
    remove() {
      close()
      try {
        unlinkSync(path)
      } catch (cause) {
        if (errnoOf(cause) === 'ENOENT') return
        throw new SuretyError('STORE_FAILED', `cannot remove ${JSON.stringify(path)}: ${errnoOf(cause)}`, { cause })
      }
    },
    [Symbol.dispose]: close,
  }
}

function sealed(text: string): Buffer {
  const padded = text.padEnd(MAX_TEXT)
  return Buffer.from(`${padded}${digestOf(padded)}\n`, 'latin1')
}

function readText(path: string): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!fstatSync(fd).isFile()) return undefined
    const bytes = Buffer.alloc(SIZE_BYTES + 1)
    if (readSync(fd, bytes, 0, bytes.length, 0) !== SIZE_BYTES) return undefined
    const text = bytes.toString('latin1', 0, MAX_TEXT)
    const said = bytes.toString('latin1', MAX_TEXT, SIZE_BYTES - 1)
    return said === digestOf(text) ? text.trimEnd() : undefined
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}
