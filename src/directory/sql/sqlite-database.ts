import { AsyncLocalStorage } from 'node:async_hooks'
import type {
  Database as Connection,
  Row,
  SqlValue,
  Statement as SyncStatement,
  Transaction,
} from '../../system/sqlite/sqlite.ts'
import type { Database, Statement } from './database.ts'

/** The work of a transaction, a savepoint or a snapshot. While it is open, only its own statements run. */
interface Scope {
  readonly within: Scope | undefined
  readonly isTransaction: boolean
  /** Of a transaction. A savepoint begins before its first write: many parts of evidence change nothing. */
  begun?: Transaction
  ended: boolean
  readonly afterCommit: (() => void)[]
}

interface Waiting {
  readonly scope: Scope | undefined
  readonly run: () => void
}

/** Thrown by a commit that another transaction came before. */
export class CommitConflict extends Error {}

/** More means that the conflict does not come from others. */
const MOST_ATTEMPTS = 10

/**
 * The database of a directory that is one process on one file. All statements share one connection, so a statement waits while
 * somebody else's transaction is open: it would read what is not committed, or be undone with it.
 */
export class SqliteDatabase implements Database {
  readonly #connection: Connection
  readonly #beforeCommit: (attempt: number) => void
  readonly #current = new AsyncLocalStorage<Scope | undefined>()
  /** The innermost scope that is open. */
  #open: Scope | undefined
  #waiting: Waiting[] = []

  /** @param beforeCommit called before each commit of an outermost transaction. It may throw `CommitConflict`. */
  constructor(connection: Connection, beforeCommit: (attempt: number) => void = () => undefined) {
    connection.exec(
      `PRAGMA temp_store = MEMORY;
       CREATE TEMP TABLE IF NOT EXISTS connected_devices (device TEXT PRIMARY KEY) STRICT, WITHOUT ROWID`,
    )
    this.#connection = connection
    this.#beforeCommit = beforeCommit
  }

  prepare(sql: string): Statement {
    const statement = this.#connection.prepare(sql)
    const inTurn = <T>(work: () => T) => this.#inTurn(this.#scope(), work)
    // Also for a query that returns what it writes.
    const inSavepoint = <T>(work: () => T) =>
      inTurn(() => {
        this.#begin(this.#open)
        return work()
      })
    const query = /^\s*SELECT\b/.test(sql) ? inTurn : inSavepoint
    return {
      run: (...values) => inSavepoint(() => statement.run(...values)),
      get: (...values) => query(() => statement.get(...values)),
      all: (...values) => query(() => statement.all(...values)),
      iterate: (...values) => this.#iterate(statement, values),
    }
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#enter(true, (scope) => this.#commit(scope, attempt, work))
      } catch (error) {
        if (!(error instanceof CommitConflict) || this.#isInTransaction() || attempt === MOST_ATTEMPTS) throw error
      }
    }
  }

  snapshot<T>(work: () => Promise<T>): Promise<T> {
    return this.#enter(false, (scope) => this.#current.run(scope, work))
  }

  afterCommit(work: () => void): void {
    const scope = transactionOf(this.#scope())
    if (scope === undefined) work()
    else scope.afterCommit.push(work)
  }

  async #commit<T>(scope: Scope, attempt: number, work: () => Promise<T>): Promise<T> {
    if (transactionOf(scope.within) === undefined) this.#begin(scope)
    try {
      const result = await this.#current.run(scope, work)
      // What it started and did not wait for ends first.
      await this.#inTurn(scope, () => {
        if (transactionOf(scope.within) === undefined) this.#beforeCommit(attempt)
        scope.begun?.commit()
      })
      return result
    } catch (error) {
      scope.afterCommit.length = 0
      await this.#inTurn(scope, () => scope.begun?.rollback())
      throw error
    }
  }

  /** Begins a transaction and those around it, if they are not begun yet. */
  #begin(scope: Scope | undefined): void {
    if (scope === undefined || scope.begun !== undefined) return
    this.#begin(scope.within)
    if (scope.isTransaction) scope.begun = this.#connection.begin()
  }

  async #enter<T>(isTransaction: boolean, work: (scope: Scope) => Promise<T>): Promise<T> {
    const within = this.#scope()
    const scope: Scope = { within, isTransaction, ended: false, afterCommit: [] }
    try {
      return await this.#inTurn(within, () => {
        this.#open = scope
        return work(scope)
      })
    } finally {
      this.#leave(scope)
    }
  }

  #leave(scope: Scope): void {
    scope.ended = true
    const outer = transactionOf(scope.within)
    try {
      if (outer !== undefined) outer.afterCommit.push(...scope.afterCommit)
      else this.#current.run(undefined, () => runAll(scope.afterCommit))
    } finally {
      // Until now, so that what `afterCommit` asks for comes after what waits.
      this.#open = scope.within
      const waiting = this.#waiting
      this.#waiting = []
      for (const one of waiting) this.#runOrWait(one)
    }
  }

  /** The scope in which the caller runs. Work that outlives its scope belongs to the one around it. */
  #scope(): Scope | undefined {
    return openOf(this.#current.getStore())
  }

  #isInTransaction(): boolean {
    return transactionOf(this.#scope()) !== undefined
  }

  /** Runs `work` at once if `scope` is the one that is open, otherwise once it is. */
  #inTurn<T>(scope: Scope | undefined, work: () => T | Promise<T>): Promise<T> {
    if (scope === this.#open) return outcomeOf(work)
    return new Promise((resolve) => {
      // It runs as whom it waits for, and not as whom it waited for.
      this.#runOrWait({ scope, run: AsyncLocalStorage.bind(() => resolve(outcomeOf(work))) })
    })
  }

  #runOrWait(waiting: Waiting): void {
    if (openOf(waiting.scope) === this.#open) waiting.run()
    else this.#waiting.push(waiting)
  }

  async *#iterate(statement: SyncStatement, values: readonly SqlValue[]): AsyncGenerator<Row> {
    if (this.#scope() === undefined) throw new TypeError('rows are read one by one in a snapshot or a transaction')
    yield* statement.iterate(...values)
  }
}

async function outcomeOf<T>(work: () => T | Promise<T>): Promise<T> {
  return work()
}

/** Each runs, also after one that throws. */
function runAll(all: readonly (() => void)[]): void {
  let failure: { readonly error: unknown } | undefined
  for (const work of all) {
    try {
      work()
    } catch (error) {
      failure ??= { error }
    }
  }
  if (failure !== undefined) throw failure.error
}

function openOf(scope: Scope | undefined): Scope | undefined {
  return scope?.ended === true ? openOf(scope.within) : scope
}

function transactionOf(scope: Scope | undefined): Scope | undefined {
  return scope === undefined || scope.isTransaction ? scope : transactionOf(scope.within)
}
