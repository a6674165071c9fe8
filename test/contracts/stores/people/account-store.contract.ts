import type { ListRequest } from '../../../../src/directory/http/listed.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'
import { newHuman } from './human-store.contract.ts'

const [ADA, EVE] = [idOf('hum', 1), idOf('hum', 2)] as const
const USER = { id: '1000', name: 'ada' }
const ACCOUNT = { device: DEVICE, userId: '1000' }

export function describeAccountStore({ name, open }: Engine): void {
  const opened = async () => {
    const store = await open()
    await seed(store, {}, { id: OTHER_DEVICE })
    await store.humans.put(newHuman(1))
    await store.humans.put(newHuman(2))
    return store.accounts
  }

  describe(`${name} keeps the AccountStore contract`, () => {
    test('proposes, and proposes another until it is confirmed', async () => {
      const accounts = await opened()
      await accounts.seen(DEVICE, USER, { at: 5 })
      const unassigned = { ...ACCOUNT, userName: 'ada', state: 'unassigned', seenAt: 5 }
      expect(await accounts.of(DEVICE, '1000')).toEqual(unassigned)
      await accounts.seen(DEVICE, USER, { at: 6, ownerKey: 'ada', human: ADA })
      expect(await accounts.of(DEVICE, '1000')).toEqual({ ...unassigned, state: 'proposed', human: ADA })
      await accounts.seen(DEVICE, USER, { at: 6, ownerKey: 'eve', human: EVE })
      expect(await accounts.ofHuman(EVE)).toEqual([])
      const confirmed = await accounts.confirm(ACCOUNT, { human: EVE, at: 7, by: 'adm' })
      expect(confirmed).toEqual({
        ...unassigned,
        state: 'confirmed',
        human: EVE,
        confirmedAt: 7,
        confirmedBy: 'adm',
      })
      await accounts.seen(DEVICE, { id: '1000', name: 'lovelace' }, { at: 8, ownerKey: 'ada', human: ADA })
      expect(await accounts.ofHuman(EVE)).toEqual([{ ...confirmed, userName: 'lovelace' }])
    })

    test('belongs to one human at most', async () => {
      const accounts = await opened()
      await accounts.seen(DEVICE, USER, { at: 5 })
      await accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      expect((await accounts.confirm(ACCOUNT, { human: ADA, at: 9, by: 'other' })).confirmedAt).toBe(6)
      expect(await codeThrown(() => accounts.confirm(ACCOUNT, { human: EVE, at: 7, by: 'adm' }))).toBe('CONFLICT')
      expect((await accounts.of(DEVICE, '1000'))?.human).toBe(ADA)
      const absent = { device: DEVICE, userId: '7' }
      expect(await codeThrown(() => accounts.confirm(absent, { human: ADA, at: 7, by: 'adm' }))).toBe('NOT_FOUND')
      await accounts.release(ACCOUNT)
      expect(await accounts.of(DEVICE, '1000')).toEqual({ ...ACCOUNT, userName: 'ada', state: 'unassigned', seenAt: 5 })
      expect((await accounts.confirm(ACCOUNT, { human: EVE, at: 8, by: 'adm' })).human).toBe(EVE)
    })

    test('a changed owner and a changed human change proposals only', async () => {
      const accounts = await opened()
      for (const id of ['1000', '1001'])
        await accounts.seen(DEVICE, { id, name: id }, { at: 5, ownerKey: 'ada', human: ADA })
      await accounts.seen(OTHER_DEVICE, USER, { at: 5, ownerKey: 'eve' })
      await accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      const humans = async () => (await accounts.list({ limit: 9 })).items.map(({ human, state }) => [state, human])
      await accounts.ownerChanged(DEVICE, { ownerKey: 'eve', human: undefined })
      expect(await humans()).toEqual([
        ['confirmed', ADA],
        ['unassigned', undefined],
        ['unassigned', undefined],
      ])
      await accounts.propose(['eve', 'ada'], async (key) => (key === 'eve' ? EVE : ADA))
      expect(await humans()).toEqual([
        ['confirmed', ADA],
        ['proposed', EVE],
        ['proposed', EVE],
      ])
      await accounts.propose(['eve'], async () => undefined)
      expect((await humans()).slice(1)).toEqual([
        ['unassigned', undefined],
        ['unassigned', undefined],
      ])
    })

    test('lists by device, state and human, in pages', async () => {
      const accounts = await opened()
      for (const id of ['1000', '1001']) await accounts.seen(DEVICE, { id, name: id }, { at: 5, human: ADA })
      await accounts.seen(OTHER_DEVICE, USER, { at: 5 })
      await accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      const of = async (request: ListRequest) =>
        (await accounts.list(request)).items.map(({ device, userId }) => [device, userId])
      const { next = '', total } = await accounts.list({ limit: 1 })
      expect(total).toBe(3)
      const all = [
        [DEVICE, '1000'],
        [DEVICE, '1001'],
        [OTHER_DEVICE, '1000'],
      ]
      expect([await of({}), await of({ cursor: next, limit: 1 })]).toEqual([all, all.slice(1, 2)])
      expect([await of({ state: 'unassigned' }), await of({ human: ADA }), await of({ device: OTHER_DEVICE })]).toEqual(
        [...[all.slice(2), all.slice(0, 2), all.slice(2)]],
      )
      expect([await of({ named: '1001' }), await of({ named: 'nobody' })]).toEqual([all.slice(1, 2), []])
      for (const cursor of [DEVICE, `${next}.x`, `${DEVICE}.`, `x.1000`]) {
        expect(await codeThrown(() => accounts.list({ cursor }))).toBe('INPUT_MALFORMED')
      }
      expect(await of({ state: 'proposed', human: ADA, device: DEVICE })).toEqual(all.slice(1, 2))
    })
  })
}
