import { join } from 'node:path'
import { SqliteDatabase } from '../../../src/directory/sql/sqlite-database.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A database with a table of names, and how many transactions and savepoints it began. */
function openNames(folder: string) {
  const connection = openDatabase(join(folder, 'names.sqlite'))
  connection.exec('CREATE TABLE names (name TEXT PRIMARY KEY)')
  let begun = 0
  const database = new SqliteDatabase({
    ...connection,
    begin() {
      begun++
      return connection.begin()
    },
  })
  const all = database.prepare('SELECT name FROM names ORDER BY name')
  return {
    database,
    begun: () => begun,
    names: async () => (await all.all()).map(({ name }) => name),
    [Symbol.dispose]: () => connection.close(),
  }
}

async function failing(work: () => Promise<unknown>): Promise<never> {
  await work()
  throw new Error('refused')
}

test.each([
  ['INSERT INTO names VALUES (?)', 'run'],
  ['INSERT INTO names VALUES (?) RETURNING name', 'get'],
  ['WITH asked (name) AS (SELECT ?) INSERT INTO names SELECT name FROM asked WHERE true RETURNING name', 'all'],
] as const)('undoes what a failed part of a transaction wrote: %s', async (sql, how) => {
  using folder = temporaryFolder()
  using opened = openNames(folder.path)
  const { database, names } = opened
  const write = database.prepare(sql)
  await database.transaction(async () => {
    await write[how]('before')
    await expect(database.transaction(() => failing(() => write[how]('undone')))).rejects.toThrow('refused')
    await write[how]('after')
  })
  expect(await names()).toEqual(['after', 'before'])
})

test('a part that fails also undoes the parts in it that succeeded', async () => {
  using folder = temporaryFolder()
  using opened = openNames(folder.path)
  const { database, names } = opened
  const add = database.prepare('INSERT INTO names VALUES (?)')
  await database.transaction(async () => {
    const inner = () => database.transaction(() => add.run('inner'))
    await expect(database.transaction(() => failing(inner))).rejects.toThrow('refused')
    await database.transaction(() => database.snapshot(() => database.transaction(() => add.run('kept'))))
  })
  expect(await names()).toEqual(['kept'])
})

test('a part that only reads begins no savepoint, and its failure undoes nothing', async () => {
  using folder = temporaryFolder()
  using opened = openNames(folder.path)
  const { database, names, begun } = opened
  const add = database.prepare('INSERT INTO names VALUES (?)')
  await database.transaction(async () => {
    await add.run('kept')
    await database.transaction(names)
    await expect(database.transaction(() => failing(names))).rejects.toThrow('refused')
  })
  expect([await names(), begun()]).toEqual([['kept'], 1])
})
