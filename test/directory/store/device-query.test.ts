import { deviceList } from '../../../src/directory/devices/stored/device-list.ts'
import type { ListRequest } from '../../../src/directory/http/listed.ts'
import type { SqlValue } from '../../../src/directory/sql/database.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../../contracts/stores/seeds.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'

/** The steps of a page of one device, and those of the total. DEVICE and OTHER_DEVICE have a frozen agent. */
async function plansOf(request: ListRequest): Promise<readonly (readonly string[])[]> {
  using connection = migratedStore()
  const database = sqliteDatabase(connection)
  const store = directoryStore(database)
  await seed(store, {}, { id: OTHER_DEVICE }, { id: idOf('dev', 3) }, { id: idOf('dev', 4) })
  const frozenBy = [{ stop: idOf('stop', 1), by: 'ada', reason: 'x' }]
  for (const id of [DEVICE, OTHER_DEVICE]) {
    await store.sightings.put(id, agentSighting('1', { state: 'running', frozenBy }), { snapshot: 's', at: 1 })
  }
  const plans: string[][] = []
  const plan = (sql: string, values: readonly SqlValue[]) => {
    const steps = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    plans.push(steps.map(({ detail }) => String(detail)))
  }
  const list = deviceList({
    ...database,
    prepare(sql) {
      const statement = database.prepare(sql)
      return {
        ...statement,
        all(...values) {
          plan(sql, values)
          return statement.all(...values)
        },
        get(...values) {
          plan(sql, values)
          return statement.get(...values)
        },
      }
    },
  })
  await list({ ...request, limit: 1 }, 0)
  expect(plans).toHaveLength(2)
  return plans
}

test.each(['yes', 'no'])(
  'devices whose agents are stopped (%s) are looked up one by one, not as a set',
  async (stopped) => {
    for (const request of [{ status: 'all' }, { tier: 'software' }]) {
      for (const steps of await plansOf({ stopped, ...request })) {
        expect(steps).toContainEqual(expect.stringMatching(/^SEARCH s .*USING .*INDEX sightings_frozen \(device=\?\)$/))
        expect(steps).not.toContainEqual(expect.stringMatching(/LIST SUBQUERY|^SCAN s/))
      }
    }
  },
)

test('devices of an owner are found by indexes, in each spelling of a person', async () => {
  for (const steps of await plansOf({ owner: 'ada' })) {
    // The page itself is a table.
    expect(steps.filter((step) => step.startsWith('SCAN') && step !== 'SCAN page')).toEqual([])
  }
})
