import type { NewGroup } from '../../../../src/directory/humans/group-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { idOf } from '../seeds.ts'
import { newHuman } from './human-store.contract.ts'

const newGroup = (number: number, changes: Partial<NewGroup> = {}): NewGroup => ({
  id: idOf('grp', number),
  name: `Team ${number}`,
  origin: 'hand',
  createdAt: 3,
  ...changes,
})

export function describeGroupStore({ name, open }: Engine): void {
  describe(`${name} keeps the GroupStore contract`, () => {
    test('returns a group by id, name and external id', async () => {
      const { groups } = await open()
      const put = await groups.put(newGroup(1, { externalId: 'G' }))
      expect(put).toEqual({ ...newGroup(1, { externalId: 'G' }), number: 1, version: 1, changedAt: 3 })
      expect([await groups.get(put.id), await groups.byName('team  1'), await groups.byExternalId('G')]).toEqual([
        put,
        put,
        put,
      ])
      expect([await groups.get('grp_2'), await groups.byName('a\u0000'), await groups.byExternalId('g')]).toEqual([
        ...[undefined, undefined, undefined],
      ])
    })

    test('refuses a name in use, a stale version and a group that is not there', async () => {
      const { groups } = await open()
      const first = await groups.put(newGroup(1))
      expect(await codeThrown(() => groups.put(newGroup(2, { name: 'TEAM 1' })))).toBe('CONFLICT')
      expect(await codeThrown(() => groups.put(newGroup(2, { name: '\u202e' })))).toBe('INPUT_MALFORMED')
      const renamed = await groups.update({ ...first, name: 'Crew', changedAt: 4 }, { expectVersion: 1 })
      expect(renamed).toEqual({ ...first, name: 'Crew', changedAt: 4, version: 2 })
      expect(await codeThrown(() => groups.update(first, { expectVersion: 1 }))).toBe('VERSION_STALE')
      expect(await codeThrown(() => groups.update({ ...first, id: idOf('grp', 9) }))).toBe('NOT_FOUND')
      await groups.update({ ...renamed, deletedAt: 5, changedAt: 5 })
      expect([
        await groups.byName('crew'),
        (await groups.list({ limit: 9 })).items,
        (await groups.get(first.id))?.deletedAt,
      ]).toEqual([...[undefined, [], 5]])
      expect((await groups.put(newGroup(2, { name: 'Crew' }))).number).toBe(2)
    })

    test('has each member once, in pages, and no member that is not there', async () => {
      const { groups, humans } = await open()
      const group = (await groups.put(newGroup(1))).id
      for (const number of [3, 1, 2]) await humans.put(newHuman(number))
      const ids = [1, 2, 3].map((number) => idOf('hum', number))
      expect(await Promise.all([...ids, idOf('hum', 1)].map((id) => groups.addMember(group, id)))).toEqual([
        true,
        true,
        true,
        false,
      ])
      expect(await codeThrown(() => groups.addMember(group, idOf('hum', 4)))).toBe('CONFLICT')
      expect([await groups.membersOf(group), await groups.membersOf(group, { after: ids[0], limit: 1 })]).toEqual([
        ids,
        [ids[1]],
      ])
      expect([await groups.removeMember(group, ids[0] ?? ''), await groups.removeMember(group, ids[0] ?? '')]).toEqual([
        true,
        false,
      ])
      expect([await groups.has(group, ids[0] ?? ''), await groups.has(group, ids[1] ?? '')]).toEqual([false, true])
    })

    test('lists by number and by the beginning of the name', async () => {
      const { groups } = await open()
      await groups.put(newGroup(1))
      await groups.put(newGroup(2, { name: 'Crew' }))
      await groups.put(newGroup(3))
      const numbers = async (page: Partial<Parameters<typeof groups.list>[0]>) =>
        (await groups.list({ limit: 10, ...page })).items.map(({ number }) => number)
      expect([await numbers({}), await numbers({ cursor: '1', limit: 1 }), await numbers({ search: 'team' })]).toEqual([
        [1, 2, 3],
        [2],
        [1, 3],
      ])
    })
  })
}
