import type { NewServiceAccount } from '../../../../src/directory/humans/service-account-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { idOf } from '../seeds.ts'
import { newHuman } from './human-store.contract.ts'

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

export function describeServiceAccountStore({ name, open }: Engine): void {
  const opened = async () => {
    const store = await open()
    for (const number of [1, 2]) await store.humans.put(newHuman(number))
    await store.humans.put(newHuman(3, { status: 'deactivated', deactivatedAt: 3 }))
    return store
  }

  describe(`${name} keeps the ServiceAccountStore contract`, () => {
    test('returns one by id and name', async () => {
      const { serviceAccounts } = await opened()
      const init = newAccount(1, { successor: EVE, successorAcceptedAt: 4 })
      const put = await serviceAccounts.put(init)
      expect(put).toEqual({ ...init, number: 1, version: 1, changedAt: 3, status: 'active' })
      expect([await serviceAccounts.get(put.id), await serviceAccounts.byName('ROBOT 1')]).toEqual([put, put])
      expect([await serviceAccounts.get('sac_9'), await serviceAccounts.byName('robot')]).toEqual([
        undefined,
        undefined,
      ])
    })

    test('refuses a name in use, an owner who left and a stale version', async () => {
      const { serviceAccounts } = await opened()
      const first = await serviceAccounts.put(newAccount(1))
      const owned = (owner: string) => () => serviceAccounts.put(newAccount(2, { owner }))
      expect(await codeThrown(() => serviceAccounts.put(newAccount(2, { name: 'robot 1' })))).toBe('CONFLICT')
      expect([await codeThrown(owned(GONE)), await codeThrown(owned(idOf('hum', 9)))]).toEqual(['CONFLICT', 'CONFLICT'])
      expect(await codeThrown(() => serviceAccounts.update({ ...first, owner: GONE }))).toBe('CONFLICT')
      const ended = await serviceAccounts.update({ ...first, status: 'ended', changedAt: 5 }, { expectVersion: 1 })
      expect(ended).toEqual({ ...first, status: 'ended', changedAt: 5, version: 2 })
      expect(await codeThrown(() => serviceAccounts.update(first, { expectVersion: 1 }))).toBe('VERSION_STALE')
      expect(await codeThrown(() => serviceAccounts.update({ ...first, id: idOf('sac', 9) }))).toBe('NOT_FOUND')
      expect([
        await serviceAccounts.byName('robot 1'),
        (await serviceAccounts.put(newAccount(2, { name: 'robot 1' }))).number,
      ]).toEqual([undefined, 2])
    })

    test('keeps an owner of active ones from leaving', async () => {
      const { serviceAccounts, humans } = await opened()
      const account = await serviceAccounts.put(newAccount(1))
      const ada = await humans.get(ADA)
      const leave = async () => ada && (await humans.update({ ...ada, status: 'deactivated', deactivatedAt: 5 }))
      expect(await codeThrown(leave)).toBe('CONFLICT')
      await serviceAccounts.update({ ...account, owner: EVE })
      expect((await leave())?.status).toBe('deactivated')
    })

    test('lists by owner and by state at a time, and what has expired', async () => {
      const { serviceAccounts } = await opened()
      for (const number of [1, 2, 3]) await serviceAccounts.put(newAccount(number, { owner: number === 2 ? EVE : ADA }))
      const third = await serviceAccounts.get(idOf('sac', 3))
      if (third !== undefined) await serviceAccounts.update({ ...third, status: 'ended' })
      const numbers = async (page: Partial<Parameters<typeof serviceAccounts.list>[0]>, now = 0) =>
        (await serviceAccounts.list({ limit: 10, ...page }, now)).items.map(({ number }) => number)
      expect([await numbers({}), await numbers({ cursor: '1', limit: 1 }), await numbers({ owner: ADA })]).toEqual([
        [1, 2, 3],
        [2],
        [1, 3],
      ])
      expect([await numbers({ status: 'active' }, 9), await numbers({ status: 'active' }, 10)]).toEqual([[1, 2], [2]])
      expect([await numbers({ status: 'ended' }, 9), await numbers({ status: 'ended' }, 10)]).toEqual([[3], [1, 3]])
      expect((await serviceAccounts.ownedBy(ADA)).map(({ number }) => number)).toEqual([1])
      expect(
        await Promise.all(
          [9, 10, 99].map(async (at) => (await serviceAccounts.expired(at, 9)).map(({ number }) => number)),
        ),
      ).toEqual([...[[], [1], [1, 2]]])
    })
  })
}
