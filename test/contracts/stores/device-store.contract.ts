import { codeThrown } from '../../support/code-thrown.ts'
import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { DEVICE, device, idOf, LABEL, type OpenStores, OTHER_DEVICE, reEnrolment, seed } from './seeds.ts'

const COUNTERS = { clock: 1, resetCount: 2, restartCount: 3, safe: true, firmwareVersion: '4' }
const isConnected = () => false

export function describeDeviceStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the DeviceStore contract`, () => {
    test('returns a device as it was stored', () => {
      const store = open()
      const full = device({
        endorsement: { publicHash: 'ek', maker: 'IFX' },
        ...{ attestationPublic: 'ak', counters: COUNTERS, pcrs: { '7': '00' }, notes: ['a note'], attestedAt: 2 },
      })
      seed(store, full)
      expect(store.devices.get(DEVICE)).toEqual(full)
      expect(store.devices.standing(DEVICE)).toEqual({
        ...{ id: DEVICE, status: 'active', epoch: 1, applicationKey: full.applicationKey },
      })
      expect([store.devices.get(OTHER_DEVICE), store.devices.standing(OTHER_DEVICE)]).toEqual([undefined, undefined])
      expect([store.devices.has(DEVICE), store.devices.has(OTHER_DEVICE)]).toEqual([true, false])
    })

    test('refuses a second device with the same key or TPM', async () => {
      const store = open()
      seed(store, { endorsement: { publicHash: 'ek' } })
      const { applicationKey } = device()
      expect(await codeThrown(() => store.devices.put(device({ id: OTHER_DEVICE, applicationKey })))).toBe('CONFLICT')
      const sameTpm = device({ id: OTHER_DEVICE, endorsement: { publicHash: 'ek' } })
      expect(await codeThrown(() => store.devices.put(sameTpm))).toBe('CONFLICT')
    })

    test('finds a device by the key and the TPM of any epoch', () => {
      const store = open()
      seed(store, { applicationKey: 'first', endorsement: { publicHash: 'ek' } })
      store.reEnrolments.put(reEnrolment({ applicationKey: 'second' }))
      store.reEnrolments.startEpoch(reEnrolment({ applicationKey: 'second' }), 7)
      expect(['first', 'second', 'third'].map((key) => store.devices.withKey(key)?.id)).toEqual([
        ...[DEVICE, DEVICE, undefined],
      ])
      expect([1, 2, 3].map((epoch) => store.devices.keyAt(DEVICE, epoch))).toEqual(['first', 'second', undefined])
      expect(store.devices.keyAt(OTHER_DEVICE, 1)).toBeUndefined()
      expect(store.devices.get(DEVICE)?.endorsement).toBeUndefined()
      expect([store.devices.withEndorsement('ek')?.id, store.devices.withEndorsement('x')?.id]).toEqual([
        ...[DEVICE, undefined],
      ])
    })

    test('finds devices by their machine id', () => {
      const store = open()
      seed(store, { label: { ...LABEL, machineId: 'm' } }, { id: OTHER_DEVICE, label: { ...LABEL, machineId: 'm' } })
      expect(store.devices.withMachineId('m').toSorted()).toEqual([DEVICE, OTHER_DEVICE])
      expect(store.devices.withMachineId('n')).toEqual([])
    })

    test('an attestation confirms the device, updates counters, and clears a failure', () => {
      const store = open()
      seed(store)
      store.devices.putAttestationFailure(DEVICE, { code: 'ATTESTATION_QUOTE_INVALID', at: 3 })
      store.devices.putAttestationFailure(DEVICE, { code: 'ATTESTATION_PCR_MISMATCH', at: 4 })
      expect(store.devices.get(DEVICE)?.attestationFailure).toEqual({ code: 'ATTESTATION_PCR_MISMATCH', since: 3 })
      store.devices.putAttestation(DEVICE, { at: 5, counters: COUNTERS, pcrs: { '7': '01' } })
      store.devices.putAttestation(DEVICE, { at: 6 })
      expect(store.devices.get(DEVICE)).toMatchObject({
        ...{ confirmedAt: 5, attestedAt: 6, counters: COUNTERS, pcrs: { '7': '01' } },
      })
      expect(store.devices.get(DEVICE)?.attestationFailure).toBeUndefined()
    })

    test('keeps the time of the first fork', () => {
      const store = open()
      seed(store)
      store.devices.markForked(DEVICE, 3)
      store.devices.markForked(DEVICE, 4)
      expect(store.devices.get(DEVICE)?.forkedAt).toBe(3)
    })

    test('shows a retired device with the newest retirement in the audit', () => {
      const store = open()
      seed(store)
      const entry = { act: 'retired', subject: DEVICE, device: DEVICE } as const
      store.audit.add({ ...entry, at: 3, actor: 'adm_1', details: { reason: 'lost' } })
      expect(store.devices.view(DEVICE)).not.toHaveProperty('retired')
      store.devices.retire(DEVICE)
      store.audit.add({ ...entry, at: 4, actor: 'adm_2', details: { reason: 'stolen' } })
      expect(store.devices.view(DEVICE)).toMatchObject({
        ...{ status: 'retired', retired: { at: 4, by: 'adm_2', reason: 'stolen' } },
      })
    })

    test('views contain result, findings, reports and unprocessed evidence', () => {
      const store = open()
      seed(store)
      const result = sampleResult(10_000)
      store.results.put(DEVICE, result)
      store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: 'Debian 13' }, 4)
      store.reports.putHealth(DEVICE, [{ code: 'SPOOL_FULL', remedy: 'make room', since: 1 }], 4)
      store.unprocessed.put(DEVICE, { part: 'sources', sequence: 2, message: 'too many', at: 4 })
      expect(store.devices.view(DEVICE)).toMatchObject({
        result,
        findings: [{ check: 'os.supported', state: 'pass', explanation: 'Debian 13', reportedAt: 4 }],
        health: [{ code: 'SPOOL_FULL' }],
        unprocessed: [{ part: 'sources', sequence: 2, message: 'too many', since: 4 }],
      })
      expect(store.devices.view(OTHER_DEVICE)).toBeUndefined()
    })

    test('lists by id and filters by verdict, presence and name', () => {
      const store = open()
      seed(store, {}, { id: OTHER_DEVICE, label: { ...LABEL, hostname: 'Desk' } })
      store.results.put(DEVICE, sampleResult(10))
      const ids = (filters: Partial<Parameters<typeof store.devices.list>[0]>, now = 20) =>
        store.devices.list({ limit: 10, isConnected, ...filters }, now).map(({ id }) => id)
      expect(ids({})).toEqual([DEVICE, OTHER_DEVICE])
      expect(ids({ after: DEVICE })).toEqual([OTHER_DEVICE])
      expect(ids({ limit: 1 })).toEqual([DEVICE])
      expect([ids({ verdict: 'not-compliant' }), ids({ verdict: 'unknown' })]).toEqual([[DEVICE], [OTHER_DEVICE]])
      expect(ids({ verdict: 'stale' }, 10_000_000)).toEqual([DEVICE])
      expect(ids({ presence: 'connected', isConnected: (id) => id === DEVICE })).toEqual([DEVICE])
      expect([ids({ named: 'dESK' }), ids({ named: DEVICE.slice(0, 25) })]).toEqual([[OTHER_DEVICE], [DEVICE]])
      expect(ids({ named: 'dev_000' })).toEqual([])
    })

    test('returns the application key of each epoch', () => {
      const store = open()
      seed(store, { applicationKey: 'AAAA' })
      store.reEnrolments.put(reEnrolment({ applicationKey: 'BBBB' }))
      store.reEnrolments.startEpoch(reEnrolment({ applicationKey: 'BBBB' }), 7)
      const key = (epoch?: number) => store.devices.applicationKey(DEVICE, epoch)
      expect([key(1), key(2), key(3)]).toEqual([new Uint8Array(3), new Uint8Array([4, 16, 65]), undefined])
      expect(key()).toEqual(key(2))
      expect(store.devices.applicationKey(idOf('dev', 9), undefined)).toBeUndefined()
    })
  })
}
