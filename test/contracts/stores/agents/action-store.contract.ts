import type { ActionReport } from '../../../../src/protocol/gate/action.ts'
import { sampleAction } from '../../../support/protocol/sample-actions.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, OTHER_DEVICE, seed } from '../seeds.ts'

const TIME = sampleAction(0).time

export function describeActionStore({ name, open }: Engine): void {
  describe(`${name} keeps the ActionStore contract`, () => {
    const seeded = async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      const add = async (device: string, ...actions: readonly ActionReport[]) => {
        const isNew: boolean[] = []
        for (const action of actions) isNew.push(await store.actions.add(device, action, 50))
        return isNew
      }
      const ids = async (request: Parameters<typeof store.actions.list>[0] = {}) =>
        (await store.actions.list(request)).items.map(({ id }) => id)
      return { store, actions: store.actions, add, ids }
    }
    const many = (count: number) => Array.from({ length: count }, (_, number) => sampleAction(number))
    const idOf = (number: number) => sampleAction(number).id

    test('returns an action as it came, as the word of its device', async () => {
      const { actions, add } = await seeded()
      const action = sampleAction(1, { outcome: 'done', rules: ['a'], shadow: ['b'], arguments: '{}' })
      expect(await add(DEVICE, action)).toEqual([true])
      const view = { ...action, device: DEVICE, host: 'laptop', saidBy: 'device', receivedAt: 50 }
      expect(await actions.get(action.id)).toEqual(view)
      expect(await actions.list({})).toEqual({ items: [view], total: 1 })
      expect(await actions.get(idOf(2))).toBeUndefined()
    })

    test('takes an outcome that comes later, once, and nothing else of a known action', async () => {
      const { actions, add } = await seeded()
      const action = sampleAction(1, { decision: 'denied' })
      const isNew = await add(
        DEVICE,
        action,
        { ...action, decision: 'allowed', rules: ['x'], user: { id: '0', name: 'root' } },
        { ...action, decision: 'allowed', outcome: 'failed' },
        { ...action, outcome: 'done' },
      )
      expect(isNew).toEqual([true, false, false, false])
      expect(await actions.get(action.id)).toMatchObject({ ...action, outcome: 'failed' })
    })

    test('gives an id to the device that said it first, and nothing of it to another', async () => {
      const { actions, add } = await seeded()
      const action = sampleAction(1)
      await add(DEVICE, action)
      expect(await add(OTHER_DEVICE, { ...action, outcome: 'done' }, { ...action, decision: 'denied' })).toEqual([
        false,
        false,
      ])
      expect(await actions.get(action.id)).toMatchObject({ ...action, device: DEVICE })
      expect(await actions.get(action.id)).not.toHaveProperty('outcome')
    })

    test('refuses an action of a device that it does not know', async () => {
      const { actions } = await seeded()
      await expect(() => actions.add(`dev_${'x'.repeat(22)}`, sampleAction(1), 1)).rejects.toThrow()
    })

    test('forgets the oldest of one device, and none of another', async () => {
      const { actions, add, ids } = await seeded()
      await add(OTHER_DEVICE, sampleAction(100))
      await add(DEVICE, ...many(5))
      await actions.forget(DEVICE, 5)
      expect(await ids({ device: DEVICE })).toHaveLength(5)
      await actions.forget(DEVICE, 2)
      expect(await ids()).toEqual([idOf(4), idOf(3), idOf(100)])
    })

    test('lists the newest first in pages, with the total', async () => {
      const { actions, add, ids } = await seeded()
      await add(DEVICE, ...many(5))
      const first = await actions.list({ limit: 2 })
      expect([first.items.map(({ id }) => id), first.total]).toEqual([[idOf(4), idOf(3)], 5])
      expect(await ids({ limit: 2, cursor: `${first.next}` })).toEqual([idOf(2), idOf(1)])
      expect(await ids({ sort: 'time', order: 'ascending', limit: 2 })).toEqual([idOf(0), idOf(1)])
      await expect(() => actions.list({ cursor: 'a page of another list' })).rejects.toThrow(
        expect.objectContaining({ code: 'INPUT_MALFORMED' }),
      )
    })

    test('filters combine', async () => {
      const { add, ids } = await seeded()
      const [session, sighting] = ['6b'.repeat(16), '3e'.repeat(16)]
      await add(
        DEVICE,
        sampleAction(1),
        sampleAction(2, { decision: 'denied', session }),
        sampleAction(3, { client: 'codex', tool: { kind: 'mcp', name: 'search', server: 'tracker' } }),
        sampleAction(4, { agent: sighting, decision: 'denied' }),
      )
      await add(OTHER_DEVICE, sampleAction(5, { session }))
      expect(await ids({ device: DEVICE, decision: 'denied' })).toEqual([idOf(4), idOf(2)])
      expect(await ids({ session })).toEqual([idOf(5), idOf(2)])
      expect(await ids({ session, decision: 'denied' })).toEqual([idOf(2)])
      expect(await ids({ client: 'codex' })).toEqual([idOf(3)])
      expect(await ids({ tool: 'mcp' })).toEqual([idOf(3)])
      expect(await ids({ tool: 'mcp', device: OTHER_DEVICE })).toEqual([])
      expect(await ids({ sighting })).toEqual([idOf(4)])
      expect(await ids({ since: TIME + 2, until: TIME + 4 })).toEqual([idOf(3), idOf(2)])
      expect(await ids({ named: idOf(3).slice(0, 12) })).toEqual([idOf(3)])
      expect(await ids({ named: idOf(3).slice(0, 7) })).toEqual([])
    })
  })
}
