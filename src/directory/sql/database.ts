import type { Row, SqlValue } from '../../system/sqlite/sqlite.ts'

/** What the stores ask of a database, whatever engine it is. */

export type { Row, SqlValue }

export interface Statement {
  run(...values: readonly SqlValue[]): Promise<{ readonly changes: number }>
  get(...values: readonly SqlValue[]): Promise<Row | undefined>
  all(...values: readonly SqlValue[]): Promise<readonly Row[]>
  /** Reads row by row. Only inside `snapshot` or `transaction`. */
  iterate(...values: readonly SqlValue[]): AsyncIterable<Row>
}

/** All calls reject with `STORE_CORRUPT`, `CONFLICT` (a constraint was broken) or `STORE_FAILED`. */
export interface Database {
  /** Keep what it returns: preparing costs more than running. It is prepared when it is first used. */
  prepare(sql: string): Statement
  /**
   * Commits what `work` did, or undoes it when it rejects. Inside another transaction it is a savepoint of that one.
   *
   * `work` runs again when the engine cannot commit it beside another transaction. So it changes nothing but the database, and
   * what others see of it waits in `afterCommit`.
   */
  transaction<T>(work: () => Promise<T>): Promise<T>
  /** Runs reads that see the same state of the database. */
  snapshot<T>(work: () => Promise<T>): Promise<T>
  /** Runs `work` once the open transaction is committed, and never if it is undone. At once where none is open. */
  afterCommit(work: () => void): void
}
