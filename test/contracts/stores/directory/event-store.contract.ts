import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE } from '../seeds.ts'

export function describeEventStore({ name, open }: Engine): void {
  const filled = async () => {
    const store = await open()
    await store.activity.add({ at: 1, kind: 'enrolled', device: DEVICE, detail: { tier: 'software' } })
    await store.audit.add({ at: 2, actor: 'adm', act: 'token-created', subject: 'tok', details: { token: 'tok' } })
    const retired = { act: 'retired', subject: DEVICE, device: DEVICE, details: { reason: 'lost' } } as const
    await store.audit.add({ at: 3, actor: 'adm', ...retired })
    await store.activity.add({ at: 4, kind: 'enrolled', device: OTHER_DEVICE })
    await store.activity.add({ at: 5, kind: 'gap', device: DEVICE })
    return store
  }

  describe(`${name} keeps the EventStore contract`, () => {
    test('lists audit and activity together, newest first, with one sequence of ids', async () => {
      const events = await (await filled()).events.list({ limit: 10 })
      expect(events.map(({ kind }) => kind)).toEqual(['gap', 'enrolled', 'retired', 'token-created', 'enrolled'])
      const ids = events.map(({ id }) => id)
      expect(ids.toSorted((a, b) => b - a)).toEqual(ids)
      expect(new Set(ids).size).toBe(5)
    })

    test('continues after an event, oldest first, and knows the newest', async () => {
      const { events } = await filled()
      expect([await events.newest(), await (await open()).events.newest()]).toEqual([5, 0])
      expect((await events.after(2, 2)).map(({ id, kind }) => [id, kind])).toEqual([
        [3, 'retired'],
        [4, 'enrolled'],
      ])
      expect([(await events.after(4, 10)).map(({ id }) => id), await events.after(5, 10)]).toEqual([[5], []])
    })

    test('shows actor and details', async () => {
      const events = await (await filled()).events.list({ limit: 10 })
      expect(events[2]).toMatchObject({ time: 3, device: DEVICE, actor: 'adm', facts: { reason: 'lost' } })
      expect(events[4]).toMatchObject({ time: 1, device: DEVICE, facts: { tier: 'software' } })
      expect(events[4]).not.toHaveProperty('actor')
      expect(events[3]).not.toHaveProperty('device')
    })

    test.each([
      ['a device', { device: DEVICE }, ['gap', 'retired', 'enrolled']],
      ['a kind of activity', { kind: 'enrolled' as const }, ['enrolled', 'enrolled']],
      ['an act', { kind: 'token-created' as const }, ['token-created']],
      ['a device and a kind of activity', { device: OTHER_DEVICE, kind: 'enrolled' as const }, ['enrolled']],
      ['a device and an act', { device: DEVICE, kind: 'retired' as const }, ['retired']],
      ['what is not there', { device: OTHER_DEVICE, kind: 'retired' as const }, []],
    ])('filters by %s', async (_, filter, kinds) => {
      expect((await (await filled()).events.list({ limit: 10, ...filter })).map(({ kind }) => kind)).toEqual(kinds)
    })

    test('continues before an id', async () => {
      const { events } = await filled()
      const all = await events.list({ limit: 10 })
      expect(await events.list({ limit: 2, before: all[1]?.id })).toEqual(all.slice(2, 4))
      expect(await events.list({ limit: 1, before: all[0]?.id, device: DEVICE })).toEqual(all.slice(2, 3))
    })
  })
}
