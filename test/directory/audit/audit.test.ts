import { randomBytes } from 'node:crypto'
import { SuretyError } from '../../../src/base/errors.ts'
import { recordBounded } from '../../../src/directory/activity/activity.ts'
import { tokens } from '../../../src/directory/enrolment/tokens.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../src/directory/store/directory-store.ts'
import { AUDIT_ACTS } from '../../../src/protocol/nouns/directory/events.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const DEVICE = 'one'
/** Well above the daily limit of activity. */
const MANY = 300

function setUp() {
  const database = migratedStore()
  const store = directoryStore(sqliteDatabase(database))
  const tokensOn = (on: DirectoryStore) =>
    tokens(
      { store: on, clock: new FakeClock(), random: (bytes) => new Uint8Array(randomBytes(bytes)) },
      { url: () => 'wss://directory.example', pins: { ca: 'A'.repeat(43), root: 'A'.repeat(43) }, knowsMakers: false },
    )
  return { database, store, tokensOn }
}

const create = { owner: 'ada', ttlMs: 60_000, minimumTier: 'software' } as const

test('keeps every act of an administrator, however many there are in a day', async () => {
  const { store, tokensOn } = setUp()
  const service = tokensOn(store)
  const ids: string[] = []
  for (let made = 0; made < MANY; made++) ids.push((await service.create(create, 'adm_1')).id)
  for (const id of ids) await service.revoke(id, 'adm_2')
  const subjects = async (kind: 'token-created' | 'token-revoked') =>
    (await store.events.list({ limit: 1000, kind })).map(({ actor, facts }) => ({ actor, facts }))
  const oldestLast = ids.toReversed()
  expect(await subjects('token-created')).toEqual(
    oldestLast.map((token) => ({ actor: 'adm_1', facts: { token, owner: 'ada', minimumTier: 'software' } })),
  )
  expect(await subjects('token-revoked')).toEqual(oldestLast.map((token) => ({ actor: 'adm_2', facts: { token } })))
})

test.each(AUDIT_ACTS)('keeps every %s that concerns a device which floods its activity', async (act) => {
  const { store } = setUp()
  for (let at = 0; at < MANY; at++) {
    await recordBounded(store, { at, kind: 'gap', device: DEVICE })
    await store.audit.add({ at, actor: 'adm_1', act, subject: `${at}`, device: DEVICE, details: {} })
  }
  expect(await store.events.list({ limit: 1000, device: DEVICE, kind: act })).toHaveLength(MANY)
  expect((await store.events.list({ limit: 1000, device: DEVICE, kind: 'gap' })).length).toBeLessThan(MANY)
})

test('an act whose record cannot be written does not happen', async () => {
  const { store, tokensOn } = setUp()
  const broken = {
    ...store,
    audit: {
      async add() {
        throw new SuretyError('STORE_FAILED', 'the disk is full')
      },
    },
  }
  expect(await codeThrown(() => tokensOn(broken).create(create, 'adm_1'))).toBe('STORE_FAILED')
  expect((await store.tokens.list({ limit: 10 }, 0)).items).toEqual([])
})

test.each(['UPDATE audit SET actor = 0', 'DELETE FROM audit'])('the database refuses %s', async (statement) => {
  const { database, store } = setUp()
  await store.audit.add({ at: 1, actor: 'adm_1', act: 'retired', subject: DEVICE, device: DEVICE, details: {} })
  expect(() => database.exec(statement)).toThrow('audit is append only')
})
