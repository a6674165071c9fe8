import type { NewHuman } from '../../../src/directory/humans/human-store.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { idOf, type OpenStores } from './seeds.ts'

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

export function describeHumanStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the HumanStore contract`, () => {
    test('returns a human by id, name, address and external id, in any case and width', () => {
      const { humans } = open()
      const put = humans.put(newHuman(1, { email: 'Ada@Example.org', externalId: 'X-1', scim: { title: 'Dr' } }))
      expect(put).toEqual({
        ...newHuman(1, { email: 'Ada@Example.org', externalId: 'X-1', scim: { title: 'Dr' } }),
        number: 1,
        version: 1,
        changedAt: 3,
      })
      expect(humans.get(put.id)).toEqual(put)
      expect([humans.byName('PERSON1'), humans.byName('ｐerson1'), humans.byName(' person1 ')]).toEqual([put, put, put])
      expect([humans.byEmail('ADA@example.ORG'), humans.byExternalId('X-1')]).toEqual([put, put])
      expect([humans.byExternalId('x-1'), humans.byName('Person2'), humans.get('hum_2')]).toEqual([
        ...[undefined, undefined, undefined],
      ])
      expect([humans.named(put.id), humans.named('person1'), humans.named('ada@example.org')]).toEqual([put, put, put])
      expect([humans.named('Ada'), humans.named(''), humans.named('a\u202eb'), humans.named('x'.repeat(300))]).toEqual([
        ...[undefined, undefined, undefined, undefined],
      ])
    })

    test('names none where a text names several', () => {
      const { humans } = open()
      humans.put(newHuman(1, { email: 'team@example.org' }))
      const second = humans.put(newHuman(2, { email: 'TEAM@example.org' }))
      expect([humans.byEmail('team@example.org'), humans.named('team@example.org')]).toEqual([undefined, undefined])
      expect(humans.allNamed('team@example.org').map(({ number }) => number)).toEqual([1, 2])
      // The user name of one is the address of another.
      humans.put(newHuman(3, { email: 'person2' }))
      expect(humans.named('Person2')).toBeUndefined()
      expect(humans.byName('Person2')).toEqual(second)
    })

    test('prefers the active human of an address', () => {
      const { humans } = open()
      const left = humans.put(newHuman(1, { email: 'ada@example.org' }))
      humans.update({ ...left, status: 'deactivated', deactivatedAt: 5, changedAt: 5 })
      expect(humans.named('ada@example.org')?.id).toBe(left.id)
      const back = humans.put(newHuman(2, { email: 'ada@example.org' }))
      expect([humans.named('ada@example.org'), humans.byEmail('ada@example.org')]).toEqual([back, back])
    })

    test('refuses a name or external id in use, and frees them with a deleted human', async () => {
      const { humans } = open()
      const first = humans.put(newHuman(1, { externalId: 'X', email: 'a@b' }))
      for (const taken of [newHuman(2, { userName: 'PERSON1' }), newHuman(2, { externalId: 'X' }), newHuman(1)])
        expect(await codeThrown(() => humans.put(taken))).toBe('CONFLICT')
      for (const userName of ['', ' ', 'a\u0000b', 'a\u202eb', 'a\u200bb', 'x'.repeat(257), '\ud800'])
        expect([userName, await codeThrown(() => humans.put(newHuman(2, { userName })))]).toEqual([
          userName,
          'INPUT_MALFORMED',
        ])
      const gone = humans.update({ ...first, status: 'deactivated', deactivatedAt: 6, deletedAt: 6, changedAt: 6 })
      expect([
        humans.byName('person1'),
        humans.byEmail('a@b'),
        humans.byExternalId('X'),
        humans.named(gone.id),
      ]).toEqual([...[undefined, undefined, undefined, undefined]])
      expect([humans.get(gone.id), humans.page({ limit: 9 })]).toEqual([gone, []])
      expect(humans.put(newHuman(2, { userName: 'person1', externalId: 'X' })).number).toBe(2)
    })

    test('raises the version with each change, and refuses a stale one', async () => {
      const { humans } = open()
      const first = humans.put(newHuman(1, { email: 'a@b', externalId: 'X', manager: undefined }))
      const second = humans.update(
        { ...first, email: undefined, displayName: 'Ada', changedAt: 4 },
        { expectVersion: 1 },
      )
      expect(second).toEqual({ ...first, email: undefined, displayName: 'Ada', changedAt: 4, version: 2 })
      const stale = () => humans.update({ ...first, displayName: 'Eve' }, { expectVersion: 1 })
      expect(await codeThrown(stale)).toBe('VERSION_STALE')
      expect(await codeThrown(() => humans.update({ ...first, id: idOf('hum', 7) }))).toBe('NOT_FOUND')
      expect(humans.get(first.id)).toEqual(second)
    })

    test('lists by status and manager, searches by the beginning of a name, and counts', () => {
      const { humans, groups } = open()
      humans.put(newHuman(1))
      humans.put(newHuman(2, { manager: idOf('hum', 1) }))
      humans.put(newHuman(3, { userName: 'perRy', status: 'deactivated', deactivatedAt: 3 }))
      humans.put(newHuman(4, { userName: 'zoe' }))
      groups.put({ id: idOf('grp', 1), name: 'g', origin: 'hand', createdAt: 1 })
      groups.addMember(idOf('grp', 1), idOf('hum', 2))
      const numbers = (query: Parameters<typeof humans.list>[0]) => humans.list(query).items.map(({ number }) => number)
      expect(humans.page({ after: 1, limit: 1 }).map(({ number }) => number)).toEqual([2])
      expect([numbers({}), numbers({ sort: 'since', order: 'descending' })]).toEqual([
        [1, 2, 3, 4],
        [4, 3, 2, 1],
      ])
      expect([numbers({ status: 'active' }), numbers({ status: 'deactivated' })]).toEqual([[1, 2, 4], [3]])
      expect([numbers({ manager: idOf('hum', 1) }), numbers({ manager: idOf('hum', 2) })]).toEqual([[2], []])
      const found = (search: string, others: Parameters<typeof humans.list>[0] = {}) =>
        numbers({ search, sort: 'user-name', ...others })
      expect([found('per'), found('person'), found('y')]).toEqual([[3, 1, 2], [1, 2], []])
      const { items, next, total } = humans.list({ search: 'per', sort: 'user-name', limit: 1 })
      expect([items.map(({ number }) => number), total]).toEqual([[3], 3])
      expect(found('per', { limit: 1, cursor: next })).toEqual([1])
      expect([found('p', { status: 'active' }), found('p', { status: 'deactivated' })]).toEqual([[1, 2], [3]])
      expect(found('p', { manager: idOf('hum', 1) })).toEqual([2])
      expect(humans.groupsOf(idOf('hum', 2))).toEqual([idOf('grp', 1)])
      const group = groups.get(idOf('grp', 1))
      if (group !== undefined) groups.update({ ...group, deletedAt: 9, changedAt: 9 })
      expect(humans.groupsOf(idOf('hum', 2))).toEqual([])
      expect(humans.counts()).toEqual({ active: 3, deactivated: 1 })
    })
  })
}
