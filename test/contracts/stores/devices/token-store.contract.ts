import type { ListRequest } from '../../../../src/directory/http/listed.ts'
import type { Engine } from '../engines.ts'
import { device, idOf, reEnrolment, seed, token } from '../seeds.ts'

export function describeTokenStore({ name, open }: Engine): void {
  describe(`${name} keeps the TokenStore contract`, () => {
    test('returns a token as it was stored', async () => {
      const { tokens } = await open()
      const full = token({ serial: 'S1', uses: 3, preregistered: true, pending: 'all', unbound: true })
      await tokens.put(full)
      expect(await tokens.get(full.id)).toEqual(full)
      const ownerless = token({ id: idOf('tok', 3), owner: undefined, preregistered: true })
      await tokens.put(ownerless)
      expect(await tokens.get(ownerless.id)).toEqual(ownerless)
      expect(await tokens.get(idOf('tok', 2))).toBeUndefined()
    })

    test('counts uses up to the limit', async () => {
      const { tokens } = await open()
      await tokens.put(token({ uses: 2 }))
      const id = idOf('tok', 1)
      expect([await tokens.use(id), await tokens.use(id), await tokens.use(id)]).toEqual([true, true, false])
      expect((await tokens.get(id))?.used).toBe(2)
      expect(await tokens.use(idOf('tok', 2))).toBe(false)
    })

    test('keeps the first device of a claim, and how often it came', async () => {
      const { tokens } = await open()
      for (const number of [1, 2]) await tokens.put(token({ id: idOf('tok', number), uses: 9 }))
      const [one, two] = [idOf('tok', 1), idOf('tok', 2)]
      const claim = { kind: 'serial', key: 's1' } as const
      expect(await tokens.claimed(one, claim)).toBeUndefined()
      await tokens.claim(one, claim, idOf('dev', 1))
      await tokens.claim(one, claim, idOf('dev', 2))
      expect(await tokens.claimed(one, claim)).toEqual({ device: idOf('dev', 1), times: 2 })
      expect(await tokens.claimed(two, claim)).toBeUndefined()
      expect(await tokens.claimed(one, { kind: 'endorsement-key', key: 's1' })).toBeUndefined()
      await tokens.unclaim(idOf('dev', 2))
      expect((await tokens.claimed(one, claim))?.times).toBe(2)
      await tokens.unclaim(idOf('dev', 1))
      expect(await tokens.claimed(one, claim)).toBeUndefined()
    })

    test('keeps the time of the first revocation', async () => {
      const { tokens } = await open()
      await tokens.put(token())
      await tokens.revoke(idOf('tok', 1), 7)
      await tokens.revoke(idOf('tok', 1), 8)
      expect((await tokens.get(idOf('tok', 1)))?.revokedAt).toBe(7)
    })

    test('allows a retry until the device is confirmed or retired', async () => {
      const store = await open()
      const id = idOf('tok', 1)
      await seed(store)
      expect(await store.tokens.mayBeRetried(id)).toBe(true)
      await store.devices.putAttestation(device().id, { at: 3 })
      expect(await store.tokens.mayBeRetried(id)).toBe(false)
      await store.reEnrolments.put(reEnrolment())
      expect(await store.tokens.mayBeRetried(id)).toBe(true)
      await store.reEnrolments.settle(reEnrolment().id, { state: 'denied', at: 6, by: 'adm' })
      expect(await store.tokens.mayBeRetried(id)).toBe(false)
    })

    test('views show the status at the given time, and no secret', async () => {
      const { tokens } = await open()
      for (const [number, changes] of [{}, { used: 1 }, { expiresAt: 50 }].entries()) {
        await tokens.put(token({ id: idOf('tok', number), ...changes }))
      }
      await tokens.put(token({ id: idOf('tok', 3), used: 1 }))
      await tokens.revoke(idOf('tok', 3), 9)
      const { items: listed } = await tokens.list({ order: 'ascending' }, 60)
      expect(listed.map(({ status }) => status)).toEqual(['usable', 'used', 'expired', 'revoked'])
      expect(JSON.stringify(listed)).not.toContain('hash')
      expect((await tokens.view(idOf('tok', 0), 100))?.status).toBe('expired')
    })

    test('lists the newest first, page by page, by what is asked for', async () => {
      const { tokens } = await open()
      for (const number of [3, 1, 2]) {
        await tokens.put(
          token({ id: idOf('tok', number), createdAt: number % 2, expiresAt: 100 - number, owner: `o${number}` }),
        )
      }
      await tokens.revoke(idOf('tok', 2), 7)
      const found = async (request: ListRequest) => {
        const { items, ...rest } = await tokens.list(request, 97)
        return [items.map(({ id }) => Number(id.slice(4, -1))), rest] as const
      }
      const [first, { next = '', total }] = await found({ limit: 2 })
      expect([first, total]).toEqual([[3, 1], 3])
      expect(await found({ limit: 2, cursor: next })).toEqual([[2], {}])
      expect((await found({ sort: 'expires' }))[0]).toEqual([3, 2, 1])
      expect((await found({ status: 'revoked' }))[0]).toEqual([2])
      expect((await found({ status: 'expired' }))[0]).toEqual([3])
      expect((await found({ status: 'usable', named: 'o1' }))[0]).toEqual([1])
      expect((await found({ named: 'o' }))[0]).toEqual([])
      await expect(found({ cursor: 'tok_1' })).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
    })

    test('names the devices that used a token, in every epoch and while they wait', async () => {
      const store = await open()
      await seed(store)
      await store.tokens.put(token({ id: idOf('tok', 2) }))
      await store.reEnrolments.put(reEnrolment({ token: idOf('tok', 2) }))
      const users = async () =>
        await Promise.all([1, 2].map(async (number) => (await store.tokens.view(idOf('tok', number), 0))?.devices))
      expect(await users()).toEqual([[device().id], [device().id]])
      await store.reEnrolments.startEpoch(reEnrolment({ token: idOf('tok', 2) }), 7)
      expect(await users()).toEqual([[device().id], [device().id]])
    })
  })
}
