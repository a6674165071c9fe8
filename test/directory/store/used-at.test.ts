import { fleetQueries } from '../../../src/directory/store/fleet-queries.ts'
import { openStore } from '../../../src/directory/store/open-store.ts'
import { MIGRATIONS } from '../../../src/directory/store/schema.ts'
import { sightingStore } from '../../../src/directory/store/sighting-store.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import { type Database, openDatabase } from '../../../src/system/sqlite/sqlite.ts'
import { agentSighting } from '../../support/sample-sightings.ts'
import { seedFleet } from '../../support/seeded-fleet.ts'

/** When an agent was last used: a device may say any time, and the register believes none that is still to come. */

const DAY_MS = 86_400_000
const NOW = Date.UTC(2026, 10, 25)
const YEAR_2099 = Date.UTC(2099, 0)
const DEVICE = `dev_${'0'.padStart(21, '0')}A`
const ago = (days: number) => NOW - days * DAY_MS
const installed = (changes: Partial<AgentSighting>) => agentSighting('1', { state: 'installed', ...changes })

function seeded(database: Database): Database {
  seedFleet(database, { devices: 1, sightings: 0 }, NOW)
  return database
}

function idleOf(database: Database, days: number): number {
  const question = { kind: 'agent' as const, limit: 10, isConnected: () => true, idleSince: ago(days) }
  return fleetQueries(database).seen(question).items.length
}

/** How many days ago each of these was told, and what. */
type Told = readonly (readonly [days: number, AgentSighting | 'gone'])[]

test.each<[string, Told, boolean]>([
  ['used long ago', [[100, installed({ lastUsedAt: ago(110) })]], true],
  ['of which nobody says when', [[100, installed({})]], true],
  ['used in 2099, as was told long ago', [[100, installed({ lastUsedAt: YEAR_2099 })]], true],
  [
    'used in 2099, which was corrected',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [1, installed({ lastUsedAt: ago(95) })],
    ],
    true,
  ],
  [
    'used in 2099, which is no longer said',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [1, installed({})],
    ],
    true,
  ],
  [
    'that ended and came back with 2099, long ago',
    [
      [100, installed({})],
      [90, 'gone'],
      [80, installed({ lastUsedAt: YEAR_2099 })],
    ],
    true,
  ],
  ['used lately', [[1, installed({ lastUsedAt: ago(2) })]], false],
  ['used in 2099, as was told now', [[0, installed({ lastUsedAt: YEAR_2099 })]], false],
  [
    'on a device whose clock is in 2099, and that is used',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [5, installed({ lastUsedAt: YEAR_2099 + 95 * DAY_MS })],
    ],
    false,
  ],
])('idle for thirty days: an agent %s', (_, told, isIdle) => {
  using database = seeded(openStore(':memory:'))
  const store = sightingStore(database)
  for (const [days, agent] of told) {
    if (agent === 'gone') store.endSightings(DEVICE, ['1'.repeat(32)], ago(days))
    else store.putSighting(DEVICE, agent, { snapshot: 's', at: ago(days) })
  }
  expect(idleOf(database, 30)).toBe(isIdle ? 1 : 0)
})

test.each<[string, Told, number]>([
  ['2099, still said', [[100, installed({ lastUsedAt: YEAR_2099 })]], ago(100)],
  [
    '2099, then corrected',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [1, installed({ lastUsedAt: ago(40) })],
    ],
    ago(40),
  ],
  ['an hour ahead', [[50, installed({ lastUsedAt: ago(50) + 3_600_000 })]], ago(50) + 3_600_000],
  ['a time that can be', [[50, installed({ lastUsedAt: ago(60) })]], ago(60)],
  [
    '2099, gone since',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [20, 'gone'],
    ],
    ago(100),
  ],
  [
    '2099, and it ran',
    [
      [100, agentSighting('1', { lastUsedAt: YEAR_2099 })],
      [20, 'gone'],
    ],
    ago(20),
  ],
])('a register from before that holds %s is healed', (_, told, usedAt) => {
  using old = openDatabase(':memory:')
  const step = MIGRATIONS.findIndex((sql) => sql.includes('min(NEW.last_used, NEW.last_seen)'))
  for (const sql of MIGRATIONS.slice(0, step)) old.exec(sql)
  seeded(old)
  const put = old.prepare(
    `INSERT INTO sightings (device, id, kind, name, json, first_seen, last_seen, snapshot) VALUES (?1, ?2, 'agent', 'x', ?3, ?4, ?4, 's')
     ON CONFLICT DO UPDATE SET json = excluded.json, last_seen = excluded.last_seen, gone_at = NULL`,
  )
  const end = old.prepare('UPDATE sightings SET gone_at = ? WHERE id = ?')
  for (const [days, agent] of told) {
    if (agent === 'gone') end.run(ago(days), '1'.repeat(32))
    else put.run(DEVICE, agent.id, JSON.stringify(agent), ago(days))
  }
  for (const sql of MIGRATIONS.slice(step)) old.exec(sql)
  expect(old.prepare("SELECT used_at FROM device_items WHERE item = 'claude-code'").all()).toEqual([
    expect.objectContaining({ used_at: usedAt }),
  ])
})
