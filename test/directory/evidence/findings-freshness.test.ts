import { CHECKS } from '../../../src/checks/checks.ts'
import { readResult } from '../../../src/directory/appraisal/result.ts'
import { results } from '../../../src/directory/devices/results.ts'
import { applyEvidence } from '../../../src/directory/evidence/apply-evidence.ts'
import { DEFAULT_POLICY } from '../../../src/directory/policy/policy.ts'
import { sqliteDatabase } from '../../../src/directory/sql/sqlite.ts'
import { directoryStore } from '../../../src/directory/store/directory-store.ts'
import { EVIDENCE_PROFILE, type Evidence } from '../../../src/protocol/messages/evidence.ts'
import { migratedStore } from '../../support/directory/migrated-store.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { agentSighting } from '../../support/protocol/sample-sightings.ts'

const HOUR_MS = 3_600_000
const DEVICE = 'one'

/** A device that attests every hour and reports what the test passes to `report`. */
async function attestingDevice() {
  const clock = new FakeClock(1_000_000_000_000)
  const store = directoryStore(sqliteDatabase(migratedStore()))
  const token = { id: 't', secretHash: '', owner: 'ada', minimumTier: 'software', uses: 9, used: 0 } as const
  await store.tokens.put({ ...token, createdAt: 0, expiresAt: 1 })
  await store.devices.put({
    id: DEVICE,
    epoch: 1,
    status: 'active',
    sequence: 0,
    head: ZEROS,
    lastOrder: 0,
    enrolledAt: 0,
    owner: 'ada',
    token: 't',
    tier: 'software',
    applicationKey: DEVICE,
    notes: [],
    label: { hostname: DEVICE, platform: 'linux', arch: 'x64' },
  })
  const appraised = results({ store, clock }, { policy: DEFAULT_POLICY, validForMs: 2 * HOUR_MS })
  let sequence = 0
  return {
    async report(claims: Partial<Evidence>) {
      const evidence: Evidence = {
        eat_profile: EVIDENCE_PROFILE,
        sub: DEVICE,
        iat: 0,
        epoch: 1,
        sequence: ++sequence,
        previous: ZEROS,
        bootId: 'b',
        uptimeMs: 0,
        ...claims,
      }
      const at = clock.now()
      const head = { sequence, head: `h${sequence}`, bytes: 1, at }
      await store.transaction(async () => {
        await applyEvidence(store, { device: DEVICE, evidence, at })
        await store.evidence.putChain(DEVICE, head)
        await appraised.refresh(DEVICE)
      })
    },
    async attestFor(hours: number, eachHour: () => unknown = () => undefined) {
      for (let hour = 0; hour < hours; hour++) {
        await clock.advance(HOUR_MS)
        await store.devices.putAttestation(DEVICE, { at: clock.now(), counters: undefined, pcrs: undefined })
        await eachHour()
        await appraised.refresh(DEVICE)
      }
    },
    async verdict() {
      const result = await store.results.get(DEVICE)
      return result && readResult(result, clock.now()).verdict
    },
  }
}

const findings = CHECKS.map((check) => ({ check, state: 'pass' as const, detail: 'as it should be' }))
const sightings = { mode: 'delta' as const, items: [agentSighting('1')], gone: [] }

test('a verdict does not stay good without new findings, for any other report', async () => {
  const device = await attestingDevice()
  await device.attestFor(1)
  await device.report({ findings })
  expect(await device.verdict()).toBe('compliant')
  await device.attestFor(23, () => device.report({ sightings }))
  expect(await device.verdict()).toBe('compliant')
  await device.attestFor(2, () => device.report({ sightings }))
  expect(await device.verdict()).toBe('stale')
  await device.report({ findings })
  expect(await device.verdict()).toBe('compliant')
})

test('unchanged findings are reported again', async () => {
  const device = await attestingDevice()
  await device.attestFor(1)
  await device.attestFor(60, () => device.report({ findings }))
  expect(await device.verdict()).toBe('compliant')
})

test('before the first findings the verdict is neither stale nor good', async () => {
  const device = await attestingDevice()
  await device.attestFor(30, () => device.report({ sightings }))
  expect(await device.verdict()).toBe('unknown')
})
