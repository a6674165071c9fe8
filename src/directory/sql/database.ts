import type { Row, SqlValue } from '../../system/sqlite/sqlite.ts'

/** What the stores ask of a database, whatever engine it is. */

export type { Row, SqlValue }

export interface Statement {
  run(...values: readonly SqlValue[]): { readonly changes: number }
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
  iterate(...values: readonly SqlValue[]): IterableIterator<Row>
}

/** All calls throw `STORE_CORRUPT`, `CONFLICT` (a constraint was broken) or `STORE_FAILED`. */
export interface Database {
  /** Keep what it returns: preparing costs more than running. It is prepared when it is first used. */
  prepare(sql: string): Statement
  /** Commits what `work` did, or undoes it when it throws. Inside another transaction it is a savepoint of that one. */
  transaction<T>(work: () => T): T
}
