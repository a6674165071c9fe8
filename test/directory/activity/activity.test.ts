import { recordBounded } from '../../../src/directory/activity/activity.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

const DAY_MS = 86_400_000
const DAILY_LIMIT = 100

function setUp() {
  const database = migratedStore()
  const store = directoryStore(sqliteDatabase(database))
  const gap = (device: string, at: number) => recordBounded(store, { at, kind: 'gap', device })
  const repeat = async (times: number, record: (index: number) => Promise<boolean>) => {
    let recorded = 0
    for (let index = 0; index < times; index++) if (await record(index)) recorded++
    return recorded
  }
  return { database, store, gap, repeat }
}

test('records a hundred of a kind, of a device, in a day, and marks the last', async () => {
  const { store, gap, repeat } = setUp()
  expect(await repeat(DAILY_LIMIT + 50, (index) => gap('one', index))).toBe(DAILY_LIMIT)
  const events = await store.events.list({ limit: 1000 })
  expect(events).toHaveLength(DAILY_LIMIT)
  expect(events.map(({ facts }) => facts).filter((facts) => JSON.stringify(facts) !== '{}')).toEqual([
    { moreNotKept: true },
  ])
  expect(events[0]).toMatchObject({ time: DAILY_LIMIT - 1, facts: { moreNotKept: true } })
})

test('one device does not use up the limit of another, nor one kind that of another', async () => {
  const { store, gap, repeat } = setUp()
  await repeat(DAILY_LIMIT + 1, () => gap('one', 1))
  expect(await gap('two', 1)).toBe(true)
  expect(await recordBounded(store, { at: 1, kind: 'forked', device: 'one' })).toBe(true)
})

test('records again a day later', async () => {
  const { gap, repeat } = setUp()
  await repeat(DAILY_LIMIT, () => gap('one', 1))
  expect([await gap('one', DAY_MS), await gap('one', DAY_MS + 1)]).toEqual([false, true])
})

test('counts refused enrolments by token, because they have no device', async () => {
  const { store, repeat } = setUp()
  const refuse = (token: string) => recordBounded(store, { at: 1, kind: 'enrolment-refused', detail: { token } })
  expect(await repeat(DAILY_LIMIT + 1, () => refuse('a'))).toBe(DAILY_LIMIT)
  expect(await refuse('b')).toBe(true)
})

test.each(['UPDATE activity SET at = 0', 'DELETE FROM activity'])('the database refuses %s', async (statement) => {
  const { database, gap } = setUp()
  await gap('one', 1)
  expect(() => database.exec(statement)).toThrow('activity is append only')
})
