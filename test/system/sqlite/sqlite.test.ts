import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const modeOf = (path: string) => statSync(path).mode & 0o777

test('keeps what was committed after reopening, unreadable for other users', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  {
    using database = openDatabase(path)
    database.exec('CREATE TABLE t(n INTEGER, b BLOB)')
    database.transaction(() => database.prepare('INSERT INTO t VALUES (?, ?)').run(1, new Uint8Array([7])))
    expect([modeOf(path), modeOf(`${path}-wal`)]).toEqual([0o600, 0o600])
  }
  using again = openDatabase(path, { readOnly: true })
  expect(again.prepare('SELECT * FROM t').all()).toEqual([{ n: 1, b: new Uint8Array([7]) }])
})

test('commits are on disk, not only in the cache', () => {
  using folder = temporaryFolder()
  using database = openDatabase(join(folder.path, 'a.db'))
  const pragma = (name: string) => database.prepare(`PRAGMA ${name}`).get()?.[name]
  expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys')]).toEqual(['wal', 2, 1])
})

test('a transaction that throws leaves nothing, a nested one undoes only itself', () => {
  using database = openDatabase(':memory:')
  database.exec('CREATE TABLE t(n INTEGER UNIQUE)')
  const insert = database.prepare('INSERT INTO t VALUES (?)')
  database.transaction(() => {
    insert.run(1)
    expect(() =>
      database.transaction(() => {
        insert.run(2)
        throw new TypeError('undo')
      }),
    ).toThrow('undo')
  })
  expect(() =>
    database.transaction(() => {
      insert.run(3)
      throw new TypeError('undo')
    }),
  ).toThrow('undo')
  expect([...database.prepare('SELECT n FROM t').iterate()]).toEqual([{ n: 1 }])
})

test.each([
  ['a broken constraint', 'CONFLICT', 'INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)'],
  ['wrong SQL', 'STORE_FAILED', 'NONSENSE'],
])('%s is %s', async (_, code, sql) => {
  using database = openDatabase(':memory:')
  database.exec('CREATE TABLE t(n INTEGER UNIQUE)')
  expect(await codeThrown(() => database.exec(sql))).toBe(code)
})

test('a file that is no database is corrupt, and stays as it is', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  writeFileSync(path, 'no database'.repeat(1000))
  expect(await codeThrown(() => openDatabase(path))).toBe('STORE_CORRUPT')
  expect(statSync(path).size).toBe(11_000)
})

test('a folder that others can write to is refused', async () => {
  using folder = temporaryFolder()
  const open = join(folder.path, 'open')
  mkdirSync(open)
  chmodSync(open, 0o777)
  expect(await codeThrown(() => openDatabase(join(open, 'a.db')))).toBe('STORE_FAILED')
})

test('a link in place of the database is refused', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.db')
  symlinkSync(join(folder.path, 'elsewhere'), path)
  expect(await codeThrown(() => openDatabase(path))).toBe('STORE_FAILED')
})

test('a statement is prepared when it is first used', async () => {
  using database = openDatabase(':memory:')
  const count = database.prepare('SELECT count(*) AS n FROM t')
  expect(await codeThrown(() => count.get())).toBe('STORE_FAILED')
  database.exec('CREATE TABLE t(n INTEGER)')
  expect(count.get()).toEqual({ n: 0 })
})
