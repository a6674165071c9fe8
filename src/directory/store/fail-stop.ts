import { describeError, SuretyError } from '../../base/errors.ts'
import { sqliteCodeOf } from '../../system/files/transient-errors.ts'
import { type Database, inTransaction, type Row, type Statement } from '../../system/sqlite/sqlite.ts'

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB of sqlite3.h. */
const FINAL_CODES: readonly (number | undefined)[] = [10, 11, 26]

/**
 * Makes a database fail for good after its first I/O error, because a sync that follows a failed one proves nothing (see
 * `openDatabase`), and after the first damaged page, because there may be more.
 *
 * A transaction in which the store failed is always undone, even if its work catches the error: SQLite may have ended the
 * transaction already, and later statements would commit on their own.
 *
 * @param onFailure called once, with the error that every later call throws.
 */
export function failStop(database: Database, onFailure: (error: SuretyError) => void): Database {
  let failure: SuretyError | undefined
  let failedInTransaction: SuretyError | undefined
  let depth = 0

  const requireUsable = () => {
    const refusal = failure ?? failedInTransaction
    if (refusal !== undefined) throw refusal
  }
  /** @returns the error to throw instead. */
  const record = (error: unknown): unknown => {
    if (!(error instanceof SuretyError)) return error
    const final = FINAL_CODES.includes(sqliteCodeOf(error.cause))
    if (error.code !== 'STORE_FAILED' && !final) return error
    if (failure === undefined && final) {
      failure = new SuretyError(error.code, `the database failed and is not used any more: ${describeError(error)}`, {
        cause: error.cause,
      })
      onFailure(failure)
    }
    if (depth > 0) failedInTransaction ??= error
    return failure ?? error
  }
  const attempt = <T>(work: () => T): T => {
    requireUsable()
    try {
      return work()
    } catch (error) {
      throw record(error)
    }
  }

  const begin = () => {
    const transaction = attempt(() => database.begin())
    depth++
    let isOpen = true
    const end = () => {
      if (isOpen && --depth === 0) failedInTransaction = undefined
      isOpen = false
    }
    return {
      commit() {
        attempt(() => transaction.commit())
        end()
      },
      rollback() {
        end()
        try {
          transaction.rollback()
        } catch (error) {
          throw record(error)
        }
      },
    }
  }
  return {
    exec: (sql) => attempt(() => database.exec(sql)),
    prepare: (sql) =>
      watched(
        attempt(() => database.prepare(sql)),
        attempt,
      ),
    transaction: (work) => inTransaction(begin, work),
    begin,
    close: () => database.close(),
    [Symbol.dispose]: () => database.close(),
  }
}

function watched(statement: Statement, attempt: <T>(work: () => T) => T): Statement {
  return {
    run: (...values) => attempt(() => statement.run(...values)),
    get: (...values) => attempt(() => statement.get(...values)),
    all: (...values) => attempt(() => statement.all(...values)),
    iterate: (...values) =>
      watchedRows(
        attempt(() => statement.iterate(...values)),
        attempt,
      ),
  }
}

function* watchedRows(rows: IterableIterator<Row>, attempt: <T>(work: () => T) => T): IterableIterator<Row> {
  try {
    for (let next = attempt(() => rows.next()); next.done !== true; next = attempt(() => rows.next())) yield next.value
  } finally {
    rows.return?.()
  }
}
