import type { ListRequest } from '../../../../src/directory/http/listed.ts'
import type { DirectoryStore } from '../../../../src/directory/store/directory-store.ts'
import { devices } from '../../../../src/protocol/nouns/devices/devices-noun.ts'
import { RECENT_SIGN_MS } from '../../../../src/protocol/tamper.ts'
import type { DaemonProgram } from '../../../../src/protocol/updates.ts'
import { codeThrown } from '../../../support/code-thrown.ts'
import { sampleResult } from '../../../support/directory/seeded-directory.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, device, idOf, LABEL, OTHER_DEVICE, reEnrolment, seed } from '../seeds.ts'

const COUNTERS = { clock: 1, resetCount: 2, restartCount: 3, safe: true, firmwareVersion: '4' }
const INVENTORY = {
  hostname: 'h',
  platform: 'linux',
  arch: 'x64',
  osName: 'Debian',
  osVersion: '13',
  kernel: '6',
} as const

export function describeDeviceStore({ name, open }: Engine): void {
  describe(`${name} keeps the DeviceStore contract`, () => {
    test('returns a device as it was stored', async () => {
      const store = await open()
      const full = device({
        endorsement: { publicHash: 'ek', maker: 'IFX' },
        attestationPublic: 'ak',
        counters: COUNTERS,
        pcrs: { '7': '00' },
        notes: ['a note'],
        attestedAt: 2,
      })
      await seed(store, full)
      expect(await store.devices.get(DEVICE)).toEqual(full)
      expect(await store.devices.standing(DEVICE)).toEqual({
        id: DEVICE,
        status: 'active',
        epoch: 1,
        applicationKey: full.applicationKey,
      })
      expect([await store.devices.get(OTHER_DEVICE), await store.devices.standing(OTHER_DEVICE)]).toEqual([
        undefined,
        undefined,
      ])
      expect([await store.devices.has(DEVICE), await store.devices.has(OTHER_DEVICE)]).toEqual([true, false])
    })

    test('refuses a second device with the same key or TPM', async () => {
      const store = await open()
      await seed(store, { endorsement: { publicHash: 'ek' } })
      const { applicationKey } = device()
      expect(await codeThrown(() => store.devices.put(device({ id: OTHER_DEVICE, applicationKey })))).toBe('CONFLICT')
      const sameTpm = device({ id: OTHER_DEVICE, endorsement: { publicHash: 'ek' } })
      expect(await codeThrown(() => store.devices.put(sameTpm))).toBe('CONFLICT')
    })

    test('finds a device by the key and the TPM of any epoch', async () => {
      const store = await open()
      await seed(store, { applicationKey: 'first', endorsement: { publicHash: 'ek' } })
      await store.reEnrolments.put(reEnrolment({ applicationKey: 'second' }))
      await store.reEnrolments.startEpoch(reEnrolment({ applicationKey: 'second' }), 7)
      expect(
        await Promise.all(['first', 'second', 'third'].map(async (key) => (await store.devices.withKey(key))?.id)),
      ).toEqual([...[DEVICE, DEVICE, undefined]])
      expect(await Promise.all([1, 2, 3].map((epoch) => store.devices.keyAt(DEVICE, epoch)))).toEqual([
        'first',
        'second',
        undefined,
      ])
      expect(await store.devices.keyAt(OTHER_DEVICE, 1)).toBeUndefined()
      expect((await store.devices.get(DEVICE))?.endorsement).toBeUndefined()
      expect([(await store.devices.withEndorsement('ek'))?.id, (await store.devices.withEndorsement('x'))?.id]).toEqual(
        [...[DEVICE, undefined]],
      )
    })

    test('finds devices by their machine id', async () => {
      const store = await open()
      await seed(
        store,
        { label: { ...LABEL, machineId: 'm' } },
        { id: OTHER_DEVICE, label: { ...LABEL, machineId: 'm' } },
      )
      expect((await store.devices.withMachineId('m')).toSorted()).toEqual([DEVICE, OTHER_DEVICE])
      expect(await store.devices.withMachineId('n')).toEqual([])
    })

    test('an attestation confirms the device, updates counters, and clears a failure', async () => {
      const store = await open()
      await seed(store)
      await store.devices.putAttestationFailure(DEVICE, { code: 'ATTESTATION_QUOTE_INVALID', at: 3 })
      await store.devices.putAttestationFailure(DEVICE, { code: 'ATTESTATION_PCR_MISMATCH', at: 4 })
      expect((await store.devices.get(DEVICE))?.attestationFailure).toEqual({
        code: 'ATTESTATION_PCR_MISMATCH',
        since: 3,
      })
      await store.devices.putAttestation(DEVICE, { at: 5, counters: COUNTERS, pcrs: { '7': '01' } })
      await store.devices.putAttestation(DEVICE, { at: 6 })
      expect(await store.devices.get(DEVICE)).toMatchObject({
        confirmedAt: 5,
        attestedAt: 6,
        counters: COUNTERS,
        pcrs: { '7': '01' },
      })
      expect((await store.devices.get(DEVICE))?.attestationFailure).toBeUndefined()
    })

    test('keeps the time of the first fork', async () => {
      const store = await open()
      await seed(store)
      await store.devices.markForked(DEVICE, 3)
      await store.devices.markForked(DEVICE, 4)
      expect((await store.devices.get(DEVICE))?.forkedAt).toBe(3)
    })

    test('shows a retired device with the newest retirement in the audit', async () => {
      const store = await open()
      await seed(store)
      const entry = { act: 'retired', subject: DEVICE, device: DEVICE } as const
      await store.audit.add({ ...entry, at: 3, actor: 'adm_1', details: { reason: 'lost' } })
      expect(await store.devices.view(DEVICE)).not.toHaveProperty('retired')
      await store.devices.retire(DEVICE)
      await store.audit.add({ ...entry, at: 4, actor: 'adm_2', details: { reason: 'stolen' } })
      expect(await store.devices.view(DEVICE)).toMatchObject({
        status: 'retired',
        retired: { at: 4, by: 'adm_2', reason: 'stolen' },
      })
    })

    test('views contain result, findings, reports and unprocessed evidence', async () => {
      const store = await open()
      await seed(store)
      const result = sampleResult(10_000)
      await store.results.put(DEVICE, result)
      await store.findings.put(DEVICE, { check: 'os.supported', state: 'pass', detail: 'Debian 13' }, 4)
      await store.reports.putHealth(DEVICE, [{ code: 'SPOOL_FULL', remedy: 'make room', since: 1 }], 4)
      await store.unprocessed.put(DEVICE, { part: 'sources', sequence: 2, message: 'too many', at: 4 })
      expect(await store.devices.view(DEVICE)).toMatchObject({
        result,
        findings: [{ check: 'os.supported', state: 'pass', explanation: 'Debian 13', reportedAt: 4 }],
        health: [{ code: 'SPOOL_FULL' }],
        unprocessed: [{ part: 'sources', sequence: 2, message: 'too many', since: 4 }],
      })
      expect(await store.devices.view(OTHER_DEVICE)).toBeUndefined()
    })

    test('lists by id and filters by verdict, presence and name', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE, owner: 'bob', label: { ...LABEL, hostname: 'Desk', serial: 'S-2' } })
      await store.results.put(DEVICE, sampleResult(10))
      const { ids } = listedBy(store)
      expect(await ids({})).toEqual([DEVICE, OTHER_DEVICE])
      expect(await ids({ cursor: DEVICE })).toEqual([OTHER_DEVICE])
      expect(await ids({}, { limit: 1 })).toEqual([DEVICE])
      expect([await ids({ verdict: 'not-compliant' }), await ids({ verdict: 'unknown' })]).toEqual([
        [DEVICE],
        [OTHER_DEVICE],
      ])
      expect(await ids({ verdict: 'stale' }, { now: 10_000_000 })).toEqual([DEVICE])
      store.presence.entered(DEVICE)
      store.presence.entered(DEVICE)
      expect([await ids({ presence: 'connected' }), await ids({ presence: 'silent' })]).toEqual([
        [DEVICE],
        [OTHER_DEVICE],
      ])
      store.presence.left(DEVICE)
      store.presence.left(OTHER_DEVICE)
      expect(await ids({ presence: 'connected' })).toEqual([])
      expect([await ids({ named: 'dESK' }), await ids({ named: DEVICE.slice(0, 25) })]).toEqual([
        [OTHER_DEVICE],
        [DEVICE],
      ])
      expect([await ids({ named: 'S-2' }), await ids({ named: 'bob' })]).toEqual([[OTHER_DEVICE], [OTHER_DEVICE]])
      expect([await ids({ named: 'dev_000' }), await ids({ named: 's-2' }), await ids({ named: '%' })]).toEqual([
        [],
        [],
        [],
      ])
    })

    test('filters by check, owner, tier, system, label, host name, silence and status', async () => {
      const store = await open()
      const third = idOf('dev', 3)
      await seed(
        store,
        { tier: 'tpm' },
        { id: OTHER_DEVICE, owner: 'bob', label: { ...LABEL, hostname: 'Berlin-7' } },
        { id: third, label: { ...LABEL, hostname: 'berlin-12' } },
      )
      await store.findings.put(OTHER_DEVICE, { check: 'os.supported', state: 'fail', detail: 'x', since: 3 }, 4)
      await store.findings.put(third, { check: 'os.supported', state: 'pass', detail: 'x' }, 4)
      await store.reports.putInventory(third, { ...INVENTORY, osName: 'Ubuntu', osVersion: '24.04' }, 4)
      await store.devices.putLabels(third, { role: 'server', 'a.b': 'x=y' })
      await store.devices.putAttestation(third, { at: 500 })
      const { ids, total } = listedBy(store)
      const found = async (question: ListRequest, options?: Options) => ({
        ids: await ids(question, options),
        total: await total(question, options),
      })
      const only = (...expected: string[]) => ({ ids: expected, total: expected.length })
      expect(await found({ failing: 'os.supported' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ failing: 'os.updates' })).toEqual(only())
      expect(await found({ owner: 'bob' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ tier: 'tpm' })).toEqual(only(DEVICE))
      for (const os of ['ubuntu', 'Ubuntu 24', 'UBUNTU 24.04']) expect(await found({ os })).toEqual(only(third))
      for (const os of ['ubu', 'ubuntu 2', '24.04', 'darwin']) expect(await found({ os })).toEqual(only())
      expect(await found({ os: 'Linux' })).toEqual(only(DEVICE, OTHER_DEVICE, third))
      expect(await found({ label: 'role=server' })).toEqual(only(third))
      expect(await found({ label: 'a.b=x=y' })).toEqual(only(third))
      expect(await found({ label: 'role=serve' })).toEqual(only())
      expect(await found({ name: 'BERLIN-*' })).toEqual(only(OTHER_DEVICE, third))
      expect(await found({ name: 'berlin-?' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ name: 'berlin' })).toEqual(only())
      expect(await found({ olderThanMs: 500 }, { now: 1_000 })).toEqual(only(DEVICE, OTHER_DEVICE))
      expect(await found({ owner: 'ada', name: '*-*', failing: 'os.supported' })).toEqual(only())
      await store.devices.retire(OTHER_DEVICE)
      expect(await found({ status: 'active' })).toEqual(only(DEVICE, third))
      expect(await found({ status: 'retired' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ presence: 'silent' })).toEqual(only(DEVICE, third))
      expect(await found({ presence: 'silent', status: 'retired' })).toEqual(only())
    })

    test('filters by tamper signs, silence, daemon and health warnings', async () => {
      const store = await open()
      const [third, fourth] = [idOf('dev', 3), idOf('dev', 4)]
      await seed(store, {}, { id: OTHER_DEVICE, owner: 'bob' }, { id: third }, { id: fourth })
      const now = RECENT_SIGN_MS + 100
      await store.tamper.add(DEVICE, { kind: 'stopped', time: 1 }, 100)
      await store.tamper.add(OTHER_DEVICE, { kind: 'stopped', time: 1 }, 101)
      await store.tamper.add(OTHER_DEVICE, { kind: 'paused', time: 2 }, 102)
      await store.silence.put(third, { heardAt: 3, noticedAt: 4 })
      const put = (id: string, daemon: DaemonProgram) => store.reports.putInventory(id, { ...INVENTORY, daemon }, 4)
      await put(DEVICE, { version: '1.4.2', updates: 'current', channel: 'stable' })
      await put(OTHER_DEVICE, { version: '1.10.0', updates: 'mdm' })
      await put(third, { version: '2.0.0', updates: 'mdm' })
      await put(third, { version: '1.4.99999', updates: 'failed', channel: 'beta', refused: '2.0.0' })
      const warn = (id: string, ...codes: string[]) =>
        store.reports.putHealth(
          id,
          codes.map((code) => ({ code, remedy: 'mend', since: 1 })),
          4,
        )
      await warn(DEVICE, 'SETTINGS_CHANGED', 'SPOOL_FULL')
      await warn(DEVICE, 'SETTINGS_REFUSED', 'SETTINGS_REFUSED')
      await warn(OTHER_DEVICE, 'SETTINGS_REFUSED')
      const { ids, total, list } = listedBy(store)
      const found = async (question: ListRequest) => ({
        ids: await ids(question, { now }),
        total: await total(question, { now }),
      })
      const only = (...expected: string[]) => ({ ids: expected, total: expected.length })
      expect(await found({ tamperSign: 'any' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ tamperSign: 'stopped', sort: 'owner', order: 'descending' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ tamperSign: 'removed' })).toEqual(only())
      expect(await found({ silentTooLong: 'yes' })).toEqual(only(third))
      expect(await found({ silentTooLong: 'no', status: 'active' })).toEqual(only(DEVICE, OTHER_DEVICE, fourth))
      expect(await found({ daemonVersion: '1.4.2' })).toEqual(only(DEVICE))
      expect(await found({ daemonVersion: '1.4' })).toEqual(only(DEVICE, third))
      expect(await found({ daemonVersion: '1' })).toEqual(only(DEVICE, OTHER_DEVICE, third))
      expect([await found({ daemonVersion: '1.1' }), await found({ daemonVersion: '0' })]).toEqual([only(), only()])
      expect(await found({ daemonOlderThan: '1.10.0' })).toEqual(only(DEVICE, third))
      expect(await found({ daemonOlderThan: '1.4.2' })).toEqual(only())
      expect(await found({ updates: 'mdm' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ channel: 'beta', updates: 'failed' })).toEqual(only(third))
      expect(await found({ warning: 'SETTINGS_REFUSED' })).toEqual(only(DEVICE, OTHER_DEVICE))
      expect(await found({ warning: 'SETTINGS_REFUSED', owner: 'bob', tamperSign: 'any' })).toEqual(only(OTHER_DEVICE))
      expect(await found({ warning: 'SPOOL_FULL' })).toEqual(only())
      expect([
        await store.reports.knowsWarning('SETTINGS_REFUSED'),
        await store.reports.knowsWarning('SPOOL_FULL'),
      ]).toEqual([...[true, false]])
      expect((await list({ warning: 'SETTINGS_REFUSED' })).items[0]).toMatchObject({
        daemon: { version: '1.4.2', updates: 'current', channel: 'stable' },
        warnings: ['SETTINGS_REFUSED'],
      })
      expect((await list({})).items[3]).not.toHaveProperty('warnings')
      await store.devices.retire(OTHER_DEVICE)
      expect(await found({ warning: 'SETTINGS_REFUSED', status: 'active' })).toEqual(only(DEVICE))
    })

    test('sorts in both directions and continues behind a key', async () => {
      const store = await open()
      const [third, fourth] = [idOf('dev', 3), idOf('dev', 4)]
      await seed(
        store,
        { owner: 'cleo', tier: 'software', label: { ...LABEL, hostname: 'b' } },
        { id: OTHER_DEVICE, owner: 'ada', tier: 'tpm', label: { ...LABEL, hostname: 'C' } },
        { id: third, owner: 'ada', tier: 'tpm-attested', label: { ...LABEL, hostname: 'a' } },
        { id: fourth, owner: 'bob', tier: 'simulated', label: { ...LABEL, hostname: 'd' } },
      )
      await store.results.put(third, { ...sampleResult(10), verdict: 'compliant' })
      await store.results.put(DEVICE, sampleResult(10))
      await store.devices.putAttestation(OTHER_DEVICE, { at: 7 })
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
      for (const [sort, inOrder] of Object.entries(orders)) {
        expect([sort, await ids({ sort })]).toEqual([sort, inOrder])
        expect([sort, await ids({ sort, order: 'descending' })]).toEqual([sort, inOrder.toReversed()])
        for (const order of ['ascending', 'descending'] as const) {
          const paged: string[] = []
          let cursor: string | undefined
          do {
            const { items, next } = await list({ sort, order, cursor }, { limit: 1 })
            paged.push(...items.map(({ id }) => id))
            cursor = next
          } while (cursor !== undefined)
          expect([sort, paged]).toEqual([sort, await ids({ sort, order })])
        }
      }
      expect(Object.keys(orders).toSorted()).toEqual([...(devices.list.sorts ?? [])].toSorted())
    })

    test('returns the application key of each epoch', async () => {
      const store = await open()
      await seed(store, { applicationKey: 'AAAA' })
      await store.reEnrolments.put(reEnrolment({ applicationKey: 'BBBB' }))
      await store.reEnrolments.startEpoch(reEnrolment({ applicationKey: 'BBBB' }), 7)
      const key = (epoch?: number) => store.devices.applicationKey(DEVICE, epoch)
      expect([await key(1), await key(2), await key(3)]).toEqual([
        new Uint8Array(3),
        new Uint8Array([4, 16, 65]),
        undefined,
      ])
      expect(await key()).toEqual(await key(2))
      expect(await store.devices.applicationKey(idOf('dev', 9), undefined)).toBeUndefined()
    })
  })
}

interface Options {
  readonly limit?: number
  readonly now?: number
}

/** Of every status, unless another is asked for. */
function listedBy(store: DirectoryStore) {
  const list = (request: ListRequest, { limit = 10, now = 20 }: Options = {}) =>
    store.devices.list({ status: 'all', limit, ...request }, now)
  return {
    list,
    ids: async (request: ListRequest, options?: Options) => (await list(request, options)).items.map(({ id }) => id),
    // A page that has not all of them makes the store count.
    total: async (request: ListRequest, options: Options = {}) => (await list(request, { ...options, limit: 1 })).total,
  }
}
