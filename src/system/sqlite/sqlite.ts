import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import { requireOwnFile } from '../files/own/own-file.ts'
import { requirePrivateFolder } from '../files/own/private-folder.ts'
import { ownRights } from '../files/this-system.ts'
import { sqliteCodeOf } from '../files/transient-errors.ts'

/** The only door to SQLite: durable when `transaction` or `run` returns, private to its owner. */

export type SqlValue = null | number | bigint | string | Uint8Array
/** Columns by name. What a column holds is for the reader to check. */
export type Row = Readonly<Record<string, unknown>>

export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number }
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
  iterate(...values: readonly SqlValue[]): IterableIterator<Row>
}

/** All calls throw `STORE_CORRUPT`, `CONFLICT` (a constraint was broken) or `STORE_FAILED`. */
export interface Database extends Disposable {
  exec(sql: string): void
  /**
   * Keep what it returns: preparing costs more than running. It is prepared when it is first used, since a store has
   * hundreds of statements and a short run uses few. So wrong SQL throws at the first use.
   */
  prepare(sql: string): Statement
  /** Commits what `work` did, or undoes it when it throws. Inside another transaction it is a savepoint of that one. */
  transaction<T>(work: () => T): T
  /** A transaction, or inside another one a savepoint, that the caller ends. Savepoints end before what they are in. */
  begin(): Transaction
  close(): void
}

export interface Transaction {
  /** @throws why it cannot. It must then be rolled back. */
  commit(): void
  rollback(): void
}

export interface DatabaseOptions {
  readonly readOnly?: boolean
  /** How long to wait for another process that writes. */
  readonly busyTimeoutMs?: number
  /** From how many pages of the log on they are copied to their place. */
  readonly checkpointPages?: number
  /** How much of the file it keeps in memory at most; two megabytes when left out. */
  readonly cacheKib?: number
}

/**
 * Opens or makes the database at `path` (`:memory:` for one that dies with the program): WAL, `synchronous=FULL`,
 * foreign keys on, mode 0600.
 *
 * After an input or output error every call throws that error, and closing does nothing to the files: the next to open
 * them recovers from the log as after a crash.
 *
 * @throws `STORE_FAILED` (also when another user could have placed or written it), `STORE_CORRUPT`.
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const readOnly = options.readOnly ?? false
  letGoOfFailed(path)
  if (path !== ':memory:') makePrivateFile(path, readOnly)
  const raw = guard(
    path,
    () => new DatabaseSync(ownRights().plainPath(path), { readOnly, timeout: options.busyTimeoutMs ?? 5_000 }),
  )
  const connection = { path, raw }
  try {
    use(connection, () => {
      // The first statement reads the header, so that a foreign file is refused here and not at the first query.
      if (!readOnly) raw.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF')
      raw.exec('PRAGMA foreign_keys=ON; PRAGMA schema_version')
      if (options.cacheKib !== undefined) raw.exec(`PRAGMA cache_size=-${options.cacheKib}`)
      // What a process left in the log whose sync had failed may be in memory only: here it is written again and synced.
      if (!readOnly) raw.exec('PRAGMA wal_autocheckpoint=0; PRAGMA wal_checkpoint(PASSIVE)')
    })
  } catch (error) {
    close(connection)
    throw error
  }
  return wrap(connection, options.checkpointPages ?? 1_000)
}

function wrap(connection: Connection, checkpointPages: number): Database {
  const { raw } = connection
  let depth = 0
  let logSize: StatementSync | undefined
  // SQLite's own says nothing when it fails: a sync of the database that failed would never be heard of.
  const checkpoint = () =>
    use(connection, () => {
      logSize ??= raw.prepare('PRAGMA wal_checkpoint(NOOP)')
      const { log, checkpointed } = logSize.get() ?? {}
      if (Number(log) - Number(checkpointed) >= checkpointPages) raw.exec('PRAGMA wal_checkpoint(PASSIVE)')
    })
  const exec = (sql: string) => use(connection, () => raw.exec(sql))
  const begin = () => {
    const own = depth
    const name = `nested_${own}`
    exec(own === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`)
    depth++
    return {
      commit() {
        exec(own === 0 ? 'COMMIT' : `RELEASE ${name}`)
        depth = own
        if (own === 0) checkpoint()
      },
      rollback() {
        depth = own
        // A full disk may have ended the transaction already.
        if (raw.isTransaction) exec(own === 0 ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`)
      },
    }
  }
  return {
    exec,
    prepare: (sql) => prepare(connection, sql),
    transaction: (work) => inTransaction(begin, work),
    begin,
    close: () => close(connection),
    [Symbol.dispose]: () => close(connection),
  }
}

/** Runs `work` in a transaction of its own. */
export function inTransaction<T>(begin: () => Transaction, work: () => T): T {
  const transaction = begin()
  let result: T
  try {
    result = work()
    transaction.commit()
  } catch (error) {
    transaction.rollback()
    throw error
  }
  return result
}

function prepare(connection: Connection, sql: string): Statement {
  let prepared: StatementSync | undefined
  const statement = () => {
    prepared ??= connection.raw.prepare(sql)
    return prepared
  }
  return {
    run: (...values) =>
      use(connection, () => {
        const { changes, lastInsertRowid } = statement().run(...values)
        return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) }
      }),
    get: (...values) => use(connection, () => statement().get(...values)),
    all: (...values) => use(connection, () => statement().all(...values)),
    iterate: (...values) => guardedIterator(connection, () => statement().iterate(...values)),
  }
}

function* guardedIterator(connection: Connection, start: () => IterableIterator<Row>): IterableIterator<Row> {
  const rows = use(connection, start)
  const step = () => use(connection, () => rows.next())
  try {
    for (let next = step(); next.done !== true; next = step()) yield next.value
  } finally {
    rows.return?.()
  }
}

interface Connection {
  readonly path: string
  readonly raw: DatabaseSync
}

/**
 * Those that had an input or output error, with it. The system has let go of what it could not write and calls the next
 * sync a success, so nothing is done with them or with their descriptors any more.
 */
const failed = new Map<DatabaseSync, Connection & { readonly failure: SuretyError }>()

/** @throws what the connection failed with before, and as `guard`. */
function use<T>(connection: Connection, work: () => T): T {
  const earlier = failed.get(connection.raw)
  if (earlier !== undefined) throw earlier.failure
  try {
    return guard(connection.path, work)
  } catch (error) {
    if (error instanceof SuretyError && sqliteCodeOf(error.cause) === IOERR) {
      process.off('exit', endWithoutClosing).on('exit', endWithoutClosing)
      failed.set(connection.raw, { ...connection, failure: error })
    }
    throw error
  }
}

function close({ path, raw }: Connection): void {
  if (failed.has(raw)) letGoOfFailed(path, { mustClose: false })
  else if (raw.isOpen) raw.close()
}

/** @throws the failure of one that can neither be used nor closed. */
function letGoOfFailed(path: string, { mustClose } = { mustClose: true }): void {
  for (const each of failed.values()) {
    if (each.path !== path) continue
    if (closeUntouched(each)) failed.delete(each.raw)
    else if (mustClose) throw each.failure
  }
}

/**
 * Closing, SQLite would sync the log once more, copy it to its place and delete it; but only if no other connection has the
 * database open. So a second connection is open that can only read, and does none of that when it closes last.
 *
 * @returns whether it is closed. Else it stays open until the process has ended.
 */
function closeUntouched({ path, raw }: Connection): boolean {
  try {
    if (raw.isTransaction) raw.exec('ROLLBACK')
    // One that has the database to itself lets others in with its next use.
    raw.exec('PRAGMA locking_mode=NORMAL; SELECT 1 FROM sqlite_schema')
    const reading = new DatabaseSync(ownRights().plainPath(path), { readOnly: true })
    try {
      reading.exec('BEGIN; SELECT 1 FROM sqlite_schema')
      raw.close()
    } finally {
      reading.close()
    }
    return true
  } catch {
    return false
  }
}

/** Taken down piece by piece, as at an ordinary end, the program would close them. */
function endWithoutClosing(): void {
  for (const { path } of failed.values()) letGoOfFailed(path, { mustClose: false })
  if (failed.size > 0) process.exit()
}

/** SQLite would make the file with the umask's mode; its companions (-wal, -shm) take the mode of the file. */
function makePrivateFile(path: string, readOnly: boolean): void {
  requirePrivateFolder(dirname(path))
  requireOwnCompanions(path)
  const flags = readOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT
  const fd = guard(path, () => openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600))
  try {
    requireOwnFile(path, fstatSync(fd))
    if (readOnly) return
    guard(path, () => ownRights().closeFile(path, fd))
    guard(path, () => ownRights().syncFolderNow(dirname(path)))
  } finally {
    closeSync(fd)
  }
}

/** SQLite follows links to these, and takes over what is there. */
function requireOwnCompanions(path: string): void {
  for (const companion of ['-wal', '-shm', '-journal'].map((suffix) => path + suffix)) {
    const stat = lstatSync(companion, { throwIfNoEntry: false })
    if (stat !== undefined) requireOwnFile(companion, stat)
  }
}

/** Primary result codes of sqlite3.h. */
const BUSY = 5
const IOERR = 10
const CODES: Readonly<Record<number, ErrorCode>> = { 11: 'STORE_CORRUPT', 26: 'STORE_CORRUPT', 19: 'CONFLICT' }

/** What a person can do, where the disk and not a program is at fault. */
const ADVICE: Readonly<Record<number | string, string>> = {
  [BUSY]: 'another process holds it: end that one',
  8: 'its file system is read-only: check the disk, make it writable',
  [IOERR]: 'check the disk',
  13: 'make room',
  14: 'check folder and disk, make room',
  EROFS: 'its file system is read-only: check the disk, make it writable',
  ENOSPC: 'make room',
  EIO: 'check the disk',
  ELOOP: 'it is a link, which is not followed: remove it',
}

/** Is it that another process holds the database locked? */
export function isLocked(error: unknown): boolean {
  return error instanceof SuretyError && sqliteCodeOf(error.cause) === BUSY
}

function guard<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof SuretyError || cause instanceof TypeError) throw cause
    const primary = sqliteCodeOf(cause) ?? 0
    const advice = ADVICE[primary] ?? ADVICE[errnoOf(cause) ?? '']
    const message = `database ${JSON.stringify(path)}: ${messageOf(cause)}${advice === undefined ? '' : ` (${advice})`}`
    throw new SuretyError(CODES[primary] ?? 'STORE_FAILED', message, { cause })
  }
}

/** By shape, not by class: the error comes from Node's own realm. */
function messageOf(cause: unknown): string {
  return String(typeof cause === 'object' && cause !== null && 'message' in cause ? cause.message : cause)
}
