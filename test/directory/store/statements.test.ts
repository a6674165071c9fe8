import { describeError } from '../../../src/base/errors.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'

// A statement is prepared when it is first used: without this test, wrong SQL shows only where a test happens to use it.
test('SQLite prepares every statement that the directory keeps', () => {
  using database = openStore(':memory:')
  const statements: string[] = []
  const collecting: Database = {
    ...database,
    prepare(sql) {
      statements.push(sql)
      return database.prepare(sql)
    },
  }
  directoryStore(sqliteDatabase(collecting))
  const wrong = statements.flatMap((sql) => {
    try {
      // It prepares the statement and does not run it.
      database.prepare(`EXPLAIN ${sql}`).get()
      return []
    } catch (error) {
      return [`${describeError(error)}: ${sql}`]
    }
  })
  expect(wrong).toEqual([])
  expect(statements.length).toBeGreaterThan(100)
})
