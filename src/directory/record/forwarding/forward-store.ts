import { numberOf, optionalNumberOf, optionalTextOf, textOf } from '../../sql/columns.ts'
import type { Database, Row } from '../../sql/database.ts'

/** How far an outlet has followed the record. */
export interface ForwardState {
  readonly name: string
  /** Index of the next entry to send. */
  readonly position: number
  readonly deliveredAt?: number | undefined
  /** Failures in a row. */
  readonly attempts: number
  readonly nextAttemptAt?: number | undefined
  readonly failingSince?: number | undefined
  readonly problem?: string | undefined
}

export interface ForwardStore {
  all(): Promise<readonly ForwardState[]>
  get(name: string): Promise<ForwardState | undefined>
  put(state: ForwardState): Promise<void>
}

export function forwardStore(database: Database): ForwardStore {
  const all = database.prepare('SELECT * FROM record_forwards ORDER BY name')
  const one = database.prepare('SELECT * FROM record_forwards WHERE name = ?')
  const put = database.prepare('INSERT OR REPLACE INTO record_forwards VALUES (?, ?, ?, ?, ?, ?, ?)')
  return {
    all: async () => (await all.all()).map(stateOf),
    async get(name) {
      const row = await one.get(name)
      return row && stateOf(row)
    },
    async put({ name, position, deliveredAt, attempts, nextAttemptAt, failingSince, problem }) {
      const times = [deliveredAt ?? null, attempts, nextAttemptAt ?? null, failingSince ?? null]
      await put.run(name, position, ...times, problem ?? null)
    },
  }
}

function stateOf(row: Row): ForwardState {
  return {
    name: textOf(row, 'name'),
    position: numberOf(row, 'position'),
    deliveredAt: optionalNumberOf(row, 'delivered_at'),
    attempts: numberOf(row, 'attempts'),
    nextAttemptAt: optionalNumberOf(row, 'next_attempt_at'),
    failingSince: optionalNumberOf(row, 'failing_since'),
    problem: optionalTextOf(row, 'problem'),
  }
}
