import { join } from 'node:path'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { emptyOwnFile } from '../../system/files/own-file.ts'
import { isPassingFault } from '../../system/files/transient-errors.ts'
import { type Database, isLocked, openDatabase } from '../../system/sqlite/sqlite.ts'

/** Who holds the data folder: for a person who finds it held. */
export interface Holder {
  readonly pid: number
  readonly host: string
  /** Milliseconds since 1970. */
  readonly since: number
}

const SCHEMA = `CREATE TABLE IF NOT EXISTS holder (
  id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL, host TEXT NOT NULL, since INTEGER NOT NULL) STRICT`

/**
 * Two directories on one folder would give out the same order numbers. Held as a write lock on a file of the folder: it
 * belongs to the file and not to its path, and the system takes it back however this process ends.
 *
 * @throws `CONFLICT` when another has it, naming its process; and as `openDatabase`.
 */
export function serveAlone(dataFolder: string, self: Holder): Disposable {
  const path = join(dataFolder, 'serving.sqlite')
  try {
    return lockOf(path, dataFolder, self)
  } catch (cause) {
    if (codeOf(cause) === 'CONFLICT' || isPassingFault(cause)) throw cause
    // It is damaged and holds nothing of worth. A new file in its place would not have the lock of another server.
    emptyOrThrow(path, cause)
    return lockOf(path, dataFolder, self)
  }
}

function lockOf(path: string, dataFolder: string, self: Holder): Disposable {
  const lock = openDatabase(path, { busyTimeoutMs: 0 })
  try {
    // Said before the lock is held for good, for what is inside a transaction nobody else can read.
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
      `another surety-directory${holder} serves ${dataFolder}: end that one, or give this one a data folder of its own`,
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

/** @throws `cause` where the file is not ours to empty: that says more than why it cannot be emptied. */
function emptyOrThrow(path: string, cause: unknown): void {
  try {
    emptyOwnFile(path)
  } catch {
    throw cause
  }
}
