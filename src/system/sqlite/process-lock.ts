import { codeOf, SuretyError } from '../../base/errors.ts'
import { emptyOwnFile } from '../files/own/own-file.ts'
import { isPassingFault } from '../files/transient-errors.ts'
import { type Database, isLocked, openDatabase } from './sqlite.ts'

/** The process that holds a lock, for the error message of a second one. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Milliseconds since 1970. */
  readonly since: number
}

export interface ProcessLockInit {
  /** A file of its own. */
  readonly path: string
  readonly self: Holder
  /** How long to wait for another process. The whole program waits. */
  readonly waitMs: number
  /** The message for a second process. @param holder such as ` (process 12 on host, since 2026-11-29T10:00:00.000Z)`, or empty. */
  readonly refusal: (holder: string) => string
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS holder (
  id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL, host TEXT NOT NULL, since INTEGER NOT NULL) STRICT`

/**
 * A lock of one process, until it is disposed: a write lock on a file. It belongs to the file, not to the path, and the system releases
 * it however the process ends.
 *
 * @throws `CONFLICT` if another process has it; and as `openDatabase`.
 */
export function lockForProcess(init: ProcessLockInit): Disposable {
  try {
    return lockOf(init)
  } catch (cause) {
    if (codeOf(cause) === 'CONFLICT' || isPassingFault(cause)) throw cause
    // The file is damaged and has no data worth keeping. It is emptied in place: a new file would not have another process's lock.
    emptyOrThrow(init.path, cause)
    return lockOf(init)
  }
}

function lockOf({ path, self, waitMs, refusal }: ProcessLockInit): Disposable {
  const lock = openDatabase(path, { busyTimeoutMs: waitMs })
  try {
    // Committed before the lasting lock: other processes cannot read an open transaction.
    lock.transaction(() => {
      lock.exec(SCHEMA)
      const { pid, host, since } = self
      lock.prepare('INSERT OR REPLACE INTO holder VALUES (1, ?, ?, ?)').run(pid, host, since)
    })
    lock.exec('BEGIN IMMEDIATE')
    return lock
  } catch (cause) {
    using _ = lock
    if (!isLocked(cause)) throw cause
    throw new SuretyError('CONFLICT', refusal(holderIn(lock)), { cause })
  }
}

function holderIn(lock: Database): string {
  try {
    const row = lock.prepare('SELECT pid, host, since FROM holder').get()
    if (row === undefined) return ''
    return ` (process ${row.pid} on ${row.host}, since ${new Date(Number(row.since)).toISOString()})`
  } catch {
    return ''
  }
}

/** @throws `cause` if the file cannot be emptied: it says more than the second error. */
function emptyOrThrow(path: string, cause: unknown): void {
  try {
    emptyOwnFile(path)
  } catch {
    throw cause
  }
}
