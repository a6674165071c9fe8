import type { Database } from '../src/system/sqlite/sqlite.ts'
import { sizeOf } from './benchmark.ts'

/** A register as large as that of a big company. */
export const DEVICES = sizeOf(100_000, { small: 1_000 })
export const AGENTS = sizeOf(500_000, { small: 5_000 })
export const SIGHTINGS = sizeOf(5_000_000, { small: 50_000 })
export const HUMANS = sizeOf(20_000, { small: 200 })
export const NOW = 1_800_000_000_000

const CHUNK = 100_000

/** Rows by SQL. Triggers and indexes are made again behind them: row by row they would take hours. */
export function fillRegister(database: Database, { sightings = SIGHTINGS } = {}): void {
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
  fillSeen(each, sightings)
  fillLists(each)
  for (const { sql } of later) database.transaction(() => database.exec(String(sql)))
  database.transaction(() => {
    database.exec(`
      INSERT INTO register_counts SELECT 'devices', status, count(*) FROM devices GROUP BY status;
      INSERT INTO register_counts SELECT 'humans', status, count(*) FROM humans GROUP BY status;
      INSERT INTO register_counts SELECT 'registrations', state, count(*) FROM registrations GROUP BY state;
      INSERT INTO register_counts SELECT 'seen_agents', state, count(*) FROM seen_agents GROUP BY state;
      INSERT INTO register_counts SELECT 'deviating_agents', 'now', count(*) FROM seen_agents WHERE deviations <> '[]';
      INSERT INTO register_counts SELECT 'zombies', 'all', count(*) FROM zombies;
      INSERT INTO register_counts SELECT 'zombies', reason, count(*) FROM zombie_reasons GROUP BY reason;
      INSERT INTO fleet_items SELECT 'agent', item, count(*), count(*), count(*), count(*), min(first_seen)
        FROM seen_agents GROUP BY item;
      INSERT INTO device_items SELECT device, 'agent', item, 1, 1, autonomous, first_seen, first_seen, last_seen, NULL, NULL
        FROM seen_agents;`)
  })
  database.exec('PRAGMA synchronous=FULL; PRAGMA wal_checkpoint(TRUNCATE)')
}

type Each = (count: number, sql: string) => void
const id = (kind: 'dev' | 'hum' | 'agt' | 'pre' | 'sga', number: string) => `printf('${kind}_%021dA', ${number})`

function fillDevices(database: Database, each: Each): void {
  database.exec(`INSERT INTO tokens (id, secret_hash, owner, minimum_tier, created_at, expires_at, uses)
    VALUES ('t', '', 'o', 'software', 0, ${NOW}, ${DEVICES})`)
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
function fillSeen(each: Each, sightings: number): void {
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
    sightings,
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

/** Every fifth registration is a zombie, half of those for two reasons. As many preregistrations as devices, half of them used. */
function fillLists(each: Each): void {
  const zombies = AGENTS / 5
  each(
    zombies,
    `INSERT INTO zombies (registration, number, name_key, reasons, since, done, done_at)
     SELECT ${id('agt', 'i * 5')}, (SELECT number FROM registrations WHERE id = ${id('agt', 'i * 5')}), 'agent ' || (i * 5),
       iif(i % 2 = 0, '["idle"]', '["without-owner","idle"]'), ${NOW} - (i * 7919 % 100000) * 1000,
       iif(i % 4 = 0, 'warned', 'reported'), ${NOW} FROM n`,
  )
  each(
    zombies,
    `INSERT INTO zombie_reasons (reason, number)
     SELECT value, number FROM n JOIN zombies ON registration = ${id('agt', 'i * 5')}, json_each(reasons)`,
  )
  each(
    DEVICES,
    `INSERT INTO preregistrations (id, kind, name_key, name, owner, owner_key, added_at, added_by, device, enrolled_at)
     SELECT ${id('pre', 'i')}, 'serial', 'serial-' || i, 'SERIAL-' || i, 'User' || (i % ${HUMANS}), 'user' || (i % ${HUMANS}),
       ${NOW} - i * 7919 % 100000, 'administrator', iif(i % 2 = 0, ${id('dev', 'i')}, NULL), iif(i % 2 = 0, ${NOW}, NULL) FROM n`,
  )
}
