import { lstatSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../../system/file-errors.ts'
import { isPassingFault } from '../../system/passing-fault.ts'
import { type Database, isLocked, openDatabase } from '../../system/sqlite.ts'

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
 * @throws `CONFLICT` when another has it, naming its process, or when the database has a second name elsewhere.
 */
export function serveAlone(dataFolder: string, self: Holder): Disposable {
  requireOneName(join(dataFolder, 'directory.sqlite'))
  const path = join(dataFolder, 'serving.sqlite')
  try {
    return lockOf(path, dataFolder, self)
  } catch (cause) {
    if (codeOf(cause) === 'CONFLICT' || isPassingFault(cause)) throw cause
    // Damaged, and it holds nothing of worth. Emptied in its place: the lock of another would still be in the way.
    truncateSync(path)
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

/** By a hard link it could be served from two folders, each with a lock and a log of its own. */
function requireOneName(path: string): void {
  try {
    if (lstatSync(path).nlink <= 1) return
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return
    throw new SuretyError('STORE_FAILED', `database ${JSON.stringify(path)}: ${errnoOf(cause)}`, { cause })
  }
  throw new SuretyError(
    'CONFLICT',
    `${JSON.stringify(path)} has another name elsewhere, under which a second surety-directory could serve it: copy it in place of linking it`,
  )
}
