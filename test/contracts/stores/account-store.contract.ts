import { codeThrown } from '../../support/code-thrown.ts'
import { newHuman } from './human-store.contract.ts'
import { DEVICE, idOf, type OpenStores, OTHER_DEVICE, seed } from './seeds.ts'

const [ADA, EVE] = [idOf('hum', 1), idOf('hum', 2)] as const
const USER = { id: '1000', name: 'ada' }
const ACCOUNT = { device: DEVICE, userId: '1000' }

export function describeAccountStore(name: string, open: OpenStores): void {
  const opened = () => {
    const store = open()
    seed(store, {}, { id: OTHER_DEVICE })
    store.humans.put(newHuman(1))
    store.humans.put(newHuman(2))
    return store.accounts
  }

  describe(`${name} keeps the AccountStore contract`, () => {
    test('proposes, and proposes another until it is confirmed', async () => {
      const accounts = opened()
      accounts.seen(DEVICE, USER, { at: 5 })
      const unassigned = { ...ACCOUNT, userName: 'ada', state: 'unassigned', seenAt: 5 }
      expect(accounts.of(DEVICE, '1000')).toEqual(unassigned)
      accounts.seen(DEVICE, USER, { at: 6, ownerKey: 'ada', human: ADA })
      expect(accounts.of(DEVICE, '1000')).toEqual({ ...unassigned, state: 'proposed', human: ADA })
      accounts.seen(DEVICE, USER, { at: 6, ownerKey: 'eve', human: EVE })
      expect(accounts.ofHuman(EVE)).toEqual([])
      const confirmed = accounts.confirm(ACCOUNT, { human: EVE, at: 7, by: 'adm' })
      expect(confirmed).toEqual({
        ...unassigned,
        state: 'confirmed',
        human: EVE,
        confirmedAt: 7,
        confirmedBy: 'adm',
      })
      accounts.seen(DEVICE, { id: '1000', name: 'lovelace' }, { at: 8, ownerKey: 'ada', human: ADA })
      expect(accounts.ofHuman(EVE)).toEqual([{ ...confirmed, userName: 'lovelace' }])
    })

    test('belongs to one human at most', async () => {
      const accounts = opened()
      accounts.seen(DEVICE, USER, { at: 5 })
      accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      expect(accounts.confirm(ACCOUNT, { human: ADA, at: 9, by: 'other' }).confirmedAt).toBe(6)
      expect(await codeThrown(() => accounts.confirm(ACCOUNT, { human: EVE, at: 7, by: 'adm' }))).toBe('CONFLICT')
      expect(accounts.of(DEVICE, '1000')?.human).toBe(ADA)
      const absent = { device: DEVICE, userId: '7' }
      expect(await codeThrown(() => accounts.confirm(absent, { human: ADA, at: 7, by: 'adm' }))).toBe('NOT_FOUND')
      accounts.release(ACCOUNT)
      expect(accounts.of(DEVICE, '1000')).toEqual({ ...ACCOUNT, userName: 'ada', state: 'unassigned', seenAt: 5 })
      expect(accounts.confirm(ACCOUNT, { human: EVE, at: 8, by: 'adm' }).human).toBe(EVE)
    })

    test('a changed owner and a changed human change proposals only', () => {
      const accounts = opened()
      for (const id of ['1000', '1001']) accounts.seen(DEVICE, { id, name: id }, { at: 5, ownerKey: 'ada', human: ADA })
      accounts.seen(OTHER_DEVICE, USER, { at: 5, ownerKey: 'eve' })
      accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      const humans = () => accounts.page({ limit: 9 }).map(({ human, state }) => [state, human])
      accounts.ownerChanged(DEVICE, { ownerKey: 'eve', human: undefined })
      expect(humans()).toEqual([
        ['confirmed', ADA],
        ['unassigned', undefined],
        ['unassigned', undefined],
      ])
      accounts.propose(['eve', 'ada'], (key) => (key === 'eve' ? EVE : ADA))
      expect(humans()).toEqual([
        ['confirmed', ADA],
        ['proposed', EVE],
        ['proposed', EVE],
      ])
      accounts.propose(['eve'], () => undefined)
      expect(humans().slice(1)).toEqual([
        ['unassigned', undefined],
        ['unassigned', undefined],
      ])
    })

    test('lists by device, state and human, in pages', () => {
      const accounts = opened()
      for (const id of ['1000', '1001']) accounts.seen(DEVICE, { id, name: id }, { at: 5, human: ADA })
      accounts.seen(OTHER_DEVICE, USER, { at: 5 })
      accounts.confirm(ACCOUNT, { human: ADA, at: 6, by: 'adm' })
      const of = (page: Partial<Parameters<typeof accounts.page>[0]>) =>
        accounts.page({ limit: 10, ...page }).map(({ device, userId }) => [device, userId])
      const all = [
        [DEVICE, '1000'],
        [DEVICE, '1001'],
        [OTHER_DEVICE, '1000'],
      ]
      expect([of({}), of({ after: ACCOUNT, limit: 1 })]).toEqual([all, all.slice(1, 2)])
      expect([of({ state: 'unassigned' }), of({ human: ADA }), of({ device: OTHER_DEVICE })]).toEqual([
        ...[all.slice(2), all.slice(0, 2), all.slice(2)],
      ])
      expect(of({ state: 'proposed', human: ADA, device: DEVICE })).toEqual(all.slice(1, 2))
    })
  })
}
