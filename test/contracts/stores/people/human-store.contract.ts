import type { NewHuman } from '../../../../src/directory/humans/human-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { idOf } from '../seeds.ts'

export const newHuman = (number: number, changes: Partial<NewHuman> = {}): NewHuman => ({
  id: idOf('hum', number),
  userName: `Person${number}`,
  displayName: `Person ${number}`,
  status: 'active',
  origin: 'hand',
  createdAt: 3,
  scim: {},
  ...changes,
})

export function describeHumanStore({ name, open }: Engine): void {
  describe(`${name} keeps the HumanStore contract`, () => {
    test('returns a human by id, name, address and external id, in any case and width', async () => {
      const { humans } = await open()
      const put = await humans.put(newHuman(1, { email: 'Ada@Example.org', externalId: 'X-1', scim: { title: 'Dr' } }))
      expect(put).toEqual({
        ...newHuman(1, { email: 'Ada@Example.org', externalId: 'X-1', scim: { title: 'Dr' } }),
        number: 1,
        version: 1,
        changedAt: 3,
      })
      expect(await humans.get(put.id)).toEqual(put)
      expect([
        await humans.byName('PERSON1'),
        await humans.byName('ｐerson1'),
        await humans.byName(' person1 '),
      ]).toEqual([put, put, put])
      expect([await humans.byEmail('ADA@example.ORG'), await humans.byExternalId('X-1')]).toEqual([put, put])
      expect([await humans.byExternalId('x-1'), await humans.byName('Person2'), await humans.get('hum_2')]).toEqual([
        ...[undefined, undefined, undefined],
      ])
      expect([
        await humans.named(put.id),
        await humans.named('person1'),
        await humans.named('ada@example.org'),
      ]).toEqual([put, put, put])
      expect([
        await humans.named('Ada'),
        await humans.named(''),
        await humans.named('a\u202eb'),
        await humans.named('x'.repeat(300)),
      ]).toEqual([...[undefined, undefined, undefined, undefined]])
    })

    test('names none where a text names several', async () => {
      const { humans } = await open()
      await humans.put(newHuman(1, { email: 'team@example.org' }))
      const second = await humans.put(newHuman(2, { email: 'TEAM@example.org' }))
      expect([await humans.byEmail('team@example.org'), await humans.named('team@example.org')]).toEqual([
        undefined,
        undefined,
      ])
      expect((await humans.allNamed('team@example.org')).map(({ number }) => number)).toEqual([1, 2])
      // The user name of one is the address of another.
      await humans.put(newHuman(3, { email: 'person2' }))
      expect(await humans.named('Person2')).toBeUndefined()
      expect(await humans.byName('Person2')).toEqual(second)
    })

    test('prefers the active human of an address', async () => {
      const { humans } = await open()
      const left = await humans.put(newHuman(1, { email: 'ada@example.org' }))
      await humans.update({ ...left, status: 'deactivated', deactivatedAt: 5, changedAt: 5 })
      expect((await humans.named('ada@example.org'))?.id).toBe(left.id)
      const back = await humans.put(newHuman(2, { email: 'ada@example.org' }))
      expect([await humans.named('ada@example.org'), await humans.byEmail('ada@example.org')]).toEqual([back, back])
    })

    test('refuses a name or external id in use, and frees them with a deleted human', async () => {
      const { humans } = await open()
      const first = await humans.put(newHuman(1, { externalId: 'X', email: 'a@b' }))
      for (const taken of [newHuman(2, { userName: 'PERSON1' }), newHuman(2, { externalId: 'X' }), newHuman(1)])
        expect(await codeThrown(() => humans.put(taken))).toBe('CONFLICT')
      for (const userName of ['', ' ', 'a\u0000b', 'a\u202eb', 'a\u200bb', 'x'.repeat(257), '\ud800'])
        expect([userName, await codeThrown(() => humans.put(newHuman(2, { userName })))]).toEqual([
          userName,
          'INPUT_MALFORMED',
        ])
      const gone = await humans.update({
        ...first,
        status: 'deactivated',
        deactivatedAt: 6,
        deletedAt: 6,
        changedAt: 6,
      })
      expect([
        await humans.byName('person1'),
        await humans.byEmail('a@b'),
        await humans.byExternalId('X'),
        await humans.named(gone.id),
      ]).toEqual([...[undefined, undefined, undefined, undefined]])
      expect([await humans.get(gone.id), await humans.page({ limit: 9 })]).toEqual([gone, []])
      expect((await humans.put(newHuman(2, { userName: 'person1', externalId: 'X' }))).number).toBe(2)
    })

    test('raises the version with each change, and refuses a stale one', async () => {
      const { humans } = await open()
      const first = await humans.put(newHuman(1, { email: 'a@b', externalId: 'X', manager: undefined }))
      const second = await humans.update(
        { ...first, email: undefined, displayName: 'Ada', changedAt: 4 },
        { expectVersion: 1 },
      )
      expect(second).toEqual({ ...first, email: undefined, displayName: 'Ada', changedAt: 4, version: 2 })
      const stale = () => humans.update({ ...first, displayName: 'Eve' }, { expectVersion: 1 })
      expect(await codeThrown(stale)).toBe('VERSION_STALE')
      expect(await codeThrown(() => humans.update({ ...first, id: idOf('hum', 7) }))).toBe('NOT_FOUND')
      expect(await humans.get(first.id)).toEqual(second)
    })

    test('lists by status and manager, searches by the beginning of a name, and counts', async () => {
      const { humans, groups } = await open()
      await humans.put(newHuman(1))
      await humans.put(newHuman(2, { manager: idOf('hum', 1) }))
      await humans.put(newHuman(3, { userName: 'perRy', status: 'deactivated', deactivatedAt: 3 }))
      await humans.put(newHuman(4, { userName: 'zoe' }))
      await groups.put({ id: idOf('grp', 1), name: 'g', origin: 'hand', createdAt: 1 })
      await groups.addMember(idOf('grp', 1), idOf('hum', 2))
      const numbers = async (query: Parameters<typeof humans.list>[0]) =>
        (await humans.list(query)).items.map(({ number }) => number)
      expect((await humans.page({ after: 1, limit: 1 })).map(({ number }) => number)).toEqual([2])
      expect([await numbers({}), await numbers({ sort: 'since', order: 'descending' })]).toEqual([
        [1, 2, 3, 4],
        [4, 3, 2, 1],
      ])
      expect([await numbers({ status: 'active' }), await numbers({ status: 'deactivated' })]).toEqual([[1, 2, 4], [3]])
      expect([await numbers({ manager: idOf('hum', 1) }), await numbers({ manager: idOf('hum', 2) })]).toEqual([
        [2],
        [],
      ])
      const found = (search: string, others: Parameters<typeof humans.list>[0] = {}) =>
        numbers({ search, sort: 'user-name', ...others })
      expect([await found('per'), await found('person'), await found('y')]).toEqual([[3, 1, 2], [1, 2], []])
      const { items, next, total } = await humans.list({ search: 'per', sort: 'user-name', limit: 1 })
      expect([items.map(({ number }) => number), total]).toEqual([[3], 3])
      expect(await found('per', { limit: 1, cursor: next })).toEqual([1])
      expect([await found('p', { status: 'active' }), await found('p', { status: 'deactivated' })]).toEqual([
        [1, 2],
        [3],
      ])
      expect(await found('p', { manager: idOf('hum', 1) })).toEqual([2])
      expect(await humans.groupsOf(idOf('hum', 2))).toEqual([idOf('grp', 1)])
      const group = await groups.get(idOf('grp', 1))
      if (group !== undefined) await groups.update({ ...group, deletedAt: 9, changedAt: 9 })
      expect(await humans.groupsOf(idOf('hum', 2))).toEqual([])
      expect(await humans.counts()).toEqual({ active: 3, deactivated: 1 })
    })
  })
}
