import { generateKeyPairSync } from 'node:crypto'
import { toBase64Url, utf8 } from '../../../src/base/bytes.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { JWS_HEADERS } from '../../../src/protocol/messages/jws-types.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { attesting, type BesiegedDirectory, besiegedDirectory, type Phase, say } from '../besieged-directory.ts'
import { expectRefusal, expectSignedRefusal, type Lie, PHASES } from './expect-refusal.ts'

/** What liars say at every place of the stream; `test/directory` has the lies that need a story. */

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

describe('too large', () => {
  test.each<[string, Phase, string, number]>([
    ['a hello by one byte', 'hello', 'FRAME_TOO_LARGE', LIMITS.helloBytes + 1],
    ['a hello by many', 'hello', 'FRAME_TOO_LARGE', LIMITS.helloBytes + 200],
    ['an enrolment by one byte', 'enrol', 'FRAME_TOO_LARGE', LIMITS.handshakeFrameBytes + 1],
    ['an attestation by one byte', 'attest', 'FRAME_TOO_LARGE', LIMITS.handshakeFrameBytes + 1],
    ['a renewal by one byte', 'renew', 'INPUT_TOO_LARGE', LIMITS.helloBytes + 1],
    ['evidence by one byte', 'evidence', 'FRAME_TOO_LARGE', LIMITS.frameBytes + 1],
    ['evidence beyond what is read at all', 'evidence', 'closed 1009', LIMITS.frameBytes + 8192],
  ])('%s', async (_, phase, code, size) => {
    const frame = (start: string) => start.padEnd(size, 'A')
    await expectRefusal(besieged, phase, code, ({ kind }) =>
      frame(kind === undefined ? '{"a":"' : `${JWS_HEADERS[kind]}.`),
    )
  })
})

const ONE_LETTER: Readonly<Record<Phase, string>> = {
  hello: 'INPUT_MALFORMED',
  enrol: 'FRAME_MALFORMED',
  attest: 'FRAME_MALFORMED',
  renew: 'FRAME_UNEXPECTED',
  'attest again': 'FRAME_UNEXPECTED',
  evidence: 'FRAME_UNEXPECTED',
}

describe.each(PHASES)('in the place of %s', (phase) => {
  test('a binary message is refused, with any content', async () => {
    await expectRefusal(besieged, phase, 'FRAME_MALFORMED', async (scene) => utf8(await say(scene, scene.honest)))
    await expectRefusal(besieged, phase, 'FRAME_MALFORMED', () => new Uint8Array())
  })

  test('a frame that is one letter, and none of ASCII, is refused', () =>
    expectRefusal(besieged, phase, ONE_LETTER[phase], () => '\u{1f600}'))
})

describe('out of turn', () => {
  test.each<[string, Phase, string, Lie]>([
    ['an attestation before any hello', 'hello', 'INPUT_MALFORMED', ({ device }) => device.sign('attestation', {})],
    ['evidence before any hello', 'hello', 'INPUT_MALFORMED', ({ device }) => device.batch()],
    [
      'a renewal before any hello',
      'hello',
      'FRAME_MALFORMED',
      () => JSON.stringify({ type: 'renew', reason: 'timer', sequence: 0, head: ZEROS }),
    ],
    [
      'a refusal instead of a hello',
      'hello',
      'FRAME_MALFORMED',
      () => '{"type":"refusal","code":"STORE_FAILED","message":""}',
    ],
    ['a second hello instead of an enrolment', 'enrol', 'FRAME_MALFORMED', ({ device }) => device.hello()],
    ['a second hello instead of an attestation', 'attest', 'FRAME_MALFORMED', ({ device }) => device.hello()],
    ['evidence instead of an attestation', 'attest', 'SIGNATURE_HEADER_REFUSED', ({ device }) => device.batch()],
    ['a second hello in the stream', 'evidence', 'FRAME_MALFORMED', ({ device }) => device.hello()],
  ])('%s is refused', (_, phase, code, lie) => expectRefusal(besieged, phase, code, lie))

  test('an enrolment where an attestation belongs is refused', () =>
    expectSignedRefusal(besieged, 'attest', 'FRAME_MALFORMED', (scene) =>
      attesting(scene, (honest) => ({ ...honest, purpose: 'enrol' })),
    ))
})

describe('a hello', () => {
  const changed =
    (changes: object): Lie =>
    (scene) =>
      JSON.stringify({ ...JSON.parse(scene.honest), ...changes })
  const token = { id: `tok_${'A'.repeat(22)}`, secret: ZEROS }
  test.each<[string, string, Lie]>([
    ['that names a token and a device', 'FRAME_MALFORMED', changed({ token })],
    ['of protocol 0', 'PROTOCOL_UNSUPPORTED', changed({ protocol: 0 })],
    ['of a protocol to come', 'PROTOCOL_UNSUPPORTED', changed({ protocol: Number.MAX_SAFE_INTEGER })],
    ['of a device whose id is a pattern', 'FRAME_MALFORMED', changed({ device: `dev_${'%'.repeat(22)}` })],
    ['of a device whose id is SQL', 'FRAME_MALFORMED', changed({ device: "dev_' OR 1=1 --" })],
    ['of a device whose id ends in a newline', 'FRAME_MALFORMED', changed({ device: `dev_${'A'.repeat(22)}\n` })],
    ['of a device whose id is a list', 'FRAME_MALFORMED', changed({ device: [`dev_${'A'.repeat(22)}`] })],
    [
      'of a token whose secret is empty',
      'FRAME_MALFORMED',
      changed({ device: undefined, token: { ...token, secret: '' } }),
    ],
    [
      'of a token whose secret has stray bits',
      'TOKEN_UNKNOWN',
      changed({ device: undefined, token: { ...token, secret: `${'A'.repeat(42)}B` } }),
    ],
    ['of another type', 'FRAME_MALFORMED', changed({ type: 'welcome' })],
    ['with a clock before 1970', 'FRAME_MALFORMED', changed({ clock: -1 })],
    ['that inherits', 'FRAME_MALFORMED', changed({ constructor: { prototype: { admin: true } } })],
  ])('%s is refused', (_, code, lie) => expectRefusal(besieged, 'hello', code, lie))
})

describe('an application key', () => {
  const spki = (pair: { publicKey: { export(options: { type: 'spki'; format: 'der' }): Buffer } }) =>
    pair.publicKey.export({ type: 'spki', format: 'der' })
  const claiming =
    (key: (own: Buffer) => Uint8Array | string): Lie =>
    (scene) =>
      attesting(scene, (honest) => {
        const made = key(Buffer.from(scene.device.spki))
        const applicationKey = typeof made === 'string' ? made : toBase64Url(made)
        return { ...honest, enrolment: { keyKind: 'software', applicationKey } }
      })
  const compressed = (own: Buffer) =>
    Buffer.concat([Buffer.of(0x30, 0x39), own.subarray(2, 23), Buffer.of(3, 0x22, 0, 2), own.subarray(27, 59)])
  test.each<[string, string, (own: Buffer) => Uint8Array | string]>([
    ['off the curve', 'KEY_MALFORMED', (own) => own.map((byte, at) => (at === 90 ? byte ^ 1 : byte))],
    ['with both coordinates zero', 'KEY_MALFORMED', (own) => own.fill(0, 27)],
    ['with coordinates beyond the field', 'KEY_MALFORMED', (own) => own.fill(0xff, 27)],
    [
      'at infinity',
      'KEY_MALFORMED',
      (own) => Buffer.concat([Buffer.of(0x30, 25), own.subarray(2, 23), Buffer.of(3, 2, 0, 0)]),
    ],
    ['compressed', 'KEY_MALFORMED', compressed],
    ['with a byte behind it', 'KEY_MALFORMED', (own) => Buffer.concat([own, Buffer.of(0)])],
    ['cut short', 'KEY_MALFORMED', (own) => own.subarray(0, 90)],
    ['that is empty', 'KEY_MALFORMED', () => ''],
    ['in PEM', 'FRAME_MALFORMED', () => '-----BEGIN PUBLIC KEY-----'],
    ['with stray bits in its base64url', 'KEY_MALFORMED', (own) => toBase64Url(own).slice(0, -1).concat('B')],
    ['on P-384', 'KEY_UNSUPPORTED', () => spki(generateKeyPairSync('ec', { namedCurve: 'P-384' }))],
    ['on secp256k1', 'KEY_UNSUPPORTED', () => spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))],
    ['of RSA', 'KEY_UNSUPPORTED', () => spki(generateKeyPairSync('rsa', { modulusLength: 2048 }))],
    ['of Ed25519', 'KEY_UNSUPPORTED', () => spki(generateKeyPairSync('ed25519'))],
    ['of somebody else', 'SIGNATURE_INVALID', () => besieged.running.device().spki],
  ])('%s is refused', (_, code, key) => expectRefusal(besieged, 'enrol', code, claiming(key)))
})

describe('evidence', () => {
  const claiming =
    (changes: object): Lie =>
    (scene) =>
      say(scene, JSON.stringify({ ...JSON.parse(scene.honest), ...changes }))
  const finding = { check: 'os.supported', state: 'pass', detail: '' }
  const agent = { kind: 'agent', id: '0'.repeat(32), name: 'a', evidence: [], state: 'running', agentKind: 'cli' }
  const gap = { firstSequence: 1, lastSequence: 1, before: ZEROS, last: ZEROS }
  test.each<[string, string, Lie]>([
    ['at sequence 0', 'FRAME_MALFORMED', claiming({ sequence: 0 })],
    ['at the last sequence there is', 'EVIDENCE_OUT_OF_ORDER', claiming({ sequence: Number.MAX_SAFE_INTEGER })],
    ['that skips one', 'EVIDENCE_OUT_OF_ORDER', claiming({ sequence: 2 })],
    ['of an epoch to come', 'EPOCH_MISMATCH', claiming({ epoch: 2 })],
    ['of epoch 0', 'EPOCH_MISMATCH', claiming({ epoch: 0 })],
    ['of nobody', 'FRAME_MALFORMED', claiming({ sub: undefined })],
    ['of a device that is a list', 'FRAME_MALFORMED', claiming({ sub: [] })],
    ['whose hash is too short', 'FRAME_MALFORMED', claiming({ previous: 'AAAA' })],
    ['whose hash has stray bits', 'EVIDENCE_FORKED', claiming({ previous: `${'A'.repeat(42)}B` })],
    ['with too many findings', 'FRAME_MALFORMED', claiming({ findings: Array(LIMITS.findings + 1).fill(finding) })],
    ['with a finding that is both', 'FRAME_MALFORMED', claiming({ findings: [{ ...finding, reason: '' }] })],
    ['with a finding of no known state', 'FRAME_MALFORMED', claiming({ findings: [{ ...finding, state: 'passed' }] })],
    ['with a check named like markup', 'FRAME_MALFORMED', claiming({ findings: [{ ...finding, check: '<b>.x' }] })],
    ['with a detail too long', 'FRAME_MALFORMED', claiming({ findings: [{ ...finding, detail: 'x'.repeat(1001) }] })],
    [
      'with too many sightings',
      'FRAME_MALFORMED',
      claiming({ sightings: { mode: 'delta', gone: [], items: Array(LIMITS.sightings + 1).fill(agent) } }),
    ],
    [
      'with a sighting that tells argv',
      'FRAME_MALFORMED',
      claiming({ sightings: { mode: 'delta', gone: [], items: [{ ...agent, argv: ['x'] }] } }),
    ],
    ['with sightings of no known mode', 'FRAME_MALFORMED', claiming({ sightings: { mode: 'all', items: [] } })],
    [
      'with a snapshot in no parts',
      'FRAME_MALFORMED',
      claiming({ sightings: { mode: 'full', snapshot: 's', part: 0, parts: 0, items: [] } }),
    ],
    ['with too many receipts', 'FRAME_MALFORMED', claiming({ receipts: Array(LIMITS.receipts + 1).fill({}) })],
    [
      'with a gap from nowhere',
      'EVIDENCE_GAP_UNPROVEN',
      claiming({ sequence: 9, gap: { ...gap, firstSequence: 5, lastSequence: 8 } }),
    ],
    [
      'with a gap that ends before it begins',
      'EVIDENCE_GAP_UNPROVEN',
      claiming({ sequence: 3, gap: { ...gap, lastSequence: 0 } }),
    ],
    ['with a gap up to itself', 'EVIDENCE_GAP_UNPROVEN', claiming({ sequence: 3, gap: { ...gap, lastSequence: 3 } })],
    [
      'with a gap beyond all numbers',
      'EVIDENCE_GAP_UNPROVEN',
      claiming({ sequence: 3, gap: { ...gap, lastSequence: Number.MAX_SAFE_INTEGER } }),
    ],
    ['with a negative gap', 'FRAME_MALFORMED', claiming({ sequence: 3, gap: { ...gap, firstSequence: -1 } })],
  ])('%s is refused', (_, code, lie) => expectSignedRefusal(besieged, 'evidence', code, lie))
})
