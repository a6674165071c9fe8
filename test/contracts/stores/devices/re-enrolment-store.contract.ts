import { ZEROS } from '../../../support/directory/scripted-device.ts'
import type { Engine } from '../engines.ts'
import { newHuman } from '../people/human-store.contract.ts'
import { DEVICE, idOf, reEnrolment, seed } from '../seeds.ts'

const ID = idOf('ren', 1)

export function describeReEnrolmentStore({ name, open }: Engine): void {
  describe(`${name} keeps the ReEnrolmentStore contract`, () => {
    test('returns a re-enrolment by id, by epoch, and by token and key', async () => {
      const store = await open()
      await seed(store)
      const one = reEnrolment()
      await store.reEnrolments.put(one)
      const { get, atEpoch, withKey } = store.reEnrolments
      expect([await get(ID), await atEpoch(DEVICE, 2), await withKey(one.token, one.applicationKey)]).toEqual([
        one,
        one,
        one,
      ])
      expect([await get(idOf('ren', 2)), await atEpoch(DEVICE, 3), await withKey(one.token, 'x')]).toEqual([
        ...[undefined, undefined, undefined],
      ])
    })

    test('knows the highest epoch of a device or of its re-enrolments', async () => {
      const store = await open()
      await seed(store)
      expect(await store.reEnrolments.highestEpoch(DEVICE)).toBe(1)
      await store.reEnrolments.put(reEnrolment({ epoch: 4 }))
      expect(await store.reEnrolments.highestEpoch(DEVICE)).toBe(4)
    })

    test('lists pending ones, all or below an epoch', async () => {
      const store = await open()
      await seed(store)
      for (const epoch of [2, 3, 4]) await store.reEnrolments.put(reEnrolment({ id: idOf('ren', epoch), epoch }))
      await store.reEnrolments.settle(idOf('ren', 2), { state: 'denied', at: 6, by: 'adm' })
      expect(await store.reEnrolments.pending(DEVICE)).toEqual([idOf('ren', 3), idOf('ren', 4)])
      expect(await store.reEnrolments.pending(DEVICE, 4)).toEqual([idOf('ren', 3)])
      expect((await store.reEnrolments.get(idOf('ren', 2)))?.state).toBe('denied')
    })

    test('a new epoch has new keys, an empty chain, and no passes', async () => {
      const store = await open()
      await seed(store)
      await store.evidence.putChain(DEVICE, { sequence: 7, head: 'h', bytes: 100, at: 3 })
      await store.devices.markForked(DEVICE, 3)
      await store.devices.putAttestation(DEVICE, { at: 3 })
      await store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: '' }, 3)
      await store.findings.put(DEVICE, { check: 'tpm.present', state: 'fail', detail: '' }, 3)
      await store.unprocessed.put(DEVICE, { part: 'quota', sequence: 7, message: 'm', at: 3 })
      await store.snapshots.putPart(DEVICE, 's', 0)
      await store.devices.retire(DEVICE)
      await store.reEnrolments.put(reEnrolment())
      await store.reEnrolments.startEpoch(reEnrolment(), 8)
      expect(await store.devices.get(DEVICE)).toMatchObject({
        epoch: 2,
        status: 'active',
        owner: 'bob',
        applicationKey: 'key of epoch 2',
        sequence: 0,
        head: ZEROS,
      })
      const { confirmedAt, attestedAt, forkedAt } = (await store.devices.get(DEVICE)) ?? {}
      expect([confirmedAt, attestedAt, forkedAt]).toEqual([undefined, undefined, undefined])
      expect(await store.evidence.chain(DEVICE)).toMatchObject({ bytes: 0, newest: 0 })
      expect((await store.findings.list(DEVICE)).map(({ check }) => check)).toEqual(['tpm.present'])
      expect([await store.unprocessed.list(DEVICE), await store.snapshots.open(DEVICE)]).toEqual([[], undefined])
    })

    test('views show how the device was recognised, who decided, and a retirement', async () => {
      const store = await open()
      await seed(store, { endorsement: { publicHash: 'ek' } })
      await store.reEnrolments.put(reEnrolment({ endorsement: { publicHash: 'ek' } }))
      await store.reEnrolments.put(reEnrolment({ id: idOf('ren', 2), epoch: 3 }))
      await store.reEnrolments.settle(ID, { state: 'approved', at: 6, by: 'adm' })
      expect(await store.reEnrolments.view(ID)).toMatchObject({
        knownBy: 'tpm',
        status: 'approved',
        decidedAt: 6,
        decidedBy: 'adm',
        device: DEVICE,
        epoch: 2,
      })
      expect(await store.reEnrolments.view(idOf('ren', 2))).toMatchObject({ knownBy: 'key', status: 'pending' })
      await store.devices.retire(DEVICE)
      const details = { reason: 'lost' }
      await store.audit.add({ at: 7, actor: 'adm', act: 'retired', subject: DEVICE, device: DEVICE, details })
      expect((await store.reEnrolments.view(ID))?.retired).toEqual({ at: 7, by: 'adm', reason: 'lost' })
      expect(await store.reEnrolments.view(idOf('ren', 9))).toBeUndefined()
    })

    test('lists by id and by status', async () => {
      const store = await open()
      await seed(store)
      for (const epoch of [3, 2]) await store.reEnrolments.put(reEnrolment({ id: idOf('ren', epoch), epoch }))
      await store.reEnrolments.settle(idOf('ren', 2), { state: 'denied', at: 6, by: 'adm' })
      const ids = async (request: Parameters<typeof store.reEnrolments.list>[0]) =>
        (await store.reEnrolments.list(request)).items.map(({ id }) => id)
      expect(await ids({ limit: 10 })).toEqual([idOf('ren', 2), idOf('ren', 3)])
      expect(await ids({ limit: 10, cursor: idOf('ren', 2) })).toEqual([idOf('ren', 3)])
      expect(await ids({ limit: 10, status: 'denied' })).toEqual([idOf('ren', 2)])
      expect(await ids({ limit: 1 })).toEqual([idOf('ren', 2)])
      expect(await ids({ search: 'Lap', sort: 'asked', order: 'descending' })).toEqual([idOf('ren', 3), idOf('ren', 2)])
      expect([await ids({ search: 'ap' }), await ids({ search: idOf('ren', 3) })]).toEqual([[], [idOf('ren', 3)]])
    })

    test.each(['bob', 'Bob', 'BOB@Example.org', idOf('hum', 1)])(
      'finds those of an owner who is called %s',
      async (owner) => {
        const store = await open()
        await seed(store)
        const { id } = await store.humans.put(newHuman(1, { userName: 'Bob', email: 'bob@example.org' }))
        const spellings = ['bob', 'Bob@example.org', id, 'bobby']
        for (const [at, spelling] of spellings.entries()) {
          await store.reEnrolments.put(reEnrolment({ id: idOf('ren', at), epoch: at + 2, owner: spelling }))
        }
        expect(await store.reEnrolments.list({ owner })).toMatchObject({
          items: [0, 1, 2].map((at) => ({ id: idOf('ren', at) })),
          total: 3,
        })
      },
    )

    test('finds those of an owner in any case of any script', async () => {
      const store = await open()
      await seed(store)
      await store.reEnrolments.put(reEnrolment({ id: idOf('ren', 1), owner: 'Ælfgifu' }))
      expect(await store.reEnrolments.list({ owner: 'ÆLFGIFU' })).toMatchObject({ total: 1 })
      expect(await store.reEnrolments.list({ owner: 'ÆLFGIF' })).toMatchObject({ total: 0 })
    })
  })
}
