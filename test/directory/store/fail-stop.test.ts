import { codeOf, describeError, SuretyError } from '../../../src/base/errors.ts'
import { failStop } from '../../../src/directory/store/fail-stop.ts'
import { type Database, openDatabase, type Statement } from '../../../src/system/sqlite/sqlite.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const SQLITE_FULL = 13
const SQLITE_CORRUPT = 11
const SQLITE_IOERR_FSYNC = 1034

/** A real database whose inserts and commits fail on demand. */
function setUp() {
  const real = openDatabase(':memory:')
  real.exec('CREATE TABLE t (a INTEGER PRIMARY KEY)')
  const fault: { insert?: number; commit?: number } = {}
  const failWith = (errcode: number | undefined) => {
    if (errcode === undefined) return
    const code = errcode === SQLITE_CORRUPT ? 'STORE_CORRUPT' : 'STORE_FAILED'
    throw new SuretyError(code, 'database "x"', { cause: Object.assign(new Error('no luck'), { errcode }) })
  }
  const faulty: Database = {
    ...real,
    prepare: (sql): Statement => {
      const statement = real.prepare(sql)
      return {
        ...statement,
        run(...values) {
          failWith(fault.insert)
          return statement.run(...values)
        },
      }
    },
    begin() {
      const transaction = real.begin()
      return {
        ...transaction,
        commit() {
          failWith(fault.commit)
          transaction.commit()
        },
      }
    },
  }
  const failures: string[] = []
  const database = failStop(faulty, (error) => failures.push(error.message))
  const insert = database.prepare('INSERT INTO t VALUES (?)')
  const rows = () =>
    real
      .prepare('SELECT a FROM t')
      .all()
      .map(({ a }) => a)
  return { database, insert, fault, failures, rows }
}

const swallow = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    expect(codeOf(error)).toBe('STORE_FAILED')
  }
}

test('does not use the database after an I/O error, and reports the failure once', async () => {
  const { database, insert, fault, failures, rows } = setUp()
  insert.run(1)
  fault.commit = SQLITE_IOERR_FSYNC
  expect(await codeThrown(() => database.transaction(() => insert.run(2)))).toBe('STORE_FAILED')
  delete fault.commit
  const calls = [
    () => insert.run(3),
    () => insert.get(3),
    () => insert.all(3),
    () => [...insert.iterate(3)],
    () => database.exec('DELETE FROM t'),
    () => database.prepare('SELECT 1'),
    () => database.transaction(() => 1),
  ]
  for (const call of calls) expect(await codeThrown(call)).toBe('STORE_FAILED')
  expect(rows()).toEqual([1])
  expect(failures).toEqual(['the database failed and is not used any more: database "x": no luck'])
})

test('a damaged page stops the database for all callers', async () => {
  const { database, insert, fault, failures } = setUp()
  fault.insert = SQLITE_CORRUPT
  expect(await codeThrown(() => database.transaction(() => insert.run(1)))).toBe('STORE_CORRUPT')
  delete fault.insert
  expect(await codeThrown(() => insert.get(1))).toBe('STORE_CORRUPT')
  expect(failures).toEqual(['the database failed and is not used any more: database "x": no luck'])
})

test('a full disk ends only the transaction', async () => {
  const { database, insert, fault, failures, rows } = setUp()
  fault.insert = SQLITE_FULL
  expect(await codeThrown(() => database.transaction(() => insert.run(1)))).toBe('STORE_FAILED')
  delete fault.insert
  database.transaction(() => insert.run(2))
  expect({ rows: rows(), failures }).toEqual({ rows: [2], failures: [] })
})

test('rolls back a transaction in which the store failed, even if the error was caught', async () => {
  const { database, insert, fault, rows } = setUp()
  const transaction = () =>
    database.transaction(() => {
      insert.run(1)
      fault.insert = SQLITE_FULL
      swallow(() => database.transaction(() => insert.run(2)))
      delete fault.insert
      swallow(() => insert.run(3))
      return 'done'
    })
  expect(await codeThrown(transaction)).toBe('STORE_FAILED')
  expect(rows()).toEqual([])
  insert.run(4)
  expect(rows()).toEqual([4])
})

test('a broken constraint fails only its caller', async () => {
  const { database, insert, failures, rows } = setUp()
  database.transaction(() => {
    insert.run(1)
    expect(() => database.transaction(() => insert.run(1))).toThrow('UNIQUE')
  })
  expect({ rows: rows(), failures }).toEqual({ rows: [1], failures: [] })
})

test('reports a real full database', () => {
  const database = failStop(openDatabase(':memory:'), () => {
    throw new Error('not for good')
  })
  database.exec('CREATE TABLE t (a TEXT); PRAGMA max_page_count=3')
  const insert = database.prepare('INSERT INTO t VALUES (?)')
  const fill = () => database.transaction(() => insert.run('x'.repeat(100_000)))
  let said = ''
  try {
    fill()
  } catch (error) {
    said = describeError(error)
  }
  expect(said).toContain('database or disk is full')
  database.exec('PRAGMA max_page_count=1000')
  fill()
  expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 1 })
})
