import { toBase64Url } from '../../../src/base/bytes.ts'
import { sha256 } from '../../../src/crypto/hash.ts'
import { signJws } from '../../../src/crypto/jws.ts'
import { NO_HEAD } from '../../../src/directory/devices/device.ts'
import type { AttestationResult } from '../../../src/protocol/messages/attestation-result.ts'
import { EVIDENCE_PROFILE } from '../../../src/protocol/messages/evidence.ts'
import { sampleAction } from '../protocol/sample-actions.ts'
import { testKey } from '../protocol/test-keys.ts'
import { newTestId, type TestDirectory } from './directory-api.ts'

/** What a device may call itself: everything that a page, a terminal or a log could mistake for its own. */
export const HOSTILE_NAME = '<script>alert(1)</script>\u001b[31m"\u202e\r\nERROR forged'

/** Of the agents that are seeded, as it stands in a path. */
export const AGENT_KEY = encodeURIComponent(`unknown/${HOSTILE_NAME}`)

export const DEVICE_KEY = testKey('api device')

/** One device with something in every table. @returns the ids. */
export async function seedDevice(directory: TestDirectory, key = DEVICE_KEY) {
  const { store, services, clock } = directory
  const now = clock.now()
  const token = await services.tokens.create(
    { owner: 'alice@example.org', ttlMs: 3_600_000, minimumTier: 'software' },
    'adm_test',
  )
  const device = newTestId('dev')
  const label = { hostname: HOSTILE_NAME, platform: 'linux' as const, arch: 'x64' }
  const applicationKey = toBase64Url(key.spki)
  await store.tokens.use(token.id)
  await store.devices.put({
    id: device,
    epoch: 1,
    status: 'active',
    owner: 'alice@example.org',
    token: token.id,
    tier: 'software',
    applicationKey,
    label,
    notes: ['the key is in no hardware'],
    enrolledAt: now,
    attestedAt: now,
    sequence: 0,
    head: NO_HEAD,
    lastOrder: 0,
  })
  const evidence = await signJws(
    'evidence',
    {
      eat_profile: EVIDENCE_PROFILE,
      sub: device,
      iat: Math.floor(now / 1000),
      epoch: 1,
      sequence: 1,
      previous: NO_HEAD,
      bootId: 'boot',
      uptimeMs: 1,
    },
    key.sign,
  )
  const hash = toBase64Url(sha256(evidence))
  await store.evidence.putBatch({ device, epoch: 1, sequence: 1, hash, previous: NO_HEAD, compact: evidence }, now)
  await store.evidence.putChain(device, { sequence: 1, head: hash, bytes: evidence.length, at: now })
  await store.findings.put(device, { check: 'os.supported', state: 'pass', detail: 'Debian 13' }, now)
  await store.findings.put(
    device,
    { check: 'disk.root-encrypted', state: 'fail', detail: HOSTILE_NAME, since: now - 5000 },
    now,
  )
  await store.reports.putInventory(
    device,
    { hostname: HOSTILE_NAME, platform: 'linux', arch: 'x64', osName: 'Debian', osVersion: '13', kernel: '6.12' },
    now,
  )
  await store.reports.putHealth(device, [{ code: 'SPOOL_FULL', remedy: 'make room', since: now }], now)
  await store.actions.add(device, sampleAction(0, { id: newTestId('act') }), now)
  await store.unprocessed.put(device, { part: 'sightings', sequence: 1, message: 'too many', at: now })
  await store.sources.put(device, { source: 'processes', state: 'parsed', items: 3, durationMs: 1.5 }, now)
  for (const [index, kind] of (['agent', 'extension', 'agent'] as const).entries()) {
    await store.sightings.put(device, sighting(kind, index), { snapshot: 's', at: now })
  }
  await store.results.put(device, sampleResult(now))
  return { device, token: token.id, secret: token.enrolment, evidence, hash }
}

export function sampleResult(now: number): AttestationResult {
  return {
    verdict: 'not-compliant',
    tier: 'software',
    reasons: [{ check: 'disk.root-encrypted', state: 'fail', reason: HOSTILE_NAME, since: now - 5000 }],
    proven: ['possession of the device key'],
    reported: ['posture'],
    attestedAt: now,
    appraisedAt: now,
    validUntil: now + 3_600_000,
  }
}

function sighting(kind: 'agent' | 'extension', index: number) {
  const common = { id: `${index}`.repeat(32), name: HOSTILE_NAME, evidence: ['executable'] }
  return kind === 'agent'
    ? { kind, ...common, state: 'running' as const, agentKind: 'cli' }
    : {
        kind,
        ...common,
        host: 'chromium' as const,
        product: 'chromium',
        profile: 'Default',
        extensionId: 'abc',
        enabled: true,
        installSource: 'store' as const,
        permissions: [],
        hostPermissions: [],
        broadHosts: false,
        ai: true,
      }
}

/** The same machine asks to enrol again. @returns the re-enrolment's id. */
export async function seedReEnrolment(
  directory: TestDirectory,
  init: { device: string; token: string; epoch: number },
): Promise<string> {
  const id = newTestId('ren')
  await directory.store.reEnrolments.put({
    id,
    device: init.device,
    epoch: init.epoch,
    state: 'pending',
    owner: 'alice@example.org',
    token: init.token,
    tier: 'software',
    applicationKey: toBase64Url(testKey(`epoch ${init.epoch}`).spki),
    label: { hostname: HOSTILE_NAME, platform: 'linux', arch: 'x64' },
    notes: [],
    createdAt: directory.clock.now(),
  })
  return id
}
