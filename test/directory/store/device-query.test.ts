import { deviceCountQuery, deviceQuery } from '../../../src/directory/devices/stored/device-query.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'

const isConnected = () => true

test.each([true, false])('devices whose agents are stopped (%s) are looked up one by one, not as a set', (stopped) => {
  using database = migratedStore()
  for (const { sql, values } of [
    deviceQuery({ stopped, isConnected }, 0, 50),
    deviceQuery({ stopped, isConnected, status: 'active', tier: 'tpm' }, 0, 50),
    deviceCountQuery({ stopped, isConnected, status: 'active' }, 0),
  ]) {
    const steps = database
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...values)
      .map(({ detail }) => String(detail))
    expect(steps).toContainEqual(expect.stringMatching(/^SEARCH .* USING .*INDEX sightings_frozen \(device=\?\)$/))
    expect(steps).not.toContainEqual(expect.stringMatching(/LIST SUBQUERY|^SCAN s/))
  }
})

test('devices of an owner are found by indexes, in each spelling of a person', () => {
  using database = migratedStore()
  for (const { sql, values } of [
    deviceQuery({ isConnected, status: 'active', owner: 'ada' }, 0, 50),
    deviceCountQuery({ isConnected, status: 'active', owner: 'ada' }, 0),
  ]) {
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values)
    expect(steps.map(({ detail }) => String(detail)).filter((step) => step.startsWith('SCAN'))).toEqual([])
  }
})
