import { type Database, inTransaction } from '../../../src/system/sqlite/sqlite.ts'
import { startTestDirectory, type TestDirectory, type TestDirectoryInit } from './directory-api.ts'

/**
 * One directory for all tests of a file. After each of them its tables, its time and the connected devices are as `seed` left
 * them. What services keep in memory, such as the policy in use, is not undone: a file whose tests change that starts a
 * directory for each.
 */
export function directoryForAll(seed: (directory: TestDirectory) => unknown, init: TestDirectoryInit = {}): void {
  let directory: TestDirectory
  let undo: () => Promise<void>
  beforeAll(async () => {
    directory = await startTestDirectory({ ...init, wrap: withSavepoints })
    await seed(directory)
    undo = undoLater(directory)
  })
  afterEach(() => undo())
  afterAll(() => directory[Symbol.asyncDispose]())
}

/** @returns what undoes all that happens from now on. */
function undoLater(directory: TestDirectory): () => Promise<void> {
  const { database, sql, clock, connected, lines, delivered, resulted } = directory
  const now = clock.now()
  const devices = new Set(connected)
  const lists = [lines, delivered, resulted].map((list) => ({ list, length: list.length }))
  database.exec('SAVEPOINT of_a_test')
  return async () => {
    for (const device of [...connected]) if (!devices.has(device)) connected.delete(device)
    for (const device of devices) if (!connected.has(device)) connected.add(device)
    for (const { list, length } of lists) list.length = Math.min(list.length, length)
    clock.jump(now - clock.now())
    // Waits for transactions that are open.
    await sql.snapshot(async () => database.exec('ROLLBACK TO of_a_test'))
  }
}

/** Transactions that can be undone after they are committed. */
function withSavepoints(database: Database): Database {
  let depth = 0
  const begin = () => {
    const name = `depth_${depth++}`
    database.exec(`SAVEPOINT ${name}`)
    const end = (sql: string) => {
      depth--
      database.exec(sql)
    }
    return {
      commit: () => end(`RELEASE ${name}`),
      rollback: () => end(`ROLLBACK TO ${name}; RELEASE ${name}`),
    }
  }
  return { ...database, begin, transaction: (work) => inTransaction(begin, work) }
}
