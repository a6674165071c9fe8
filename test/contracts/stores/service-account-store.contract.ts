import type { NewServiceAccount } from '../../../src/directory/humans/service-account-store.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { newHuman } from './human-store.contract.ts'
import { idOf, type OpenStores } from './seeds.ts'

const [ADA, EVE, GONE] = [idOf('hum', 1), idOf('hum', 2), idOf('hum', 3)] as const
const newAccount = (number: number, changes: Partial<NewServiceAccount> = {}): NewServiceAccount => ({
  id: idOf('sac', number),
  name: `Robot ${number}`,
  purpose: 'builds',
  owner: ADA,
  expiresAt: 10 * number,
  createdAt: 3,
  ...changes,
})

export function describeServiceAccountStore(name: string, open: OpenStores): void {
  const opened = () => {
    const store = open()
    for (const number of [1, 2]) store.humans.put(newHuman(number))
    store.humans.put(newHuman(3, { status: 'deactivated', deactivatedAt: 3 }))
    return store
  }

  describe(`${name} keeps the ServiceAccountStore contract`, () => {
    test('returns one by id and name', () => {
      const { serviceAccounts } = opened()
      const init = newAccount(1, { successor: EVE, successorAcceptedAt: 4 })
      const put = serviceAccounts.put(init)
      expect(put).toEqual({ ...init, number: 1, version: 1, changedAt: 3, status: 'active' })
      expect([serviceAccounts.get(put.id), serviceAccounts.byName('ROBOT 1')]).toEqual([put, put])
      expect([serviceAccounts.get('sac_9'), serviceAccounts.byName('robot')]).toEqual([undefined, undefined])
    })

    test('refuses a name in use, an owner who left and a stale version', async () => {
      const { serviceAccounts } = opened()
      const first = serviceAccounts.put(newAccount(1))
      const owned = (owner: string) => () => serviceAccounts.put(newAccount(2, { owner }))
      expect(await codeThrown(() => serviceAccounts.put(newAccount(2, { name: 'robot 1' })))).toBe('CONFLICT')
      expect([await codeThrown(owned(GONE)), await codeThrown(owned(idOf('hum', 9)))]).toEqual(['CONFLICT', 'CONFLICT'])
      expect(await codeThrown(() => serviceAccounts.update({ ...first, owner: GONE }))).toBe('CONFLICT')
      const ended = serviceAccounts.update({ ...first, status: 'ended', changedAt: 5 }, { expectVersion: 1 })
      expect(ended).toEqual({ ...first, status: 'ended', changedAt: 5, version: 2 })
      expect(await codeThrown(() => serviceAccounts.update(first, { expectVersion: 1 }))).toBe('VERSION_STALE')
      expect(await codeThrown(() => serviceAccounts.update({ ...first, id: idOf('sac', 9) }))).toBe('NOT_FOUND')
      expect([
        serviceAccounts.byName('robot 1'),
        serviceAccounts.put(newAccount(2, { name: 'robot 1' })).number,
      ]).toEqual([undefined, 2])
    })

    test('keeps an owner of active ones from leaving', async () => {
      const { serviceAccounts, humans } = opened()
      const account = serviceAccounts.put(newAccount(1))
      const ada = humans.get(ADA)
      const leave = () => ada && humans.update({ ...ada, status: 'deactivated', deactivatedAt: 5 })
      expect(await codeThrown(leave)).toBe('CONFLICT')
      serviceAccounts.update({ ...account, owner: EVE })
      expect(leave()?.status).toBe('deactivated')
    })

    test('lists by owner and by state at a time, and what has expired', () => {
      const { serviceAccounts } = opened()
      for (const number of [1, 2, 3]) serviceAccounts.put(newAccount(number, { owner: number === 2 ? EVE : ADA }))
      const third = serviceAccounts.get(idOf('sac', 3))
      if (third !== undefined) serviceAccounts.update({ ...third, status: 'ended' })
      const numbers = (page: Partial<Parameters<typeof serviceAccounts.list>[0]>, now = 0) =>
        serviceAccounts.list({ limit: 10, ...page }, now).items.map(({ number }) => number)
      expect([numbers({}), numbers({ cursor: '1', limit: 1 }), numbers({ owner: ADA })]).toEqual([
        [1, 2, 3],
        [2],
        [1, 3],
      ])
      expect([numbers({ status: 'active' }, 9), numbers({ status: 'active' }, 10)]).toEqual([[1, 2], [2]])
      expect([numbers({ status: 'ended' }, 9), numbers({ status: 'ended' }, 10)]).toEqual([[3], [1, 3]])
      expect(serviceAccounts.ownedBy(ADA).map(({ number }) => number)).toEqual([1])
      expect([9, 10, 99].map((at) => serviceAccounts.expired(at, 9).map(({ number }) => number))).toEqual([
        ...[[], [1], [1, 2]],
      ])
    })
  })
}
