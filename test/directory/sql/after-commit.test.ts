import { join } from 'node:path'
import { SqliteDatabase } from '../../../src/directory/sql/sqlite-database.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

test('what a commit asks for comes after what waits, also after one that throws', async () => {
  using folder = temporaryFolder()
  using connection = openDatabase(join(folder.path, 'rows.sqlite'))
  connection.exec('CREATE TABLE rows (number INTEGER PRIMARY KEY, name TEXT)')
  const database = new SqliteDatabase(connection)
  const add = database.prepare('INSERT INTO rows (name) VALUES (?)')
  const done: Promise<unknown>[] = []
  const committed = database.transaction(async () => {
    await add.run('inside')
    database.afterCommit(() => {
      throw new Error('a listener')
    })
    database.afterCommit(() => done.push(add.run('asked for')))
    await new Promise((resolve) => setImmediate(resolve))
  })
  done.push(add.run('waits'))
  await expect(committed).rejects.toThrow('a listener')
  await Promise.all(done)
  const rows = await database.prepare('SELECT name FROM rows ORDER BY number').all()
  expect(rows.map(({ name }) => name)).toEqual(['inside', 'waits', 'asked for'])
})
