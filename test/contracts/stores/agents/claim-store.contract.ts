import type { AgentClaim } from '../../../../src/protocol/agent-claim.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, seed } from '../seeds.ts'

const claim = (number: number, changes: Partial<AgentClaim> = {}): AgentClaim => ({
  id: idOf('clm', number),
  sighting: 'a'.repeat(32),
  product: `p${number}`,
  user: { id: '1000', name: 'ada' },
  purpose: 'x',
  time: 1,
  ...changes,
})
const arrived = (number: number, device = DEVICE) => ({ device, item: `p${number}`, claim: claim(number), at: number })
const refused = (number: number, time = 50) =>
  ({ claim: idOf('clm', number), outcome: 'refused', by: 'Grace', reason: 'no', time }) as const

export function describeClaimStore({ name, open }: Engine): void {
  describe(`${name} keeps the ClaimStore contract`, () => {
    const seeded = async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      return store
    }

    test('returns a claim as it arrived, and then its decision', async () => {
      const { claims } = await seeded()
      await claims.add(arrived(1))
      expect(await claims.get(idOf('clm', 1))).toEqual({ ...arrived(1), number: 1, state: 'pending' })
      expect(await claims.get(idOf('clm', 2))).toBeUndefined()
      await claims.decide(refused(1))
      const decision = { by: 'Grace', reason: 'no', time: 50 }
      expect(await claims.get(idOf('clm', 1))).toEqual({ ...arrived(1), number: 1, state: 'refused', decision })
    })

    test('refuses a second decision, and a second claim of an id or of a waiting item', async () => {
      const { claims } = await seeded()
      await claims.add(arrived(1))
      await expect(() => claims.add(arrived(1, OTHER_DEVICE))).rejects.toThrow()
      await expect(() => claims.add({ ...arrived(2), item: 'p1' })).rejects.toThrow()
      await claims.add({ ...arrived(2), item: 'p1', device: OTHER_DEVICE })
      await claims.decide(refused(1))
      await expect(() =>
        claims.decide({ ...refused(1), outcome: 'accepted', registration: idOf('agt', 1) }),
      ).rejects.toThrow()
      await claims.add({ ...arrived(3), item: 'p1' })
    })

    test('refuses an accepted claim without a registration, and one of none that there is', async () => {
      const { claims } = await seeded()
      await claims.add(arrived(1))
      await expect(() => claims.decide({ ...refused(1), outcome: 'accepted' })).rejects.toThrow()
      await expect(() =>
        claims.decide({ ...refused(1), outcome: 'accepted', registration: idOf('agt', 1) }),
      ).rejects.toThrow()
      expect((await claims.get(idOf('clm', 1)))?.state).toBe('pending')
    })

    test('counts what waits of a device, and knows whether one of a user and item does', async () => {
      const { claims } = await seeded()
      for (const number of [1, 2]) await claims.add(arrived(number))
      await claims.add(arrived(3, OTHER_DEVICE))
      await claims.add(arrived(4), { by: 'the directory', reason: 'no' })
      expect([await claims.pending(DEVICE), await claims.pending(OTHER_DEVICE)]).toEqual([2, 1])
      const isPending = (userId: string, item: string) => claims.isPending(DEVICE, { userId, item })
      expect([await isPending('1000', 'p1'), await isPending('1001', 'p1'), await isPending('1000', 'p4')]).toEqual([
        true,
        false,
        false,
      ])
    })

    test('returns decisions of a device, newest first, and forgets the oldest refused ones', async () => {
      const { claims } = await seeded()
      for (const number of [1, 2, 3, 4]) await claims.add(arrived(number))
      await claims.add(arrived(5, OTHER_DEVICE), { by: 'the directory', reason: 'no' })
      await claims.decide(refused(2, 60))
      await claims.decide(refused(1, 70))
      await claims.decide(refused(3, 65))
      expect(await claims.decisions(DEVICE, 9)).toEqual([refused(1, 70), refused(3, 65), refused(2, 60)])
      expect(await claims.decisions(DEVICE, 1)).toEqual([refused(1, 70)])
      await claims.forgetRefused(DEVICE, 1)
      expect((await claims.list({ limit: 9 })).items.map(({ claim: { id } }) => id)).toEqual(
        [5, 4, 3].map((at) => idOf('clm', at)),
      )
    })

    test('pages newest first, by state, device, beginning of the id and name of the device', async () => {
      const { claims } = await seeded()
      for (const number of [1, 2]) await claims.add(arrived(number))
      await claims.add(arrived(3, OTHER_DEVICE))
      await claims.decide(refused(2))
      const numbers = async (request: Parameters<typeof claims.list>[0]) =>
        (await claims.list({ limit: 9, ...request })).items.map(({ number }) => number)
      expect(await numbers({})).toEqual([3, 2, 1])
      expect(await numbers({ limit: 1, cursor: '3' })).toEqual([2])
      expect(await claims.list({ limit: 1 })).toMatchObject({ total: 3, next: '3' })
      expect(await numbers({ order: 'ascending' })).toEqual([1, 2, 3])
      expect(await numbers({ sort: 'product', order: 'descending' })).toEqual([3, 2, 1])
      expect(await numbers({ state: 'pending' })).toEqual([3, 1])
      expect(await numbers({ device: DEVICE })).toEqual([2, 1])
      expect(await numbers({ product: 'p2' })).toEqual([2])
      expect(await numbers({ search: 'P3' })).toEqual([3])
      expect(await numbers({ user: 'ada', device: OTHER_DEVICE })).toEqual([3])
      expect(await numbers({ user: 'bob' })).toEqual([])
      expect(await numbers({ named: idOf('clm', 2) })).toEqual([2])
      expect(await numbers({ named: idOf('clm', 2).slice(0, 8) })).toEqual([3, 2, 1])
      expect(await numbers({ named: 'clm_' })).toEqual([])
      expect(await numbers({ named: 'LAPTOP', state: 'refused' })).toEqual([2])
    })
  })
}
