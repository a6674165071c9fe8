import type { FleetQuestion } from '../../../../src/directory/fleet/fleet-store.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../../../support/protocol/sample-sightings.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE, seed } from '../seeds.ts'

const base = { kind: 'agent' as const, limit: 10, isConnected: (id: string) => id === DEVICE }

export function describeFleetStore({ name, open }: Engine): void {
  /** Two devices with Claude Code; an unknown agent and another MCP server on the second. */
  const filled = async () => {
    const store = await open()
    await seed(store, {}, { id: OTHER_DEVICE })
    for (const device of [DEVICE, OTHER_DEVICE]) {
      await store.sightings.put(device, agentSighting('1'), { snapshot: 's', at: 3 })
      const command = device === DEVICE ? '/usr/bin/a' : '/usr/bin/b'
      await store.sightings.put(device, mcpServerSighting('2', { command }), { snapshot: 's', at: 3 })
      await store.snapshots.markFirstComplete(device, 4)
    }
    await store.sightings.put(OTHER_DEVICE, unknownAgent('3'), { snapshot: 's', at: 5 })
    return store
  }

  describe(`${name} keeps the FleetStore contract`, () => {
    test('lists by device and id, with presence and item', async () => {
      const { items, more } = await (await filled()).fleet.seen(base)
      expect(items.map(({ device, sighting }) => [device, sighting.id[0]])).toEqual([
        [DEVICE, '1'],
        [OTHER_DEVICE, '1'],
        [OTHER_DEVICE, '3'],
      ])
      expect(more).toBe(false)
      expect(items.map(({ presence }) => presence)).toEqual(['now', 'last-reported', 'last-reported'])
      expect(items[0]).toMatchObject({ firstSeenAt: 3, item: { key: 'claude-code', devices: 2, isNew: false } })
      expect(items[2]?.item).toMatchObject({ key: 'unknown/deskbot', devices: 1, isNew: true })
    })

    test.each<[string, Partial<FleetQuestion>, string]>([
      ['a device', { device: DEVICE }, '1'],
      ['a key', { key: 'claude-code' }, '11'],
      ['a search', { search: 'CODE' }, '11'],
      ['a search on a device', { search: 'claude', device: DEVICE }, '1'],
      ['a search of unknown agents', { search: 'desk', unknown: true }, '3'],
      ['a search that finds none', { search: 'k%b' }, ''],
      ['presence', { presence: 'now' }, '1'],
      ['unknown agents', { unknown: true }, '3'],
      ['new items', { newSince: 4 }, '3'],
      ['rare items', { onAtMost: 1 }, '3'],
      ['another kind', { kind: 'mcp-server' }, '22'],
      ['a cursor', { after: { device: DEVICE, id: '1'.repeat(32) } }, '13'],
    ])('filters by %s', async (_, question, ids) => {
      const { items } = await (await filled()).fleet.seen({ ...base, ...question })
      expect(items.map(({ sighting }) => sighting.id[0]).join('')).toBe(ids)
    })

    test('a page ends at its limit', async () => {
      expect(await (await filled()).fleet.seen({ ...base, limit: 2 })).toMatchObject({
        more: true,
        items: { length: 2 },
      })
    })

    test('retired devices do not count', async () => {
      const store = await filled()
      await store.devices.retire(DEVICE)
      expect((await store.fleet.seen(base)).items.map(({ device }) => device)).toEqual([OTHER_DEVICE, OTHER_DEVICE])
      expect(await store.fleet.agent('claude-code')).toMatchObject({ devices: 1, present: 1 })
      expect(await store.fleet.mcpConflicts({ limit: 10 })).toEqual([])
    })

    test('counts one agent, and knows it after it is gone', async () => {
      const store = await filled()
      expect(await store.fleet.agent('claude-code')).toMatchObject({ devices: 2, present: 2, firstSeenAt: 3 })
      for (const device of [DEVICE, OTHER_DEVICE]) await store.sightings.end(device, ['1'.repeat(32)], 9)
      expect(await store.fleet.agent('claude-code')).toMatchObject({ devices: 0, present: 0, versions: [] })
      expect([await store.fleet.knows('agent', 'claude-code'), await store.fleet.knows('agent', 'x')]).toEqual([
        true,
        false,
      ])
      expect(await store.fleet.agent('x')).toBeUndefined()
    })

    test('finds MCP servers of one name with different launches', async () => {
      const [conflict] = await (await filled()).fleet.mcpConflicts({ limit: 10 })
      expect(conflict).toMatchObject({ name: 'files', devices: 2, moreLaunches: 0 })
      expect(conflict?.launches.map(({ reach }) => reach)).toEqual(['/usr/bin/a', '/usr/bin/b'])
    })

    test('an extension has a key of its host and id', async () => {
      const store = await filled()
      const { extensionId } = extensionSighting('4')
      await store.sightings.put(DEVICE, extensionSighting('4'), { snapshot: 's', at: 3 })
      expect(await store.fleet.knows('extension', `chromium/${extensionId}`)).toBe(true)
    })
  })
}
