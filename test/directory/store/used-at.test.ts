import { sightingStore } from '../../../src/directory/evidence/stored/sighting-store.ts'
import { fleetStore } from '../../../src/directory/fleet/stored/fleet-store.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import type { AgentSighting } from '../../../src/protocol/sighting.ts'
import type { Database } from '../../../src/system/sqlite/sqlite.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { seedFleet } from '../../support/directory/seeded-fleet.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'

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

async function idleOf(database: Database, days: number): Promise<number> {
  const question = { kind: 'agent' as const, limit: 10, isConnected: () => true, idleSince: ago(days) }
  return (await fleetStore(sqliteDatabase(database)).seen(question)).items.length
}

/** How many days ago each was reported, and the sighting. */
type Reported = readonly (readonly [days: number, AgentSighting | 'gone'])[]

test.each<[string, Reported, boolean]>([
  ['used long ago', [[100, installed({ lastUsedAt: ago(110) })]], true],
  ['without a time of last use', [[100, installed({})]], true],
  ['used in 2099, as reported long ago', [[100, installed({ lastUsedAt: YEAR_2099 })]], true],
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
  ['used in 2099, as reported now', [[0, installed({ lastUsedAt: YEAR_2099 })]], false],
  [
    'that is used on a device with a clock in 2099',
    [
      [100, installed({ lastUsedAt: YEAR_2099 })],
      [5, installed({ lastUsedAt: YEAR_2099 + 95 * DAY_MS })],
    ],
    false,
  ],
])('idle for thirty days: an agent %s', async (_, reported, isIdle) => {
  using database = seeded(migratedStore())
  const store = sightingStore(sqliteDatabase(database))
  for (const [days, agent] of reported) {
    if (agent === 'gone') await store.end(DEVICE, ['1'.repeat(32)], ago(days))
    else await store.put(DEVICE, agent, { snapshot: 's', at: ago(days) })
  }
  expect(await idleOf(database, 30)).toBe(isIdle ? 1 : 0)
})
