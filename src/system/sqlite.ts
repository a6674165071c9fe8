import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { type ErrorCode, SuretyError } from '../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import { sqliteCodeOf } from './passing-fault.ts'
import { requirePrivateFolder } from './private-folder.ts'

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
  /** Keep what it returns: preparing costs more than running. */
  prepare(sql: string): Statement
  /** Commits what `work` did, or undoes it when it throws. Inside another transaction it is a savepoint of that one. */
  transaction<T>(work: () => T): T
  close(): void
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
 * @throws `STORE_FAILED` (also when the folder can be written by others), `STORE_CORRUPT`.
 */
export function openDatabase(path: string, options: DatabaseOptions = {}): Database {
  const readOnly = options.readOnly ?? false
  if (path !== ':memory:') makePrivateFile(path, readOnly)
  const raw = guard(path, () => new DatabaseSync(path, { readOnly, timeout: options.busyTimeoutMs ?? 5_000 }))
  try {
    guard(path, () => {
      // The first statement reads the header, so that a foreign file is refused here and not at the first query.
      if (!readOnly) raw.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA trusted_schema=OFF')
      raw.exec('PRAGMA foreign_keys=ON; PRAGMA schema_version')
      if (options.cacheKib !== undefined) raw.exec(`PRAGMA cache_size=-${options.cacheKib}`)
      // What a process left in the log whose sync had failed may be in memory only: here it is written anew and synced.
      if (!readOnly) raw.exec('PRAGMA wal_autocheckpoint=0; PRAGMA wal_checkpoint(PASSIVE)')
    })
  } catch (error) {
    raw.close()
    throw error
  }
  return wrap(path, raw, options.checkpointPages ?? 1_000)
}

function wrap(path: string, raw: DatabaseSync, checkpointPages: number): Database {
  let depth = 0
  let logSize: StatementSync | undefined
  // SQLite's own says nothing when it fails: a sync of the database that failed would never be heard of.
  const checkpoint = () =>
    guard(path, () => {
      logSize ??= raw.prepare('PRAGMA wal_checkpoint(NOOP)')
      const { log, checkpointed } = logSize.get() ?? {}
      if (Number(log) - Number(checkpointed) >= checkpointPages) raw.exec('PRAGMA wal_checkpoint(PASSIVE)')
    })
  const exec = (sql: string) => guard(path, () => raw.exec(sql))
  const close = () => {
    if (raw.isOpen) raw.close()
  }
  return {
    exec,
    prepare: (sql) => prepare(path, raw, sql),
    transaction(work) {
      const name = `nested_${depth}`
      exec(depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`)
      depth++
      let result: ReturnType<typeof work>
      try {
        result = work()
        exec(depth === 1 ? 'COMMIT' : `RELEASE ${name}`)
      } catch (error) {
        // A full disk may have ended the transaction already.
        if (raw.isTransaction) exec(depth === 1 ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`)
        throw error
      } finally {
        depth--
      }
      if (depth === 0) checkpoint()
      return result
    },
    close,
    [Symbol.dispose]: close,
  }
}

function prepare(path: string, raw: DatabaseSync, sql: string): Statement {
  const statement = guard(path, () => raw.prepare(sql))
  return {
    run: (...values) =>
      guard(path, () => {
        const { changes, lastInsertRowid } = statement.run(...values)
        return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) }
      }),
    get: (...values) => guard(path, () => statement.get(...values)),
    all: (...values) => guard(path, () => statement.all(...values)),
    iterate: (...values) => guardedIterator(path, () => statement.iterate(...values)),
  }
}

function* guardedIterator(path: string, start: () => IterableIterator<Row>): IterableIterator<Row> {
  const rows = guard(path, start)
  try {
    for (let next = guard(path, () => rows.next()); next.done !== true; next = guard(path, () => rows.next())) {
      yield next.value
    }
  } finally {
    rows.return?.()
  }
}

/** SQLite would make the file with the umask's mode; its companions (-wal, -shm) take the mode of the file. */
function makePrivateFile(path: string, readOnly: boolean): void {
  requirePrivateFolder(dirname(path))
  const flags = readOnly ? constants.O_RDONLY : constants.O_RDWR | constants.O_CREAT
  const fd = guard(path, () => openSync(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600))
  try {
    if (!fstatSync(fd).isFile()) throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} is not a regular file`)
    if (readOnly) return
    guard(path, () => fchmodSync(fd, 0o600))
    guard(path, () => fsyncFolder(dirname(path)))
  } finally {
    closeSync(fd)
  }
}

function fsyncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Primary result codes of sqlite3.h. */
const BUSY = 5
const CODES: Readonly<Record<number, ErrorCode>> = { 11: 'STORE_CORRUPT', 26: 'STORE_CORRUPT', 19: 'CONFLICT' }

/** What a person can do, where the disk and not a program is at fault. */
const ADVICE: Readonly<Record<number | string, string>> = {
  [BUSY]: 'another process holds it: end that one',
  8: 'its file system is read-only: check the disk, make it writable',
  10: 'check the disk',
  13: 'make room',
  14: 'check folder and disk, make room',
  EROFS: 'its file system is read-only: check the disk, make it writable',
  ENOSPC: 'make room',
  EIO: 'check the disk',
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
