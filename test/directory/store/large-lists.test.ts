import type { Listed, ListRequest } from '../../../src/directory/http/listed.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { type DirectoryStore, directoryStore } from '../../../src/directory/store/directory-store.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

/** More than a broad search has, half of them of another name and state. */
const ALL = 21_000

let connection: Database
let store: DirectoryStore
beforeAll(() => {
  connection = migratedStore()
  connection.exec(`
    INSERT INTO humans (id, user_name, user_key, user_skeleton, display_name, status, origin, created_at, changed_at)
    VALUES ('hum_1', 'ada', 'ada', 'ada', 'Ada', 'active', 'hand', 1, 1);
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ALL})
    INSERT INTO registrations (id, name, name_key, state, state_at, owner, item, device, human, created_at, changed_at, json)
    SELECT printf('agt_%021dA', i), n.name, n.name, iif(i % 4 < 3, 'active', 'suspended'), 1, 'hum_1', '', '', '', 1, 1,
      '{"criteria":{"products":["bot"]},"purpose":"","scope":{"applications":[],"dataSets":[],"tools":[]},"creator":{"person":{"id":"adm","name":"a"},"at":1}}'
    FROM (SELECT i, iif(i % 2 = 0, 'bot ', 'agent ') || (i * 7919 % ${ALL}) AS name FROM n) n;
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${ALL})
    INSERT INTO preregistrations (id, kind, name_key, name, owner, owner_key, added_at, added_by)
    SELECT printf('pre_%021dA', i), 'serial', 'bot ' || i, 'BOT ' || i, 'Bo', iif(i % 2 = 0, 'bo', 'al'), i * 7919 % ${ALL}, 'a' FROM n;
    INSERT INTO zombies (registration, number, name_key, reasons, since, done, done_at)
    SELECT id, number, name_key, iif(number % 5 = 0, '["without-owner","idle"]', '["idle"]'), number * 31 % 1000, 'reported', 1
      FROM registrations`)
  store = directoryStore(sqliteDatabase(connection))
})
afterAll(() => connection.close())

async function all(list: (request: ListRequest) => Promise<Listed<{ id: string }>>, request: ListRequest) {
  const first = await list({ ...request, limit: 500 })
  const ids = first.items.map(({ id }) => id)
  for (let { next } = first; next !== undefined; ) {
    const page = await list({ ...request, limit: 500, cursor: next })
    ids.push(...page.items.map(({ id }) => id))
    next = page.next
  }
  return { total: first.total, ids }
}

const idsOf = (sql: string) =>
  connection
    .prepare(sql)
    .all()
    .map(({ id }) => String(id))

const BOTS = "name_key LIKE 'bot %'"
const OF_IDLE = "reasons LIKE '%idle%'"

test.each<[keyof DirectoryStore & ('registrations' | 'preregistrations' | 'zombies'), ListRequest, string]>([
  ['registrations', {}, 'SELECT id FROM registrations ORDER BY number DESC'],
  ['registrations', { state: 'active' }, "SELECT id FROM registrations WHERE state = 'active' ORDER BY number DESC"],
  ['registrations', { search: 'Bot' }, `SELECT id FROM registrations WHERE ${BOTS} ORDER BY number DESC`],
  [
    'registrations',
    { search: 'bot', state: 'active', sort: 'name' },
    `SELECT id FROM registrations WHERE ${BOTS} AND state = 'active' ORDER BY name_key, number`,
  ],
  ['registrations', { search: 'b', state: 'retired' }, 'SELECT id FROM registrations WHERE false'],
  ['preregistrations', { search: 'bo' }, 'SELECT id FROM preregistrations ORDER BY id'],
  [
    'preregistrations',
    { search: 'al', sort: 'added' },
    "SELECT id FROM preregistrations WHERE owner_key = 'al' ORDER BY added_at, id",
  ],
  ['preregistrations', { search: 'bo', sort: 'added' }, 'SELECT id FROM preregistrations ORDER BY added_at, id'],
  ['zombies', {}, 'SELECT registration AS id FROM zombies ORDER BY number'],
  ['zombies', { reason: 'idle' }, `SELECT registration AS id FROM zombies WHERE ${OF_IDLE} ORDER BY number`],
  ['zombies', { reason: 'expired' }, 'SELECT registration AS id FROM zombies WHERE false'],
  ['zombies', { search: 'bot' }, `SELECT registration AS id FROM zombies WHERE ${BOTS} ORDER BY number`],
  [
    'zombies',
    { reason: 'idle', sort: 'since', order: 'descending' },
    `SELECT registration AS id FROM zombies WHERE ${OF_IDLE} ORDER BY since DESC, number DESC`,
  ],
  [
    'zombies',
    { reason: 'without-owner', sort: 'since', search: 'bot' },
    `SELECT registration AS id FROM zombies WHERE reasons LIKE '%owner%' AND ${BOTS} ORDER BY since, number`,
  ],
])('lists each of %s once, in order and with the total: %j', async (noun, request, sql) => {
  const listed = await all((asked) => store[noun].list(asked), request)
  const ids = idsOf(sql)
  expect(listed.total).toBe(ids.length)
  expect(listed.ids).toEqual(ids)
})

test('a zombie is found by the new name of its registration, and not by the old one', async () => {
  const [id = ''] = idsOf('SELECT registration AS id FROM zombies ORDER BY number LIMIT 1')
  connection.prepare("UPDATE registrations SET name_key = 'renamed' WHERE id = ?").run(id)
  expect((await store.zombies.list({ search: 'rename' })).items).toMatchObject([{ registration: id }])
  expect((await store.zombies.list({ search: 'bot 0' })).items).toEqual([])
})

test('a new zombie has the name of its registration', async () => {
  const [id = ''] = idsOf("SELECT id FROM registrations WHERE name_key = 'agent 7919'")
  const number = Number(connection.prepare('SELECT number FROM registrations WHERE id = ?').get(id)?.number)
  await store.zombies.remove(id)
  expect((await store.zombies.list({ search: 'agent 7919' })).items).toEqual([])
  await store.zombies.put({ registration: id, number, reasons: ['idle'], done: 'reported', at: 5 })
  expect((await store.zombies.list({ search: 'agent 7919' })).items).toMatchObject([{ id, reasons: ['idle'] }])
})
