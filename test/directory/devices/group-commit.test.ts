import { SuretyError } from '../../../src/base/errors.ts'
import { groupCommit } from '../../../src/directory/devices/group-commit.ts'
import { SqliteDatabase } from '../../../src/directory/sql/sqlite-database.ts'
import { openDatabase } from '../../../src/system/sqlite/sqlite.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A table of words, and what was begun, committed and undone at the outermost. */
function setUp() {
  const connection = openDatabase(':memory:')
  connection.exec('CREATE TABLE words (word TEXT PRIMARY KEY)')
  const database = new SqliteDatabase(connection)
  const insert = database.prepare('INSERT INTO words (word) VALUES (?)')
  const words = connection.prepare('SELECT word FROM words ORDER BY word')
  const seen: string[] = []
  let depth = 0
  const store = {
    async transaction<T>(work: () => Promise<T>): Promise<T> {
      if (depth++ === 0) seen.push('begin')
      let outcome = 'undone'
      try {
        const result = await database.transaction(work)
        outcome = 'commit'
        return result
      } finally {
        if (--depth === 0) seen.push(outcome)
      }
    },
  }
  const put = async (word: string) => {
    await insert.run(word)
    return word
  }
  const held = () => words.all().map(({ word }) => word)
  return { ...groupCommit(store), put, held, seen }
}

test('commits in one transaction what comes in one turn, and answers after the commit', async () => {
  const { run, put, held, seen } = setUp()
  const answers = ['a', 'b', 'c'].map((word) =>
    run(async () => put(word)).then((answer) => seen.push(`told ${answer}`)),
  )
  expect({ held: held(), seen }).toEqual({ held: [], seen: [] })
  await Promise.all(answers)
  expect({ held: held(), seen }).toEqual({
    held: ['a', 'b', 'c'],
    seen: ['begin', 'commit', 'told a', 'told b', 'told c'],
  })
})

test('while each turn brings more they are waited for, and no longer', async () => {
  const { run, put, held, seen } = setUp()
  const answers = [run(async () => put('first'))]
  for (let at = 0; at < 100 && seen.length === 0; at++) {
    answers.push(run(async () => put(`word ${at}`)))
    await turn()
  }
  await Promise.all(answers)
  expect(seen).toEqual(['begin', 'commit'])
  expect(held().length).toBe(64)
})

test('one that throws is undone alone', async () => {
  const { run, put, held, seen } = setUp()
  const outcomes = await Promise.allSettled([
    run(async () => put('a')),
    run(async () => {
      await put('b')
      throw new SuretyError('EPOCH_MISMATCH', 'not this one')
    }),
    run(async () => put('a')),
    run(async () => put('c')),
  ])
  expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code))).toEqual([
    'a',
    'EPOCH_MISMATCH',
    'CONFLICT',
    'c',
  ])
  expect({ held: held(), seen }).toEqual({ held: ['a', 'c'], seen: ['begin', 'commit'] })
})

test('one that is alone and throws leaves nothing', async () => {
  const { run, put, held, seen } = setUp()
  const failing = run(async () => {
    await put('a')
    throw new SuretyError('DEVICE_UNKNOWN', 'there is no such device')
  })
  await expect(failing).rejects.toMatchObject({ code: 'DEVICE_UNKNOWN' })
  expect({ held: held(), seen }).toEqual({ held: [], seen: ['begin', 'undone'] })
})

test('when the store fails under one, all are refused and nothing is kept', async () => {
  const { run, put, held } = setUp()
  const outcomes = await Promise.allSettled([
    run(async () => put('a')),
    run(async () => {
      throw new SuretyError('STORE_FAILED', 'the disk is full')
    }),
    run(async () => put('c')),
  ])
  expect(outcomes.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(Array(3).fill('STORE_FAILED'))
  expect(held()).toEqual([])
})

test('what comes while it commits is taken with the next', async () => {
  const { run, put, held, seen } = setUp()
  const later: Promise<string>[] = []
  await run(async () => {
    later.push(run(async () => put('b')))
    return put('a')
  })
  await Promise.all(later)
  expect({ held: held(), seen }).toEqual({ held: ['a', 'b'], seen: ['begin', 'commit', 'begin', 'commit'] })
})
