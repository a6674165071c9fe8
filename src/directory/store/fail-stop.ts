import { describeError, SuretyError } from '../../base/errors.ts'
import { sqliteCodeOf } from '../../system/files/transient-errors.ts'
import type { Database, Row, Statement } from '../../system/sqlite/sqlite.ts'

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_NOTADB of sqlite3.h. */
const FINAL_CODES: readonly (number | undefined)[] = [10, 11, 26]

/**
 * A database that is done with after its first input or output error, for what the system says after a failed sync is
 * worth nothing (its connection is left alone then, see `openDatabase`); and once a page of it is found damaged, for there will be others. And a transaction in which the store failed can only be undone, whoever catches the failure: SQLite may have
 * ended it already, and what came after would be kept on its own.
 *
 * @param onFailure called once, with the error that every later call throws.
 */
export function failStop(database: Database, onFailure: (error: SuretyError) => void): Database {
  let failure: SuretyError | undefined
  let spoilt: SuretyError | undefined
  let depth = 0

  const refuseWhenSpoilt = () => {
    const refusal = failure ?? spoilt
    if (refusal !== undefined) throw refusal
  }
  const noted = (error: unknown): unknown => {
    if (!(error instanceof SuretyError)) return error
    const final = FINAL_CODES.includes(sqliteCodeOf(error.cause))
    if (error.code !== 'STORE_FAILED' && !final) return error
    if (failure === undefined && final) {
      failure = new SuretyError(error.code, `the store is no longer used: ${describeError(error)}`, {
        cause: error.cause,
      })
      onFailure(failure)
    }
    if (depth > 0) spoilt ??= error
    return failure ?? error
  }
  const attempt = <T>(work: () => T): T => {
    refuseWhenSpoilt()
    try {
      return work()
    } catch (error) {
      throw noted(error)
    }
  }

  return {
    exec: (sql) => attempt(() => database.exec(sql)),
    prepare: (sql) =>
      watched(
        attempt(() => database.prepare(sql)),
        attempt,
      ),
    transaction(work) {
      refuseWhenSpoilt()
      depth++
      try {
        return database.transaction(() => {
          const result = work()
          refuseWhenSpoilt()
          return result
        })
      } catch (error) {
        throw noted(error)
      } finally {
        if (--depth === 0) spoilt = undefined
      }
    },
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
