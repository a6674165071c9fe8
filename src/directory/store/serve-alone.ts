import { join } from 'node:path'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { emptyOwnFile } from '../../system/files/own-file.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import { type Database, isLocked, openDatabase } from '../../system/sqlite/sqlite.ts'

/** The process that serves a data folder, for the error message of a second one. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Milliseconds since 1970. */
  readonly since: number
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS holder (
  id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL, host TEXT NOT NULL, since INTEGER NOT NULL) STRICT`

/**
 * Locks the data folder: two directories on one folder would issue the same order numbers. The lock is a write lock on a file
 * in the folder. It belongs to the file, not to the path, and the system releases it however the process ends.
 *
 * @throws `CONFLICT` if another process has it; and as `openDatabase`.
 */
export function serveAlone(dataFolder: string, self: Holder): Disposable {
  const path = join(dataFolder, 'serving.sqlite')
  try {
    return lockOf(path, dataFolder, self)
  } catch (cause) {
    if (codeOf(cause) === 'CONFLICT' || isPassingFault(cause)) throw cause
    // The file is damaged and has no data worth keeping. It is emptied in place: a new file would not have another server's lock.
    emptyOrThrow(path, cause)
    return lockOf(path, dataFolder, self)
  }
}

function lockOf(path: string, dataFolder: string, self: Holder): Disposable {
  const lock = openDatabase(path, { busyTimeoutMs: 0 })
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
    const holder = holderIn(lock)
    throw new SuretyError(
      'CONFLICT',
      `another surety-directory${holder} serves ${dataFolder}: stop it, or use another data folder`,
      { cause },
    )
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
