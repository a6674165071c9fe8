import { device, idOf, type OpenStores, reEnrolment, seed, token } from './seeds.ts'

export function describeTokenStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the TokenStore contract`, () => {
    test('returns a token as it was stored', () => {
      const { tokens } = open()
      const full = token({ serial: 'S1', uses: 3, preregistered: true, pending: 'all', unbound: true })
      tokens.put(full)
      expect(tokens.get(full.id)).toEqual(full)
      const ownerless = token({ id: idOf('tok', 3), owner: undefined, preregistered: true })
      tokens.put(ownerless)
      expect(tokens.get(ownerless.id)).toEqual(ownerless)
      expect(tokens.get(idOf('tok', 2))).toBeUndefined()
    })

    test('counts uses up to the limit', () => {
      const { tokens } = open()
      tokens.put(token({ uses: 2 }))
      const id = idOf('tok', 1)
      expect([tokens.use(id), tokens.use(id), tokens.use(id)]).toEqual([true, true, false])
      expect(tokens.get(id)?.used).toBe(2)
      expect(tokens.use(idOf('tok', 2))).toBe(false)
    })

    test('keeps the first device of a claim, and how often it came', () => {
      const { tokens } = open()
      for (const number of [1, 2]) tokens.put(token({ id: idOf('tok', number), uses: 9 }))
      const [one, two] = [idOf('tok', 1), idOf('tok', 2)]
      const claim = { kind: 'serial', key: 's1' } as const
      expect(tokens.claimed(one, claim)).toBeUndefined()
      tokens.claim(one, claim, idOf('dev', 1))
      tokens.claim(one, claim, idOf('dev', 2))
      expect(tokens.claimed(one, claim)).toEqual({ device: idOf('dev', 1), times: 2 })
      expect(tokens.claimed(two, claim)).toBeUndefined()
      expect(tokens.claimed(one, { kind: 'endorsement-key', key: 's1' })).toBeUndefined()
      tokens.unclaim(idOf('dev', 2))
      expect(tokens.claimed(one, claim)?.times).toBe(2)
      tokens.unclaim(idOf('dev', 1))
      expect(tokens.claimed(one, claim)).toBeUndefined()
    })

    test('keeps the time of the first revocation', () => {
      const { tokens } = open()
      tokens.put(token())
      tokens.revoke(idOf('tok', 1), 7)
      tokens.revoke(idOf('tok', 1), 8)
      expect(tokens.get(idOf('tok', 1))?.revokedAt).toBe(7)
    })

    test('allows a retry until the device is confirmed or retired', () => {
      const store = open()
      const id = idOf('tok', 1)
      seed(store)
      expect(store.tokens.mayBeRetried(id)).toBe(true)
      store.devices.putAttestation(device().id, { at: 3 })
      expect(store.tokens.mayBeRetried(id)).toBe(false)
      store.reEnrolments.put(reEnrolment())
      expect(store.tokens.mayBeRetried(id)).toBe(true)
      store.reEnrolments.settle(reEnrolment().id, { state: 'denied', at: 6, by: 'adm' })
      expect(store.tokens.mayBeRetried(id)).toBe(false)
    })

    test('views show the status at the given time, and no secret', () => {
      const { tokens } = open()
      for (const [number, changes] of [{}, { used: 1 }, { expiresAt: 50 }].entries()) {
        tokens.put(token({ id: idOf('tok', number), ...changes }))
      }
      tokens.put(token({ id: idOf('tok', 3), used: 1 }))
      tokens.revoke(idOf('tok', 3), 9)
      const listed = tokens.list({ limit: 10 }, 60)
      expect(listed.map(({ status }) => status)).toEqual(['usable', 'used', 'expired', 'revoked'])
      expect(JSON.stringify(listed)).not.toContain('hash')
      expect(tokens.view(idOf('tok', 0), 100)?.status).toBe('expired')
    })

    test('lists by id, after a cursor, up to a limit', () => {
      const { tokens } = open()
      for (const number of [3, 1, 2]) tokens.put(token({ id: idOf('tok', number) }))
      const ids = (after: string | undefined, limit: number) => tokens.list({ after, limit }, 0).map(({ id }) => id)
      expect(ids(undefined, 2)).toEqual([idOf('tok', 1), idOf('tok', 2)])
      expect(ids(idOf('tok', 2), 2)).toEqual([idOf('tok', 3)])
    })

    test('names the devices that used a token, in every epoch and while they wait', () => {
      const store = open()
      seed(store)
      store.tokens.put(token({ id: idOf('tok', 2) }))
      store.reEnrolments.put(reEnrolment({ token: idOf('tok', 2) }))
      const users = () => [1, 2].map((number) => store.tokens.view(idOf('tok', number), 0)?.devices)
      expect(users()).toEqual([[device().id], [device().id]])
      store.reEnrolments.startEpoch(reEnrolment({ token: idOf('tok', 2) }), 7)
      expect(users()).toEqual([[device().id], [device().id]])
    })
  })
}
