import type { PendingDevice } from '../../../../src/directory/enrolment/pending-device-store.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import type { Engine } from '../engines.ts'
import { idOf, LABEL, token } from '../seeds.ts'

const pendingDevice = (number: number, changes: Partial<PendingDevice> = {}): PendingDevice => ({
  id: idOf('dev', number),
  state: 'pending',
  owner: 'ada',
  token: idOf('tok', 1),
  why: 'token',
  createdAt: number,
  tier: 'tpm',
  applicationKey: `key ${number}`,
  label: LABEL,
  notes: ['n'],
  ...changes,
})
const TPM = { endorsement: { publicHash: 'ek' }, attestationPublic: 'ak' }

export function describePendingDeviceStore({ name, open }: Engine): void {
  const opened = async () => {
    const store = await open()
    await store.tokens.put(token({ uses: 9 }))
    return store
  }
  describe(`${name} keeps the PendingDeviceStore contract`, () => {
    test('returns one as it was stored, by id, and the newest by token and key', async () => {
      const { pendingDevices } = await opened()
      const one = pendingDevice(1, { ...TPM, pcrs: { 0: 'aa' } })
      await pendingDevices.put(one)
      await pendingDevices.put(pendingDevice(2, { applicationKey: one.applicationKey }))
      expect(await pendingDevices.get(one.id)).toEqual(one)
      expect((await pendingDevices.withKey(idOf('tok', 1), one.applicationKey))?.id).toBe(idOf('dev', 2))
      expect(await pendingDevices.withKey(idOf('tok', 2), one.applicationKey)).toBeUndefined()
      expect(await pendingDevices.get(idOf('dev', 3))).toBeUndefined()
    })

    test('keeps one decision', async () => {
      const { pendingDevices } = await opened()
      await pendingDevices.put(pendingDevice(1))
      await pendingDevices.settle(idOf('dev', 1), { state: 'refused', at: 5, by: 'adm', reason: 'r' })
      expect(await pendingDevices.view(idOf('dev', 1))).toMatchObject({
        status: 'refused',
        decidedAt: 5,
        decidedBy: 'adm',
        reason: 'r',
      })
      const again = () => pendingDevices.settle(idOf('dev', 1), { state: 'accepted', at: 6, by: 'eve' })
      expect(await codeThrown(again)).toBeDefined()
      expect((await pendingDevices.get(idOf('dev', 1)))?.state).toBe('refused')
    })

    test('knows refused keys and TPMs', async () => {
      const { pendingDevices } = await opened()
      await pendingDevices.put(pendingDevice(1, TPM))
      const ask = (applicationKey: string, endorsement?: string) =>
        pendingDevices.wasRefused({ applicationKey, endorsement })
      expect(await ask('key 1', 'ek')).toBe(false)
      await pendingDevices.settle(idOf('dev', 1), { state: 'refused', at: 5, by: 'adm' })
      expect([await ask('key 1'), await ask('key 2', 'ek'), await ask('key 2', 'other'), await ask('key 2')]).toEqual([
        true,
        true,
        false,
        false,
      ])
    })

    test('lists by id, status, host, serial, owner, token and beginning of the id', async () => {
      const { pendingDevices } = await opened()
      for (const number of [3, 1, 2]) {
        await pendingDevices.put(
          pendingDevice(number, { label: { ...LABEL, hostname: `Lap-${number}`, serial: `S${number}` } }),
        )
      }
      await pendingDevices.settle(idOf('dev', 3), { state: 'accepted', at: 5, by: 'adm' })
      const ids = async (page: Partial<Parameters<typeof pendingDevices.list>[0]>) =>
        (await pendingDevices.list({ limit: 10, ...page })).items.map(({ id }) => Number(id.slice(4, -1)))
      expect([await ids({}), await ids({ cursor: idOf('dev', 1), limit: 1 })]).toEqual([[1, 2, 3], [2]])
      expect([await ids({ status: 'pending' }), await ids({ status: 'accepted' })]).toEqual([[1, 2], [3]])
      expect([await ids({ named: 'lap-2' }), await ids({ named: 'S2' }), await ids({ named: 's2' })]).toEqual([
        [2],
        [2],
        [],
      ])
      expect([await ids({ named: 'ada' }), await ids({ named: idOf('tok', 1) })]).toEqual([
        [1, 2, 3],
        [1, 2, 3],
      ])
      expect([
        await ids({ owner: 'ADA' }),
        await ids({ owner: 'ad' }),
        await ids({ search: 'LAP-', sort: 'host' }),
      ]).toEqual([[1, 2, 3], [], [1, 2, 3]])
      expect([await ids({ named: idOf('dev', 2).slice(0, 8) }), await ids({ named: 'dev_' })]).toEqual([[1, 2, 3], []])
    })

    test('finds those of an owner in any case of any script', async () => {
      const { pendingDevices } = await opened()
      for (const [at, owner] of ['Ælfgifu', 'ǼLFGIFU', 'ada'].entries()) {
        await pendingDevices.put(pendingDevice(at + 1, { owner }))
      }
      const ids = async (page: object) => (await pendingDevices.list({ limit: 10, ...page })).items.map(({ id }) => id)
      expect(await ids({ owner: 'ÆLFGIFU' })).toEqual([idOf('dev', 1)])
      expect(await ids({ search: 'ǽlf' })).toEqual([idOf('dev', 2)])
      expect(await ids({ sort: 'owner' })).toEqual([idOf('dev', 3), idOf('dev', 1), idOf('dev', 2)])
    })
  })
}
