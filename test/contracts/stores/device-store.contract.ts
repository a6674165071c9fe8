import type { DeviceQuestion } from '../../../src/directory/devices/device-store.ts'
import type { DirectoryStore } from '../../../src/directory/store/directory-store.ts'
import { DEVICE_SORTS } from '../../../src/protocol/nouns/devices/devices.ts'
import { RECENT_SIGN_MS } from '../../../src/protocol/tamper.ts'
import type { DaemonProgram } from '../../../src/protocol/updates.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { sampleResult } from '../../support/directory/seeded-directory.ts'
import { DEVICE, device, idOf, LABEL, type OpenStores, OTHER_DEVICE, reEnrolment, seed } from './seeds.ts'

const COUNTERS = { clock: 1, resetCount: 2, restartCount: 3, safe: true, firmwareVersion: '4' }
const INVENTORY = {
  hostname: 'h',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian',
  osVersion: '13',
  kernel: '6',
} as const
const isConnected = () => false

export function describeDeviceStore(name: string, open: OpenStores): void {
  describe(`${name} keeps the DeviceStore contract`, () => {
    test('returns a device as it was stored', () => {
      const store = open()
      const full = device({
        endorsement: { publicHash: 'ek', maker: 'IFX' },
        attestationPublic: 'ak',
        counters: COUNTERS,
        pcrs: { '7': '00' },
        notes: ['a note'],
        attestedAt: 2,
      })
      seed(store, full)
      expect(store.devices.get(DEVICE)).toEqual(full)
      expect(store.devices.standing(DEVICE)).toEqual({
        id: DEVICE,
        status: 'active',
        epoch: 1,
        applicationKey: full.applicationKey,
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
        confirmedAt: 5,
        attestedAt: 6,
        counters: COUNTERS,
        pcrs: { '7': '01' },
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
        status: 'retired',
        retired: { at: 4, by: 'adm_2', reason: 'stolen' },
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
      seed(store, {}, { id: OTHER_DEVICE, owner: 'bob', label: { ...LABEL, hostname: 'Desk', serial: 'S-2' } })
      store.results.put(DEVICE, sampleResult(10))
      const { ids } = listedBy(store)
      expect(ids({})).toEqual([DEVICE, OTHER_DEVICE])
      expect(ids({ after: { key: DEVICE, id: DEVICE } })).toEqual([OTHER_DEVICE])
      expect(ids({}, { limit: 1 })).toEqual([DEVICE])
      expect([ids({ verdict: 'not-compliant' }), ids({ verdict: 'unknown' })]).toEqual([[DEVICE], [OTHER_DEVICE]])
      expect(ids({ verdict: 'stale' }, { now: 10_000_000 })).toEqual([DEVICE])
      store.presence.entered(DEVICE)
      store.presence.entered(DEVICE)
      expect([ids({ presence: 'connected' }), ids({ presence: 'silent' })]).toEqual([[DEVICE], [OTHER_DEVICE]])
      store.presence.left(DEVICE)
      store.presence.left(OTHER_DEVICE)
      expect(ids({ presence: 'connected' })).toEqual([])
      expect([ids({ named: 'dESK' }), ids({ named: DEVICE.slice(0, 25) })]).toEqual([[OTHER_DEVICE], [DEVICE]])
      expect([ids({ named: 'S-2' }), ids({ named: 'bob' })]).toEqual([[OTHER_DEVICE], [OTHER_DEVICE]])
      expect([ids({ named: 'dev_000' }), ids({ named: 's-2' }), ids({ named: '%' })]).toEqual([[], [], []])
    })

    test('filters by check, owner, tier, system, label, host name, silence and status', () => {
      const store = open()
      const third = idOf('dev', 3)
      seed(
        store,
        { tier: 'tpm' },
        { id: OTHER_DEVICE, owner: 'bob', label: { ...LABEL, hostname: 'Berlin-7' } },
        { id: third, label: { ...LABEL, hostname: 'berlin-12' } },
      )
      store.findings.put(OTHER_DEVICE, { check: 'os.supported', state: 'fail', detail: 'x', since: 3 }, 4)
      store.findings.put(third, { check: 'os.supported', state: 'pass', detail: 'x' }, 4)
      store.reports.putInventory(third, { ...INVENTORY, osName: 'Ubuntu', osVersion: '24.04' }, 4)
      store.devices.putLabels(third, { role: 'server', 'a.b': 'x=y' })
      store.devices.putAttestation(third, { at: 500 })
      const { ids, total } = listedBy(store)
      const found = (question: Question, options?: Options) => ({
        ids: ids(question, options),
        total: total(question, options),
      })
      const only = (...expected: string[]) => ({ ids: expected, total: expected.length })
      expect(found({ failing: 'os.supported' })).toEqual(only(OTHER_DEVICE))
      expect(found({ failing: 'os.updates' })).toEqual(only())
      expect(found({ owner: 'bob' })).toEqual(only(OTHER_DEVICE))
      expect(found({ tier: 'tpm' })).toEqual(only(DEVICE))
      for (const os of ['ubuntu', 'Ubuntu 24', 'UBUNTU 24.04']) expect(found({ os })).toEqual(only(third))
      for (const os of ['ubu', 'ubuntu 2', '24.04', 'darwin']) expect(found({ os })).toEqual(only())
      expect(found({ os: 'Linux' })).toEqual(only(DEVICE, OTHER_DEVICE, third))
      expect(found({ label: { name: 'role', value: 'server' } })).toEqual(only(third))
      expect(found({ label: { name: 'a.b', value: 'x=y' } })).toEqual(only(third))
      expect(found({ label: { name: 'role', value: 'serve' } })).toEqual(only())
      expect(found({ name: 'BERLIN-*' })).toEqual(only(OTHER_DEVICE, third))
      expect(found({ name: 'berlin-?' })).toEqual(only(OTHER_DEVICE))
      expect(found({ name: 'berlin' })).toEqual(only())
      expect(found({ heardBefore: 500 })).toEqual(only(DEVICE, OTHER_DEVICE))
      expect(found({ owner: 'ada', name: '*-*', failing: 'os.supported' })).toEqual(only())
      store.devices.retire(OTHER_DEVICE)
      expect(found({ status: 'active' })).toEqual(only(DEVICE, third))
      expect(found({ status: 'retired' })).toEqual(only(OTHER_DEVICE))
      expect(found({ presence: 'silent' })).toEqual(only(DEVICE, third))
      expect(found({ presence: 'silent', status: 'retired' })).toEqual(only())
    })

    test('filters by tamper signs, silence, daemon and health warnings', () => {
      const store = open()
      const [third, fourth] = [idOf('dev', 3), idOf('dev', 4)]
      seed(store, {}, { id: OTHER_DEVICE, owner: 'bob' }, { id: third }, { id: fourth })
      const now = RECENT_SIGN_MS + 100
      store.tamper.add(DEVICE, { kind: 'stopped', time: 1 }, 100)
      store.tamper.add(OTHER_DEVICE, { kind: 'stopped', time: 1 }, 101)
      store.tamper.add(OTHER_DEVICE, { kind: 'paused', time: 2 }, 102)
      store.silence.put(third, { heardAt: 3, noticedAt: 4 })
      const put = (id: string, daemon: DaemonProgram) => store.reports.putInventory(id, { ...INVENTORY, daemon }, 4)
      put(DEVICE, { version: '1.4.2', updates: 'current', channel: 'stable' })
      put(OTHER_DEVICE, { version: '1.10.0', updates: 'mdm' })
      put(third, { version: '2.0.0', updates: 'mdm' })
      put(third, { version: '1.4.99999', updates: 'failed', channel: 'beta', refused: '2.0.0' })
      const warn = (id: string, ...codes: string[]) =>
        store.reports.putHealth(
          id,
          codes.map((code) => ({ code, remedy: 'mend', since: 1 })),
          4,
        )
      warn(DEVICE, 'SETTINGS_CHANGED', 'SPOOL_FULL')
      warn(DEVICE, 'SETTINGS_REFUSED', 'SETTINGS_REFUSED')
      warn(OTHER_DEVICE, 'SETTINGS_REFUSED')
      const { ids, total, list } = listedBy(store)
      const found = (question: Question) => ({ ids: ids(question, { now }), total: total(question, { now }) })
      const only = (...expected: string[]) => ({ ids: expected, total: expected.length })
      expect(found({ tamperSign: 'any' })).toEqual(only(OTHER_DEVICE))
      expect(found({ tamperSign: 'stopped', sort: 'owner', descending: true })).toEqual(only(OTHER_DEVICE))
      expect(found({ tamperSign: 'removed' })).toEqual(only())
      expect(found({ silentTooLong: true })).toEqual(only(third))
      expect(found({ silentTooLong: false, status: 'active' })).toEqual(only(DEVICE, OTHER_DEVICE, fourth))
      expect(found({ daemonVersion: '1.4.2' })).toEqual(only(DEVICE))
      expect(found({ daemonVersion: '1.4' })).toEqual(only(DEVICE, third))
      expect(found({ daemonVersion: '1' })).toEqual(only(DEVICE, OTHER_DEVICE, third))
      expect([found({ daemonVersion: '1.1' }), found({ daemonVersion: '0' })]).toEqual([only(), only()])
      expect(found({ daemonOlderThan: '1.10.0' })).toEqual(only(DEVICE, third))
      expect(found({ daemonOlderThan: '1.4.2' })).toEqual(only())
      expect(found({ updates: 'mdm' })).toEqual(only(OTHER_DEVICE))
      expect(found({ channel: 'beta', updates: 'failed' })).toEqual(only(third))
      expect(found({ warning: 'SETTINGS_REFUSED' })).toEqual(only(DEVICE, OTHER_DEVICE))
      expect(found({ warning: 'SETTINGS_REFUSED', owner: 'bob', tamperSign: 'any' })).toEqual(only(OTHER_DEVICE))
      expect(found({ warning: 'SPOOL_FULL' })).toEqual(only())
      expect([store.reports.knowsWarning('SETTINGS_REFUSED'), store.reports.knowsWarning('SPOOL_FULL')]).toEqual([
        ...[true, false],
      ])
      expect(list({ warning: 'SETTINGS_REFUSED' })[0]?.device).toMatchObject({
        daemon: { version: '1.4.2', updates: 'current', channel: 'stable' },
        warnings: ['SETTINGS_REFUSED'],
      })
      expect(list({})[3]?.device).not.toHaveProperty('warnings')
      store.devices.retire(OTHER_DEVICE)
      expect(found({ warning: 'SETTINGS_REFUSED', status: 'active' })).toEqual(only(DEVICE))
    })

    test('sorts in both directions and continues behind a key', () => {
      const store = open()
      const [third, fourth] = [idOf('dev', 3), idOf('dev', 4)]
      seed(
        store,
        { owner: 'cleo', tier: 'software', label: { ...LABEL, hostname: 'b' } },
        { id: OTHER_DEVICE, owner: 'ada', tier: 'tpm', label: { ...LABEL, hostname: 'C' } },
        { id: third, owner: 'ada', tier: 'tpm-attested', label: { ...LABEL, hostname: 'a' } },
        { id: fourth, owner: 'bob', tier: 'simulated', label: { ...LABEL, hostname: 'd' } },
      )
      store.results.put(third, { ...sampleResult(10), verdict: 'compliant' })
      store.results.put(DEVICE, sampleResult(10))
      store.devices.putAttestation(OTHER_DEVICE, { at: 7 })
      const { ids, list } = listedBy(store)
      const orders = {
        owner: [OTHER_DEVICE, third, fourth, DEVICE],
        host: [third, DEVICE, OTHER_DEVICE, fourth],
        tier: [third, OTHER_DEVICE, DEVICE, fourth],
        verdict: [DEVICE, OTHER_DEVICE, fourth, third],
        heard: [DEVICE, third, fourth, OTHER_DEVICE],
        enrolled: [DEVICE, OTHER_DEVICE, third, fourth],
        os: [DEVICE, OTHER_DEVICE, third, fourth],
        id: [DEVICE, OTHER_DEVICE, third, fourth],
      } as const
      for (const sort of DEVICE_SORTS) {
        expect([sort, ids({ sort })]).toEqual([sort, orders[sort]])
        expect([sort, ids({ sort, descending: true })]).toEqual([sort, orders[sort].toReversed()])
        for (const descending of [false, true]) {
          const paged: string[] = []
          for (let after: Question['after']; paged.length < 4; ) {
            const [one] = list({ sort, descending, after }, { limit: 1 })
            if (one === undefined) break
            paged.push(one.device.id)
            after = { key: one.key, id: one.device.id }
          }
          expect([sort, paged]).toEqual([sort, ids({ sort, descending })])
        }
      }
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

type Question = Partial<DeviceQuestion>
interface Options {
  readonly limit?: number
  readonly now?: number
}

function listedBy(store: DirectoryStore) {
  const list = (question: Question, { limit = 10, now = 20 }: Options = {}) =>
    store.devices.list({ isConnected, ...question }, limit, now)
  return {
    list,
    ids: (question: Question, options?: Options) => list(question, options).map(({ device: { id } }) => id),
    total: (question: Question, { now = 20 }: Options = {}) => store.devices.count({ isConnected, ...question }, now),
  }
}
