import { ZEROS } from '../../support/directory/scripted-device.ts'
import { newHuman } from './human-store.contract.ts'
import { DEVICE, idOf, type OpenStores, reEnrolment, seed } from './seeds.ts'

const ID = idOf('ren', 1)

export function describeReEnrolmentStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the ReEnrolmentStore contract`, () => {
    test('returns a re-enrolment by id, by epoch, and by token and key', () => {
      const store = open()
      seed(store)
      const one = reEnrolment()
      store.reEnrolments.put(one)
      const { get, atEpoch, withKey } = store.reEnrolments
      expect([get(ID), atEpoch(DEVICE, 2), withKey(one.token, one.applicationKey)]).toEqual([one, one, one])
      expect([get(idOf('ren', 2)), atEpoch(DEVICE, 3), withKey(one.token, 'x')]).toEqual([
        ...[undefined, undefined, undefined],
      ])
    })

    test('knows the highest epoch of a device or of its re-enrolments', () => {
      const store = open()
      seed(store)
      expect(store.reEnrolments.highestEpoch(DEVICE)).toBe(1)
      store.reEnrolments.put(reEnrolment({ epoch: 4 }))
      expect(store.reEnrolments.highestEpoch(DEVICE)).toBe(4)
    })

    test('lists pending ones, all or below an epoch', () => {
      const store = open()
      seed(store)
      for (const epoch of [2, 3, 4]) store.reEnrolments.put(reEnrolment({ id: idOf('ren', epoch), epoch }))
      store.reEnrolments.settle(idOf('ren', 2), { state: 'denied', at: 6, by: 'adm' })
      expect(store.reEnrolments.pending(DEVICE)).toEqual([idOf('ren', 3), idOf('ren', 4)])
      expect(store.reEnrolments.pending(DEVICE, 4)).toEqual([idOf('ren', 3)])
      expect(store.reEnrolments.get(idOf('ren', 2))?.state).toBe('denied')
    })

    test('a new epoch has new keys, an empty chain, and no passes', () => {
      const store = open()
      seed(store)
      store.evidence.putChain(DEVICE, { sequence: 7, head: 'h', bytes: 100, at: 3 })
      store.devices.markForked(DEVICE, 3)
      store.devices.putAttestation(DEVICE, { at: 3 })
      store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: '' }, 3)
      store.findings.put(DEVICE, { check: 'tpm.present', state: 'fail', detail: '' }, 3)
      store.unprocessed.put(DEVICE, { part: 'quota', sequence: 7, message: 'm', at: 3 })
      store.snapshots.putPart(DEVICE, 's', 0)
      store.devices.retire(DEVICE)
      store.reEnrolments.put(reEnrolment())
      store.reEnrolments.startEpoch(reEnrolment(), 8)
      expect(store.devices.get(DEVICE)).toMatchObject({
        epoch: 2,
        status: 'active',
        owner: 'bob',
        applicationKey: 'key of epoch 2',
        sequence: 0,
        head: ZEROS,
      })
      const { confirmedAt, attestedAt, forkedAt } = store.devices.get(DEVICE) ?? {}
      expect([confirmedAt, attestedAt, forkedAt]).toEqual([undefined, undefined, undefined])
      expect(store.evidence.chain(DEVICE)).toMatchObject({ bytes: 0, newest: 0 })
      expect(store.findings.list(DEVICE).map(({ check }) => check)).toEqual(['tpm.present'])
      expect([store.unprocessed.list(DEVICE), store.snapshots.open(DEVICE)]).toEqual([[], undefined])
    })

    test('views show how the device was recognised, who decided, and a retirement', () => {
      const store = open()
      seed(store, { endorsement: { publicHash: 'ek' } })
      store.reEnrolments.put(reEnrolment({ endorsement: { publicHash: 'ek' } }))
      store.reEnrolments.put(reEnrolment({ id: idOf('ren', 2), epoch: 3 }))
      store.reEnrolments.settle(ID, { state: 'approved', at: 6, by: 'adm' })
      expect(store.reEnrolments.view(ID)).toMatchObject({
        knownBy: 'tpm',
        status: 'approved',
        decidedAt: 6,
        decidedBy: 'adm',
        device: DEVICE,
        epoch: 2,
      })
      expect(store.reEnrolments.view(idOf('ren', 2))).toMatchObject({ knownBy: 'key', status: 'pending' })
      store.devices.retire(DEVICE)
      const details = { reason: 'lost' }
      store.audit.add({ at: 7, actor: 'adm', act: 'retired', subject: DEVICE, device: DEVICE, details })
      expect(store.reEnrolments.view(ID)?.retired).toEqual({ at: 7, by: 'adm', reason: 'lost' })
      expect(store.reEnrolments.view(idOf('ren', 9))).toBeUndefined()
    })

    test('lists by id and by status', () => {
      const store = open()
      seed(store)
      for (const epoch of [3, 2]) store.reEnrolments.put(reEnrolment({ id: idOf('ren', epoch), epoch }))
      store.reEnrolments.settle(idOf('ren', 2), { state: 'denied', at: 6, by: 'adm' })
      const ids = (request: Parameters<typeof store.reEnrolments.list>[0]) =>
        store.reEnrolments.list(request).items.map(({ id }) => id)
      expect(ids({ limit: 10 })).toEqual([idOf('ren', 2), idOf('ren', 3)])
      expect(ids({ limit: 10, cursor: idOf('ren', 2) })).toEqual([idOf('ren', 3)])
      expect(ids({ limit: 10, status: 'denied' })).toEqual([idOf('ren', 2)])
      expect(ids({ limit: 1 })).toEqual([idOf('ren', 2)])
      expect(ids({ search: 'Lap', sort: 'asked', order: 'descending' })).toEqual([idOf('ren', 3), idOf('ren', 2)])
      expect([ids({ search: 'ap' }), ids({ search: idOf('ren', 3) })]).toEqual([[], [idOf('ren', 3)]])
    })

    test.each(['bob', 'Bob', 'BOB@Example.org', idOf('hum', 1)])(
      'finds those of an owner who is called %s',
      (owner) => {
        const store = open()
        seed(store)
        const { id } = store.humans.put(newHuman(1, { userName: 'Bob', email: 'bob@example.org' }))
        const spellings = ['bob', 'Bob@example.org', id, 'bobby']
        for (const [at, spelling] of spellings.entries()) {
          store.reEnrolments.put(reEnrolment({ id: idOf('ren', at), epoch: at + 2, owner: spelling }))
        }
        expect(store.reEnrolments.list({ owner })).toMatchObject({
          items: [0, 1, 2].map((at) => ({ id: idOf('ren', at) })),
          total: 3,
        })
      },
    )
  })
}
