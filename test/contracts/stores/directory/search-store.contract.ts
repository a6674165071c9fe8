import type { DirectoryStore } from '../../../../src/directory/store/directory-store.ts'
import type { FoundKind } from '../../../../src/protocol/nouns/directory/search.ts'
import { agentSighting, mcpServerSighting } from '../../../support/protocol/sample-sightings.ts'
import { newRegistration } from '../agents/registration-store.contract.ts'
import { newStop } from '../agents/stop-store.contract.ts'
import type { Engine } from '../engines.ts'
import { newHuman } from '../people/human-store.contract.ts'
import { DEVICE, idOf, LABEL, OTHER_DEVICE, seed } from '../seeds.ts'

export function describeSearchStore({ name, open }: Engine): void {
  describe(`${name} keeps the SearchStore contract`, () => {
    const found = async (store: DirectoryStore, kind: FoundKind, words: string, limit = 6) =>
      (await store.search.find(kind, words, limit)).map(({ id }) => id)

    test('finds people by the beginning of a name, or any part of their whole name', async () => {
      const store = await open()
      await store.humans.put(newHuman(1, { userName: 'ada', displayName: 'Augusta King', email: 'King@example.org' }))
      await store.humans.put(newHuman(2, { userName: 'adam', displayName: 'Adam', email: 'first.man@example.org' }))
      const gone = { status: 'deactivated', deactivatedAt: 4 } as const
      await store.humans.put(newHuman(3, { userName: 'bob', displayName: 'Bob Adalbert', ...gone }))
      const deleted = await store.humans.put(newHuman(4, { userName: 'ada-deleted', ...gone }))
      await store.humans.update({ ...deleted, deletedAt: 5 })
      const [ada, adam, bob] = [1, 2, 3].map((number) => idOf('hum', number))
      expect(await found(store, 'people', 'ADA')).toEqual([ada, adam, bob])
      expect(await found(store, 'people', 'king')).toEqual([ada])
      expect(await found(store, 'people', 'man@example')).toEqual([])
      expect(await found(store, 'people', idOf('hum', 2).slice(0, 12))).toContain(adam)
      expect(await found(store, 'people', idOf('hum', 2).slice(0, 5))).toEqual([])
      expect(await store.search.find('people', 'bob', 6)).toEqual([
        { id: bob, name: 'bob', about: 'Bob Adalbert, deactivated' },
      ])
    })

    test('finds devices by the beginning of host, owner, serial and id, those in use first', async () => {
      const store = await open()
      const [third, fourth] = [idOf('dev', 3), idOf('dev', 4)]
      await seed(
        store,
        { label: { ...LABEL, hostname: 'Lap-2' }, owner: 'ada' },
        { id: OTHER_DEVICE, label: { ...LABEL, hostname: 'lap-1' }, owner: 'bob' },
        { id: third, label: { ...LABEL, hostname: 'build', serial: 'LAP77' }, owner: 'ci' },
        { id: fourth, label: { ...LABEL, hostname: 'lap-0' }, owner: 'laplace' },
      )
      await store.devices.retire(fourth)
      expect(await found(store, 'devices', 'lap')).toEqual([OTHER_DEVICE, DEVICE, third, fourth])
      expect(await found(store, 'devices', 'lap', 2)).toEqual([OTHER_DEVICE, DEVICE])
      expect(await found(store, 'devices', 'AD')).toEqual([DEVICE])
      expect(await found(store, 'devices', 'ap-1')).toEqual([])
      expect(await store.search.find('devices', third, 6)).toEqual([{ id: third, name: 'build', about: 'ci' }])
      expect(await store.search.find('devices', 'lap-0', 6)).toMatchObject([{ about: 'laplace, retired' }])
    })

    test('finds agent products and MCP servers by any part, those on most devices first', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      const at = { snapshot: 's', at: 5 }
      await store.sightings.put(DEVICE, agentSighting('1'), at)
      await store.sightings.put(OTHER_DEVICE, agentSighting('1', { state: 'installed' }), at)
      await store.sightings.put(DEVICE, agentSighting('2', { catalogueId: 'claude-desktop', name: 'Claude' }), at)
      await store.sightings.put(DEVICE, mcpServerSighting('3'), at)
      expect(await store.search.find('agents', 'CLAUDE C', 6)).toEqual([
        { id: 'claude-code', name: 'Claude Code', about: 'on 2 devices, running 1 times' },
      ])
      expect(await found(store, 'agents', 'laud')).toEqual(['claude-code', 'claude-desktop'])
      expect(await found(store, 'agents', 'files')).toEqual([])
      expect(await found(store, 'mcpServers', 'ILE')).toEqual(['files'])
    })

    test('finds registrations by the beginning of the name, retired ones last', async () => {
      const store = await open()
      await store.humans.put(newHuman(1))
      await store.registrations.add(newRegistration(1, { name: 'Nightly A', state: 'retired' }))
      await store.registrations.add(newRegistration(2, { name: 'nightly b', owner: idOf('hum', 1), state: 'active' }))
      expect(await store.search.find('registrations', 'NIGHTLY', 6)).toEqual([
        { id: idOf('agt', 2), name: 'nightly b', about: 'active, owner Person1' },
        { id: idOf('agt', 1), name: 'Nightly A', about: 'retired' },
      ])
      expect(await found(store, 'registrations', 'b')).toEqual([])
    })

    test('finds stops by any part of the reason, and old ones by their ids only', async () => {
      const store = await open()
      await seed(store)
      for (let number = 1; number <= 1_002; number++) {
        await store.stops.add(newStop(number, { reason: `Incident ${number}` }), { spread: false })
      }
      expect(await found(store, 'stops', 'incident', 2)).toEqual([idOf('stop', 1_002), idOf('stop', 1_001)])
      expect(await found(store, 'stops', 'dent 299')).toEqual([idOf('stop', 299)])
      expect(await found(store, 'stops', 'Incident 2', 1_000)).not.toContain(idOf('stop', 2))
      expect(await found(store, 'stops', idOf('stop', 2))).toEqual([idOf('stop', 2)])
    })

    test.each<FoundKind>(['people', 'devices', 'agents', 'registrations', 'stops', 'mcpServers'])(
      'of %s nothing is found by patterns, quotes and the like',
      async (kind) => {
        const store = await open()
        await store.humans.put(newHuman(1))
        await seed(store)
        await store.sightings.put(DEVICE, agentSighting('1'), { snapshot: 's', at: 5 })
        for (const words of ['%', '*', '_', "' OR 1 = 1 --", '"', '\\'])
          expect(await found(store, kind, words)).toEqual([])
        await expect(store.search.find(kind, 'a\u202eb', 6)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
      },
    )
  })
}
