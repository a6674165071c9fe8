import { statementCache } from '../../../src/directory/sql/statement-cache.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'

test('prepares SQL once while it is in use, and keeps a bounded number', () => {
  using database = openDatabase(':memory:')
  let prepared = 0
  const counting = {
    ...database,
    prepare(sql: string) {
      prepared++
      return database.prepare(sql)
    },
  }
  const statementOf = statementCache(counting)
  const value = (number: number) => statementOf(`SELECT ${number} AS n`).get()?.n
  for (let at = 0; at < 1_000; at++) {
    expect([value(7), value(at)]).toEqual([7, at])
  }
  expect(prepared).toBe(1_000)
  expect(value(999)).toBe(999)
  expect(prepared).toBe(1_000)
  expect(value(0)).toBe(0)
  expect(prepared).toBe(1_001)
})
