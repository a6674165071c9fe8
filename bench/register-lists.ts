import { join } from 'node:path'
import { allRoutes } from '../src/directory/all-routes.ts'
import type { RouteRequest } from '../src/directory/http/route.ts'
import { inbox } from '../src/directory/seen/inbox.ts'
import { directoryStore } from '../src/directory/store/directory-store.ts'
import { openStore } from '../src/directory/store/open-store.ts'
import type { Database } from '../src/system/sqlite/sqlite.ts'
import { type Benchmark, quantile, rounded, timesMs } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const DEVICES = 100_000
const AGENTS = 500_000
const SIGHTINGS = 5_000_000
const HUMANS = 20_000
const LIMIT_MS = 50
const RUNS = 100
const NOW = 1_800_000_000_000

type Query = Readonly<Record<string, string | number>>

/** Each is one request. `at` differs from run to run. */
const QUESTIONS: readonly (readonly [operation: string, about: string, query: (at: number) => Query])[] = [
  ['getSummary', 'counts by state', () => ({})],
  ['listInbox', '', () => ({})],
  ['listInbox', '500 at once', () => ({ limit: 500 })],
  ['listInbox', 'all', () => ({ state: 'all' })],
  ['listInbox', 'blocked', () => ({ state: 'blocked' })],
  ['listInbox', 'ignored', () => ({ state: 'ignored' })],
  ['listInbox', 'common product', () => ({ product: 'product-1' })],
  ['listInbox', 'rare product', (at) => ({ product: `unknown/bot ${at * 5_000 + 4}` })],
  ['listInbox', 'device', (at) => ({ device: deviceOf(at * 997), state: 'all' })],
  ['listInbox', 'human', (at) => ({ human: idOf('hum', (at * 31) % HUMANS), state: 'all' })],
  ['listInbox', 'registration', (at) => ({ registration: idOf('agt', at * 977) })],
  ['listInbox', 'autonomous', () => ({ autonomous: 'yes' })],
  ['listInbox', 'autonomous product', () => ({ autonomous: 'yes', product: 'product-2' })],
  ['listInbox', 'deviating', () => ({ deviating: 'yes' })],
  ['listInbox', 'rare', () => ({ onAtMostDevices: 3 })],
  ['listInbox', 'rare and autonomous', () => ({ onAtMostDevices: 3, autonomous: 'yes' })],
  ['listInbox', 'rare and blocked', () => ({ onAtMostDevices: 1, state: 'blocked' })],
  ['listInbox', 'new', () => ({ newWithinDays: 7 })],
  ['listInbox', 'new and autonomous', () => ({ newWithinDays: 1, autonomous: 'yes' })],
  ['listInbox', 'search', (at) => ({ search: `bot ${at}` })],
  ['listInbox', 'search common', () => ({ search: 'b' })],
  ['listInbox', 'search and autonomous', () => ({ search: 'product', autonomous: 'yes' })],
  ['listInbox', 'beginning of an id', (at) => ({ named: idOf('sga', at * 4_999).slice(0, 20) })],
  ['listRegistrations', '', () => ({})],
  ['listRegistrations', 'active', () => ({ state: 'active' })],
  ['listRegistrations', 'suspended', () => ({ state: 'suspended' })],
  ['listRegistrations', 'owner', (at) => ({ owner: idOf('hum', (at * 31) % HUMANS) })],
  ['listRegistrations', 'name', (at) => ({ named: `agent ${at * 4_999}` })],
  ['listAgents', 'rare', () => ({ onAtMostDevices: 3 })],
]

export const registerLists: Benchmark = {
  name: 'register-lists',
  about: `one page of each list of ${AGENTS} seen agents and registrations on ${DEVICES} devices, ${SIGHTINGS} sightings`,
  unit: 'ms',
  limit: `p99 under ${LIMIT_MS} ms`,
  async run(report) {
    using folder = temporaryBenchFolder()
    using database = openStore(join(folder.path, 'directory.sqlite'))
    const startedAt = performance.now()
    fill(database)
    console.error(`filled in ${Math.round((performance.now() - startedAt) / 1000)} s`)
    const store = directoryStore(database)
    const routes = allRoutes(componentsOf(store))
    for (const [operation, about, queryOf] of QUESTIONS) {
      const route = routes.find(({ operationId }) => operationId === operation)
      if (route === undefined) throw new Error(`there is no route ${operation}`)
      let [at, cursor] = [0, undefined as unknown]
      // Every other run continues where the one before it ended.
      const cpuMs: number[] = []
      const times = await timesMs(RUNS, async () => {
        at++
        const before = process.cpuUsage()
        const query = at % 2 === 0 && cursor !== undefined ? { ...queryOf(at - 1), cursor } : queryOf(at)
        const answer = await route.answer({ query, params: {} } as unknown as RouteRequest<unknown, unknown, unknown>)
        cursor = Object(answer).next
        const { user, system } = process.cpuUsage(before)
        cpuMs.push((user + system) / 1000)
      })
      const value = quantile(times, 0.99)
      report({
        name: ['register-lists', operation, about].filter((word) => word !== '').join(' '),
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / LIMIT_MS),
        against: `${LIMIT_MS} ms; median ${rounded(quantile(times, 0.5))} ms; p99 ${rounded(quantile(cpuMs, 0.99))} ms of CPU`,
      })
    }
  },
}

function idOf(kind: 'dev' | 'hum' | 'agt' | 'sga', number: number): string {
  return `${kind}_${String(number).padStart(21, '0')}A`
}

function deviceOf(at: number): string {
  return idOf('dev', at % DEVICES)
}

/** What the routes that are asked need. */
function componentsOf(store: ReturnType<typeof directoryStore>): Parameters<typeof allRoutes>[0] {
  return {
    inbox: inbox({ store } as unknown as Parameters<typeof inbox>[0]),
    ...{ store, isConnected: () => true, connected: () => DEVICES, clock: { now: () => NOW }, version: '0' },
    policies: { current: () => ({ version: 0 }), weightOf: () => ({ weight: 'required', differs: false }) },
  } as unknown as Parameters<typeof allRoutes>[0]
}

const CHUNK = 100_000

/** Rows by SQL. Triggers and indexes are made again behind them: row by row they would take hours. */
function fill(database: Database): void {
  database.exec('PRAGMA synchronous=OFF')
  const later = database
    .prepare(
      `SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND (type = 'trigger'
         OR (type = 'index' AND tbl_name IN ('sightings', 'seen_agents', 'registrations')))
       ORDER BY type`,
    )
    .all()
  for (const { type, name } of later) database.exec(`DROP ${type} ${name}`)
  const each = (count: number, sql: string) => {
    for (let from = 0; from < count; from += CHUNK) {
      const numbers = `WITH RECURSIVE n (i) AS (SELECT ${from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${Math.min(from + CHUNK, count)})`
      database.transaction(() => database.exec(`${numbers} ${sql}`))
    }
  }
  fillDevices(database, each)
  fillSeen(each)
  for (const { sql } of later) database.transaction(() => database.exec(String(sql)))
  database.transaction(() => {
    database.exec(`
      INSERT INTO register_counts SELECT 'devices', status, count(*) FROM devices GROUP BY status;
      INSERT INTO register_counts SELECT 'humans', status, count(*) FROM humans GROUP BY status;
      INSERT INTO register_counts SELECT 'registrations', state, count(*) FROM registrations GROUP BY state;
      INSERT INTO register_counts SELECT 'seen_agents', state, count(*) FROM seen_agents GROUP BY state;
      INSERT INTO register_counts SELECT 'deviating_agents', 'now', count(*) FROM seen_agents WHERE deviations <> '[]';
      INSERT INTO fleet_items SELECT 'agent', item, count(*), count(*), count(*), count(*), min(first_seen)
        FROM seen_agents GROUP BY item;
      INSERT INTO device_items SELECT device, 'agent', item, 1, 1, autonomous, first_seen, first_seen, last_seen, NULL, NULL
        FROM seen_agents;`)
  })
  database.exec('PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)')
}

type Each = (count: number, sql: string) => void
const id = (kind: 'dev' | 'hum' | 'agt' | 'sga', number: string) => `printf('${kind}_%021dA', ${number})`

function fillDevices(database: Database, each: Each): void {
  database.exec(`INSERT INTO tokens VALUES ('t', '', 'o', NULL, 0, 'software', 0, ${NOW}, ${DEVICES}, 0, NULL)`)
  each(
    HUMANS,
    `INSERT INTO humans (id, user_name, user_key, user_skeleton, display_name, status, origin, created_at, changed_at)
     SELECT ${id('hum', 'i')}, 'user' || i, 'user' || i, 'user' || i, 'Human ' || i, 'active', 'scim', 1, 1 FROM n`,
  )
  each(
    DEVICES,
    `INSERT INTO devices (id, epoch, status, tier, owner, token, application_key, label_json, enrolled_at, head)
     SELECT ${id('dev', 'i')}, 1, 'active', 'tpm', 'user' || (i % ${HUMANS}), 't', i,
       json_object('hostname', 'laptop-' || i, 'platform', 'linux', 'arch', 'x64'), 1, '' FROM n`,
  )
  each(
    DEVICES,
    `INSERT INTO accounts (device, user_id, user_name, human, state, seen_at)
     SELECT ${id('dev', 'i')}, '1000', 'user', ${id('hum', `i % ${HUMANS}`)}, 'proposed', 1 FROM n`,
  )
}

/** Five agents on each device, the last of them on no other. Ten sightings of each, six of which have ended. */
function fillSeen(each: Each): void {
  const isBot = 'i % 5 = 4'
  const item = `iif(${isBot}, 'unknown/bot ' || i, 'product-' || ((i / 5 * 7 + i % 5) % 200))`
  const state = `CASE WHEN ${isBot} THEN CASE i / 5 % 50 WHEN 0 THEN 'blocked' WHEN 1 THEN 'ignored' ELSE 'unknown' END
    WHEN i / 5 % 3 = i % 3 THEN 'unknown' ELSE 'registered' END`
  const firstSeen = `${NOW} - (${AGENTS} - i) * 5000`
  each(
    AGENTS,
    `INSERT INTO registrations (id, name, name_key, state, state_at, owner, item, device, human, created_at, changed_at, json)
     SELECT ${id('agt', 'i')}, 'Agent ' || i, 'agent ' || i, CASE i % 50 WHEN 0 THEN 'suspended' ELSE 'active' END, 1,
       ${id('hum', `i / 5 % ${HUMANS}`)}, ${item}, ${id('dev', 'i / 5')}, '', 1, 1,
       json_object('criteria', json_object('products', json_array(${item}), 'device', ${id('dev', 'i / 5')}),
         'purpose', 'reviews', 'scope', json('{"applications":[],"dataSets":[],"tools":[]}'),
         'creator', json('{"person":{"id":"adm","name":"a"},"at":1}')) FROM n`,
  )
  each(
    AGENTS,
    `INSERT INTO seen_agents (id, device, item, product, user_id, user_name, human, name, name_key, sighting, state,
       registration, decided_by, decided_at, present, running, autonomous, version, executable, executables, deviations,
       first_seen, last_seen)
     SELECT ${id('sga', 'i')}, ${id('dev', 'i / 5')}, ${item}, ${item}, '1000', 'user', ${id('hum', `i / 5 % ${HUMANS}`)},
       ${item}, replace(${item}, 'unknown/', ''), printf('%032x', i * 10), ${state},
       iif((${state}) = 'registered', ${id('agt', 'i')}, NULL), NULL, NULL, 1, 1, i % 20 = 0, '2.1.0', '/usr/bin/agent',
       '["/usr/bin/agent"]', iif((${state}) = 'registered' AND i % 100 = 3, '["launch-changed"]', '[]'),
       ${firstSeen}, ${NOW} FROM n`,
  )
  each(
    SIGHTINGS,
    `INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, gone_at, snapshot)
     SELECT ${id('dev', 'i / 50')}, printf('%032x', i), iif(i % 10 < 3, 'agent', 'agent-file'), 'agent',
       json_object('kind', iif(i % 10 < 3, 'agent', 'agent-file'), 'id', printf('%032x', i), 'name', 'agent',
         'catalogueId', iif(i / 10 % 5 = 4, NULL, 'product-' || ((i / 50 * 7 + i / 10 % 5) % 200)),
         'evidence', json('["executable /usr/bin/agent"]'), 'state', 'running', 'agentKind', 'cli-agent',
         'user', json('{"id":"1000","name":"user"}'), 'autonomy', json('{"level":"asks","because":[]}'),
         'process', json('{"pid":7,"startTicks":1,"bootId":"b","parentPid":1,"executable":"/usr/bin/agent"}')),
       1, ${NOW}, iif(i % 10 IN (0, 3, 4, 5), NULL, ${NOW}), 's' FROM n`,
  )
}
