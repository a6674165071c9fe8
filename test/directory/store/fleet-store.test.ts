import { fleetQuery, type ReadQuestion } from '../../../src/directory/fleet/stored/fleet-query.ts'
import { fleetStore } from '../../../src/directory/fleet/stored/fleet-store.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { seedFleet } from '../../support/directory/seeded-fleet.ts'
import { mcpServerSighting } from '../../support/protocol/sample-sightings.ts'

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 25)
const DEVICES = 2_000
const DEVICE = `dev_${'7'.padStart(21, '0')}A`

let database: Database
beforeAll(() => {
  database = migratedStore()
  seedFleet(database, { devices: DEVICES, sightings: 20 }, NOW)
})
afterAll(() => database.close())

const base = { kind: 'agent' as const, limit: 500, isConnected: () => true }
const QUESTIONS: readonly (readonly [string, Partial<ReadQuestion>, number | 'a page'])[] = [
  ['all agents', {}, 'a page'],
  ['which run', { state: 'running' }, 'a page'],
  ['which are unknown', { unknown: true }, DEVICES / 100],
  ['which act without asking', { autonomous: true }, DEVICES / 100],
  ['which are past their end', { endedBy: '2026-11-25' }, DEVICES / 100],
  ['which are new', { newSince: NOW - 2 * DAY_MS }, DEVICES / 100],
  ['which are rare', { onAtMost: 10 }, DEVICES / 100],
  ['which are idle', { idleSince: NOW - 30 * DAY_MS }, DEVICES / 100],
  ['where one is', { key: 'agent-2' }, 'a page'],
  ['whose product has a text in it', { search: 'AGENT-2' }, 'a page'],
  ['whose product has a common text in it', { search: 'agent', broad: true }, 'a page'],
  ['where one acts without asking', { key: 'agent-0', autonomous: true }, DEVICES / 100],
  ['what is on one device', { device: DEVICE }, 8],
  ['whether one is on one device', { device: DEVICE, key: 'agent-2' }, 1],
  ['which unknown ones run that are rare', { unknown: true, state: 'running', onAtMost: 1000 }, DEVICES / 100],
  ['which extensions are AI', { kind: 'extension', ai: true }, 0],
  ['which extensions are not AI', { kind: 'extension', ai: false }, 'a page'],
  ['which are of one account', { user: 'mallory' }, 0],
  ['which are on devices of one person', { owner: 'none@example.org' }, 0],
  ['which have a risk', { risk: 'autonomous' }, DEVICES / 100],
  ['which MCP servers have a risk', { kind: 'mcp-server', risk: 'no-tls' }, 0],
  ['which are not registered', { unregistered: true }, 0],
  ['which MCP servers', { kind: 'mcp-server' }, 'a page'],
  ['which model runtimes run', { kind: 'model-runtime', state: 'running' }, 'a page'],
]

test.each(QUESTIONS)('of thousands of devices: %s, from an index', async (_, question, count) => {
  const { sql, values } = fleetQuery({ ...base, ...question, after: { device: 'dev_', id: '' } })
  const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
  const steps = plan.map(({ detail }) => String(detail))
  // Whatever is read is read by an index: of part of the table where all of that is the answer.
  for (const step of steps.filter((each) => /^(SCAN|SEARCH)/.test(each))) {
    expect(step).toMatch(
      /^SEARCH|^SCAN s USING INDEX sightings_(unknown|autonomous|ai|running)|^SCAN . USING COVERING INDEX/,
    )
  }
  // What is sorted for a page holds nothing of what devices say, which may be a gigabyte.
  const first = database.prepare(sql).get(...values) ?? { row_id: 0, device: '' }
  expect(Object.keys(first)).toEqual(['row_id', 'device'])
  const { items, more } = await fleetStore(sqliteDatabase(database)).seen({ ...base, ...question })
  expect({ count: items.length, more }).toEqual(
    count === 'a page' ? { count: 500, more: true } : { count, more: false },
  )
})

test('triggers count gone, deleted, retired and repeated sightings', () => {
  const counted = () => ({
    items: database.prepare('SELECT * FROM device_items ORDER BY 1, 2, 3').all(),
    fleet: database.prepare('SELECT * FROM fleet_items WHERE devices > 0 ORDER BY 1, 2').all(),
  })
  const recounted = () => ({
    present: database
      .prepare(
        `SELECT device, kind, item, count(*) AS present, count(iif(state = 'running', 1, NULL)) AS running,
           sum(autonomous) AS autonomous FROM sightings WHERE gone_at IS NULL AND item IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
      )
      .all(),
    fleet: database
      .prepare(
        `SELECT s.kind, s.item, count(DISTINCT device) AS devices, count(*) AS present FROM sightings s JOIN devices d ON d.id = device
         WHERE gone_at IS NULL AND item IS NOT NULL AND d.status = 'active' GROUP BY 1, 2 ORDER BY 1, 2`,
      )
      .all(),
  })
  database.exec(`
    UPDATE sightings SET gone_at = ${NOW} WHERE rowid % 7 = 0;
    UPDATE sightings SET json = json_set(json, '$.state', 'installed') WHERE rowid % 11 = 0 AND kind = 'agent';
    UPDATE devices SET status = 'retired' WHERE id LIKE '%3A';
    UPDATE sightings SET gone_at = NULL WHERE rowid % 14 = 0;
    UPDATE devices SET status = 'active' WHERE id LIKE '%13A';
    UPDATE sightings SET json = json_set(json, '$.catalogueId', 'renamed') WHERE rowid % 13 = 0 AND kind = 'agent';
    DELETE FROM sightings WHERE gone_at IS NOT NULL AND rowid % 3 = 0;
  `)
  const [now, again] = [counted(), recounted()]
  const sightings = now.items
    .filter(({ present }) => Number(present) > 0)
    .map(({ device, kind, item, present, running, autonomous }) => ({
      device,
      kind,
      item,
      present,
      running,
      autonomous,
    }))
  // Compared as text: half a million values one by one take jest a minute.
  expect(JSON.stringify(sightings) === JSON.stringify(again.present)).toBe(true)
  expect(now.fleet.map(({ kind, item, devices, present }) => ({ kind, item, devices, present }))).toEqual(again.fleet)
})

test('the launch of an MCP server contains package, program and endpoint', () => {
  using own = migratedStore()
  const spec = { ecosystem: 'npm' as const, name: 'foo' }
  const runs = { kind: 'script' as const, name: 'a.js' }
  const endpoint = 'https://h'
  const put = own.prepare(`INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, snapshot)
    VALUES ('d', ?, 'mcp-server', 'files', ?, 5, 9, 's')`)
  for (const [index, facts] of [
    { package: spec },
    { runs },
    { endpoint },
    { command: '/opt/x' },
    { package: spec, endpoint },
    { runs, endpoint },
    { package: spec, runs: { kind: 'address' as const, name: 'evil.example' } },
  ].entries()) {
    const { command: _, ...sighting } = mcpServerSighting(String(index))
    put.run(`${index}`, JSON.stringify({ ...sighting, ...facts }))
  }
  const rows = own.prepare('SELECT reach FROM sightings ORDER BY id').all()
  expect(rows.map(({ reach }) => reach)).toEqual([
    'npm foo',
    'script a.js',
    'https://h',
    '/opt/x',
    'npm foo https://h',
    'script a.js https://h',
    'npm foo address evil.example',
  ])
})
