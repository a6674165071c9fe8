import { ofOwner } from '../../../src/directory/sql/person.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { humanSummaryStore } from '../../../src/directory/summary/human-summary-store.ts'
import type { Database, SqlValue } from '../../../src/system/sqlite/sqlite.ts'

const TABLES = ['devices', 'pending_devices', 're_enrolments', 'preregistrations'] as const

function planOf(database: Database, sql: string, values: readonly SqlValue[] = []): readonly string[] {
  return database
    .prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => `${detail}`)
}

test.each(TABLES)('what an owner has in %s is found by indexes', (table) => {
  using database = openStore(':memory:')
  const values: SqlValue[] = []
  const sql = ofOwner(table, 'Ada', (value) => `?${values.push(value)}`)
  expect(planOf(database, sql, values).filter((step) => step.startsWith('SCAN'))).toEqual([])
})

test('no part of the summary of a person reads a whole table', () => {
  using database = openStore(':memory:')
  const plans: (readonly string[])[] = []
  humanSummaryStore(
    sqliteDatabase({
      ...database,
      prepare(sql) {
        plans.push(planOf(database, sql))
        return database.prepare(sql)
      },
    }),
  )
  const scans = plans.flat().filter((step) => /^SCAN (?!\(|subquery|c$|CONSTANT)/.test(step))
  expect(scans).toEqual([])
})
