import { SqliteDatabase } from '../../../src/directory/sql/sqlite-database.ts'
import { statementCache } from '../../../src/directory/sql/statement-cache.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'

test('prepares SQL once while it is in use, and keeps a bounded number', async () => {
  using connection = openDatabase(':memory:')
  const database = new SqliteDatabase(connection)
  let prepared = 0
  const statementOf = statementCache({
    prepare(sql) {
      prepared++
      return database.prepare(sql)
    },
  })
  const value = async (number: number) => (await statementOf(`SELECT ${number} AS n`).get())?.n
  for (let at = 0; at < 1_000; at++) {
    expect([await value(7), await value(at)]).toEqual([7, at])
  }
  expect(prepared).toBe(1_000)
  expect(await value(999)).toBe(999)
  expect(prepared).toBe(1_000)
  expect(await value(0)).toBe(0)
  expect(prepared).toBe(1_001)
})
