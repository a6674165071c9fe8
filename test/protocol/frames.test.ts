import fc from 'fast-check'
import { LIMITS } from '../../src/protocol/limits.ts'
import { evidenceReader } from '../../src/protocol/messages/evidence.ts'
import {
  attestationReader,
  challengeReader,
  credentialReader,
  helloReader,
  refusalReader,
  welcomeReader,
} from '../../src/protocol/messages/frames.ts'
import { TIERS, tierAtLeast } from '../../src/protocol/tier.ts'
import { codeOfCall } from '../support/code-of-call.ts'
import * as sample from '../support/protocol/frame-samples.ts'
import { type FrameKind, readFrame } from '../support/protocol/read-frame.ts'
import { agentSighting } from '../support/protocol/sample-sightings.ts'

/** Whole frames, accepted and refused, are in test/vectors/frames.json; here are the edges of their fields. */

const readers = {
  hello: helloReader,
  challenge: challengeReader,
  attestation: attestationReader,
  credential: credentialReader,
  welcome: welcomeReader,
  refusal: refusalReader,
  evidence: evidenceReader,
}
type Kind = keyof typeof readers
const { hello, challenge, attestation, credential, welcome, refusal: refused, evidence } = sample
const samples = { hello, challenge, attestation, credential, welcome, refusal: refused, evidence }
const refusal = (kind: Kind, change: object) => codeOfCall(() => readers[kind].read({ ...samples[kind], ...change }))

const tpmClaim = {
  keyKind: 'tpm',
  applicationKey: 'AA',
  applicationPublic: 'AA',
  attestationPublic: 'AA',
  endorsementPublic: 'AA',
  endorsementChain: [],
  certify: { attested: 'AA', signature: 'AA' },
}
const quote = { attested: 'AA', signature: 'AA', pcrs: { 0: '00'.repeat(32), 23: 'ff'.repeat(32) } }
const finding = { check: 'disk.root-encrypted', state: 'pass', detail: 'LUKS2' }
const receipt = { order: `ord_${'A'.repeat(22)}`, number: 1, outcome: 'done', time: 0 }
const b64 = (bytes: number) => 'A'.repeat(Math.ceil((bytes * 4) / 3))

test.each<[Kind, object]>([
  ['attestation', { quote }],
  ['attestation', { quote: { ...quote, pcrs: {} } }],
  ['attestation', { enrolment: tpmClaim }],
  ['attestation', { enrolment: { ...tpmClaim, endorsementCertificate: b64(8192), endorsementChain: [b64(8192)] } }],
  ['challenge', { pcrs: [] }],
  ['evidence', { findings: new Array(LIMITS.findings).fill(finding) }],
  ['evidence', { 'a-later-member': { nested: [1, { deep: true }] } }],
  ['evidence', { gap: { firstSequence: 1, lastSequence: 2, before: b64(32), last: b64(32) } }],
  ['evidence', { sightings: { mode: 'delta', items: [agentSighting('1')], gone: ['0'.repeat(32)] } }],
  ['evidence', { receipts: new Array(LIMITS.receipts).fill(receipt) }],
  ['refusal', { retryAfterMs: 1000 }],
])('%s with %.60j fits', (kind, change) => expect(refusal(kind, change)).toBe('no refusal'))

test.each<[Kind, object]>([
  ['hello', { token: { id: 'tok_short', secret: b64(32) } }],
  ['hello', { device: 'tok_AAAAAAAAAAAAAAAAAAAAAA' }],
  ['hello', { clock: 1e18 }],
  ['challenge', { pcrs: [24] }],
  ['challenge', { pcrs: [-1] }],
  ['challenge', { pcrs: new Array(25).fill(0) }],
  ['challenge', { channelBinding: 'maybe' }],
  ['challenge', { delegations: ['a.b'] }],
  ['challenge', { delegations: new Array(9).fill('a.b.c') }],
  ['attestation', { purpose: 'order' }],
  ['attestation', { quote: { ...quote, pcrs: { 24: '00'.repeat(32) } } }],
  ['attestation', { quote: { ...quote, pcrs: { '01': '00'.repeat(32) } } }],
  ['attestation', { quote: { ...quote, pcrs: { 0: '00'.repeat(31) } } }],
  ['attestation', { quote: { ...quote, pcrs: { 0: 'FF'.repeat(32) } } }],
  ['attestation', { quote: { ...quote, pcrs: { constructor: '00'.repeat(32) } } }],
  ['attestation', { quote: { ...quote, attested: b64(2049) } }],
  ['attestation', { quote: { ...quote, more: 1 } }],
  ['attestation', { enrolment: { ...tpmClaim, certify: undefined } }],
  ['attestation', { enrolment: { ...tpmClaim, keyKind: 'software' } }],
  ['attestation', { enrolment: { keyKind: 'software', applicationKey: 'AA', attestationPublic: 'AA' } }],
  ['attestation', { enrolment: { ...tpmClaim, keyKind: 'enclave' } }],
  ['attestation', { enrolment: { ...tpmClaim, endorsementChain: new Array(5).fill('AA') } }],
  ['attestation', { enrolment: { ...tpmClaim, endorsementCertificate: b64(8193) } }],
  ['attestation', { label: { hostname: 'a', platform: 'plan9', arch: 'x64' } }],
  ['credential', { credentialBlob: b64(257) }],
  ['welcome', { status: 'perhaps' }],
  ['welcome', { tier: 'gold' }],
  ['welcome', { orders: new Array(LIMITS.orders + 1).fill('a.b.c') }],
  ['refusal', { code: 'lower' }],
  ['refusal', { message: 'x'.repeat(501) }],
  ['evidence', { sequence: 0 }],
  ['evidence', { sub: 'somebody' }],
  ['evidence', { findings: new Array(LIMITS.findings + 1).fill(finding) }],
  ['evidence', { findings: [{ ...finding, reason: 'both' }] }],
  ['evidence', { findings: [{ ...finding, check: 'nodot' }] }],
  ['evidence', { findings: [{ ...finding, check: 'Disk.Root' }] }],
  ['evidence', { findings: [{ ...finding, detail: 'x'.repeat(1001) }] }],
  ['evidence', { sightings: { mode: 'full', items: [] } }],
  ['evidence', { sightings: { mode: 'full', snapshot: 's', part: 0, parts: 0, items: [] } }],
  [
    'evidence',
    { sightings: { mode: 'delta', gone: [], items: new Array(LIMITS.sightings + 1).fill(agentSighting('1')) } },
  ],
  ['evidence', { sightings: { mode: 'delta', gone: [], items: [{ ...agentSighting('1'), argv: ['x'] }] } }],
  ['evidence', { sightings: { mode: 'delta', items: [], gone: ['0'.repeat(31)] } }],
  ['evidence', { receipts: new Array(LIMITS.receipts + 1).fill(receipt) }],
  ['evidence', { receipts: [{ order: 'ord_x', number: 1, outcome: 'done', time: 0 }] }],
  ['evidence', { receipts: [{ order: `ord_${'A'.repeat(22)}`, number: 1, outcome: 'failed', code: 'MINE', time: 1 }] }],
  ['evidence', { gap: { firstSequence: 1, lastSequence: 2, before: b64(32) } }],
])('%s with %.60j is FRAME_MALFORMED', (kind, change) => expect(refusal(kind, change)).toBe('FRAME_MALFORMED'))

test('keeps unknown members of evidence', () => {
  const value = { ...sample.evidence, later: { a: 1 } }
  expect(evidenceReader.readCanonicalJson(JSON.stringify(value))).toEqual(value)
})

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`later${at}`, at]))

test.each<[string, object, string]>([
  ['32', many(32), 'no refusal'],
  ['33', many(33), 'FRAME_MALFORMED'],
  ['as long as may be kept', { x: 'x'.repeat(60_000) }, 'no refusal'],
  ['longer than is kept', { x: 'x'.repeat(65_536) }, 'FRAME_MALFORMED'],
  ['as many as take long to read', many(60_000), 'INPUT_TOO_LARGE'],
  ['as many inside one', { x: many(60_000) }, 'INPUT_TOO_LARGE'],
])('unknown members of evidence, %s: %.0j%s', (_, unknown, code) =>
  expect(codeOfCall(() => evidenceReader.readCanonicalJson(JSON.stringify({ ...sample.evidence, ...unknown })))).toBe(
    code,
  ),
)

test('no text makes a reader fail without a code', () => {
  const kinds: FrameKind[] = ['hello', 'renew', 'refusal', 'ack', 'evidence', 'attestation', 'delegation']
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map((each) => `${each}.${each}.${each}`),
  )
  fc.assert(
    fc.property(fc.constantFrom(...kinds), text, (kind, each) => {
      const code = codeOfCall(() => readFrame(kind, each, sample.deviceKey.publicKey))
      return code !== undefined && code !== 'no refusal'
    }),
  )
})

test('tiers are ordered, best first, simulated last', () => {
  expect(TIERS.at(-1)).toBe('simulated')
  expect(TIERS.filter((tier) => tierAtLeast(tier, 'tpm'))).toEqual(['tpm-attested', 'enclave-attested', 'tpm'])
  expect(TIERS.every((tier) => tierAtLeast(tier, 'simulated') && tierAtLeast('tpm-attested', tier))).toBe(true)
  expect(TIERS.filter((tier) => tierAtLeast('simulated', tier))).toEqual(['simulated'])
})
