import { RECENT_SIGN_MS } from '../../../../src/protocol/tamper.ts'
import type { DaemonProgram } from '../../../../src/protocol/updates.ts'
import { sampleResult } from '../../../support/directory/seeded-directory.ts'
import {
  agentSighting,
  extensionSighting,
  mcpServerSighting,
  unknownAgent,
} from '../../../support/protocol/sample-sightings.ts'
import type { Engine } from '../engines.ts'
import { DEVICE, idOf, OTHER_DEVICE, reEnrolment, seed, token } from '../seeds.ts'

export function describeSummaryStore({ name, open }: Engine): void {
  describe(`${name} keeps the SummaryStore contract`, () => {
    test('counts devices that are not retired, by verdict and tier', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE, tier: 'tpm' }, { id: idOf('dev', 3) })
      await store.results.put(DEVICE, sampleResult(10))
      await store.devices.markForked(DEVICE, 3)
      await store.devices.retire(idOf('dev', 3))
      expect((await store.summary.counts(20)).devices).toMatchObject({
        total: 2,
        forked: 1,
        byVerdict: { 'not-compliant': 1, unknown: 1, stale: 0 },
        byTier: { software: 1, tpm: 1 },
      })
      expect((await store.summary.counts(10_000_000)).devices.byVerdict).toMatchObject({ stale: 1, unknown: 1 })
    })

    test('counts daemons of devices that are not retired', async () => {
      const store = await open()
      const retired = idOf('dev', 3)
      await seed(store, {}, { id: OTHER_DEVICE }, { id: retired })
      const report = async (id: string, daemon: DaemonProgram) => {
        const system = {
          hostname: 'h',
          platform: 'linux',
          arch: 'x64',
          osName: 'Debian',
          osVersion: '13',
          kernel: '6',
        } as const
        await store.reports.putInventory(id, { ...system, daemon }, 4)
        await store.reports.putHealth(
          id,
          ['SETTINGS_REFUSED', 'OF_A_LATER_RELEASE'].map((code) => ({ code, remedy: 'r', since: 1 })),
          4,
        )
        await store.tamper.add(id, { kind: 'paused', time: 1 }, 50)
        await store.tamper.add(id, { kind: 'paused', time: 2 }, 60)
        await store.silence.put(id, { heardAt: 1, noticedAt: 2 })
      }
      await report(DEVICE, { version: '1.9.0', updates: 'current' })
      await report(retired, { version: '1.10.0', updates: 'failed' })
      await store.devices.retire(retired)
      const counts = (now = 100, version = '1.10.0') => store.summary.daemons({ now, version })
      expect(await counts()).toMatchObject({
        tampered: { paused: 1, stopped: 0 },
        tamperSigns: { paused: 4, stopped: 0 },
        updates: { current: 1, failed: 0, 'not-reported': 1 },
        versions: { older: 1, same: 0, newer: 0, 'not-reported': 1 },
        warnings: { SETTINGS_REFUSED: 1, SPOOL_FULL: 0 },
      })
      expect((await counts()).warnings).not.toHaveProperty('OF_A_LATER_RELEASE')
      expect((await counts(100, '1.9.0-test')).versions).toMatchObject({ same: 1, older: 0 })
      expect((await counts(100, '0.1.0')).versions).toMatchObject({ newer: 1 })
      expect((await store.summary.counts(100)).devices).toMatchObject({ tampered: 1, silentTooLong: 1 })
      expect((await counts(60 + RECENT_SIGN_MS)).tampered).toMatchObject({ paused: 0 })
      expect((await store.summary.counts(60 + RECENT_SIGN_MS)).devices).toMatchObject({ tampered: 0 })
    })

    test('counts present sightings', async () => {
      const store = await open()
      await seed(store)
      const sightings = [agentSighting('1'), unknownAgent('2'), extensionSighting('3'), mcpServerSighting('4')]
      for (const one of sightings) await store.sightings.put(DEVICE, one, { snapshot: 's', at: 3 })
      expect((await store.summary.counts(5)).sightings).toMatchObject({
        agents: 2,
        unknownAgents: 1,
        extensions: 1,
        mcpServers: 1,
      })
      await store.sightings.end(DEVICE, await store.sightings.idsMissingFrom(DEVICE, 't'), 4)
      expect((await store.summary.counts(5)).sightings).toMatchObject({ agents: 0, unknownAgents: 0, extensions: 0 })
    })

    test('counts risky sightings, also while their device is retired and after its return', async () => {
      const store = await open()
      await seed(store)
      const server = { ...mcpServerSighting('4'), plaintextSecret: true }
      await store.sightings.put(DEVICE, server, { snapshot: 's', at: 3 })
      await store.sightings.put(DEVICE, mcpServerSighting('5'), { snapshot: 's', at: 3 })
      await store.sightings.put(DEVICE, unknownAgent('2'), { snapshot: 's', at: 3 })
      const flags = async () => {
        const { riskyMcpServers, unknownAgents } = (await store.summary.counts(5)).sightings
        return [riskyMcpServers, unknownAgents]
      }
      expect(await flags()).toEqual([1, 1])
      await store.devices.retire(DEVICE)
      expect(await flags()).toEqual([0, 0])
      await store.sightings.put(DEVICE, { ...mcpServerSighting('5'), cleartext: true }, { snapshot: 's', at: 4 })
      expect(await flags()).toEqual([0, 0])
      await store.reEnrolments.put(reEnrolment())
      await store.reEnrolments.startEpoch(reEnrolment(), 7)
      expect(await flags()).toEqual([2, 1])
      await store.sightings.put(DEVICE, mcpServerSighting('4'), { snapshot: 's', at: 8 })
      expect(await flags()).toEqual([1, 1])
      await store.sightings.end(DEVICE, await store.sightings.idsMissingFrom(DEVICE, 't'), 9)
      expect(await flags()).toEqual([0, 0])
    })

    test('counts the states of checks, and those in grace or exempt', async () => {
      const store = await open()
      await seed(store, {}, { id: OTHER_DEVICE })
      const fail = { check: 'tpm.present', state: 'fail', detail: 'none', since: 3 } as const
      const counts = async () => (await store.summary.checks()).find(({ check }) => check === 'tpm.present')
      expect(await counts()).toBeUndefined()
      await store.findings.put(DEVICE, fail, 3)
      await store.findings.put(DEVICE, fail, 4)
      await store.findings.put(OTHER_DEVICE, { check: 'tpm.present', state: 'pass', detail: '' }, 3)
      const graced = (since: 'graceUntil' | 'exemptUntil') => ({
        ...sampleResult(10),
        reasons: [{ check: 'tpm.present', state: 'fail' as const, reason: 'none', [since]: 99 }],
      })
      await store.results.put(DEVICE, graced('graceUntil'))
      await store.results.put(DEVICE, graced('graceUntil'))
      const none = { check: 'tpm.present', pass: 0, fail: 0, unknown: 0, notApplicable: 0, inGrace: 0, exempt: 0 }
      expect(await counts()).toEqual({ ...none, pass: 1, fail: 1, inGrace: 1 })
      await store.results.put(DEVICE, graced('exemptUntil'))
      expect(await counts()).toEqual({ ...none, pass: 1, fail: 1, exempt: 1 })
      await store.devices.retire(DEVICE)
      expect(await counts()).toEqual({ ...none, pass: 1 })
      await store.reEnrolments.put(reEnrolment())
      await store.reEnrolments.startEpoch(reEnrolment(), 7)
      expect(await counts()).toEqual({ ...none, pass: 1, fail: 1, exempt: 1 })
      await store.results.put(DEVICE, sampleResult(10))
      await store.findings.put(DEVICE, { check: 'tpm.present', state: 'unknown', reason: '', since: 3 }, 8)
      expect(await counts()).toEqual({ ...none, pass: 1, unknown: 1 })
      await store.findings.drop(DEVICE, 'tpm.present')
      await store.findings.drop(OTHER_DEVICE, 'tpm.present')
      expect(await counts()).toBeUndefined()
    })

    test('counts pending re-enrolments and usable tokens', async () => {
      const store = await open()
      await seed(store)
      await store.tokens.put(token({ id: idOf('tok', 2), expiresAt: 50 }))
      await store.reEnrolments.put(reEnrolment())
      expect(await store.summary.counts(49)).toMatchObject({ pendingReEnrolments: 1, usableTokens: 2 })
      expect((await store.summary.counts(50)).usableTokens).toBe(1)
    })
  })
}
