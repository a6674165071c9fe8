import { createHmac } from 'node:crypto'
import { toBase64Url, utf8 } from '../../../src/base/bytes.ts'
import { LIMITS } from '../../../src/protocol/limits.ts'
import { JWS_HEADERS, type JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { ZEROS } from '../../support/directory/scripted-device.ts'
import { signRaw } from '../../support/protocol/raw-jws.ts'
import { type BesiegedDirectory, besiegedDirectory, type Phase, say, signAnything } from '../besieged-directory.ts'
import { expectRefusal, expectSignedRefusal, type Lie, PHASES, SIGNED } from './expect-refusal.ts'

/**
 * Frames that no change of one field or byte makes (`mutation.test.ts`): of another size, encoding or kind, out of turn, with a gap.
 * Every spelling of JSON and every form of a JWS is a vector in `test/vectors/`. Here each place of the stream refuses one of each.
 */

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

  test('a member that is there twice is refused', () =>
    expectSignedRefusal(besieged, phase, 'INPUT_NOT_CANONICAL', (scene) =>
      say(scene, scene.honest.replace('{', '{"sequence":7,')),
    ))
})

/** In the stream a header that is none of ours makes a frame of no kind. */
const headerRefusal = (phase: Phase) =>
  phase === 'evidence' || phase === 'attest again' ? 'FRAME_UNEXPECTED' : 'SIGNATURE_HEADER_REFUSED'
const typeOf = (kind: JwsKind): string => JSON.parse(Buffer.from(JWS_HEADERS[kind], 'base64url').toString()).typ
const KINDS = Object.keys(JWS_HEADERS) as JwsKind[] // the keys of the table

describe.each(SIGNED)('in the place of %s', (phase) => {
  const takenInStream: readonly JwsKind[] = ['evidence', 'attestation']
  const taken = phase === 'evidence' || phase === 'attest again' ? takenInStream : (['attestation'] as const)
  test.each(KINDS.filter((kind) => !taken.some((one) => one === kind)))('a signed %s is refused', (kind) =>
    expectRefusal(besieged, phase, headerRefusal(phase), ({ device, honest }) =>
      signAnything(device, kind, { payload: honest }),
    ),
  )

  test('alg none and no signature is refused', () =>
    expectRefusal(besieged, phase, headerRefusal(phase), ({ kind = 'evidence', honest }) => {
      const header = `{"alg":"none","typ":"${typeOf(kind)}"}`
      return `${toBase64Url(utf8(header))}.${toBase64Url(utf8(honest))}.`
    }))

  test('alg HS256, the secret being our public key, is refused', () =>
    expectRefusal(besieged, phase, headerRefusal(phase), ({ device, kind = 'evidence', honest }) =>
      signRaw(
        kind,
        { header: `{"alg":"HS256","typ":"${typeOf(kind)}"}`, payload: honest },
        { sign: async (message) => new Uint8Array(createHmac('sha256', device.spki).update(message).digest()) },
      ),
    ))

  test('a payload that is not UTF-8 is refused', () =>
    expectSignedRefusal(besieged, phase, 'FRAME_MALFORMED', (scene) =>
      say(scene, Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)),
    ))
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

  test('an attestation that answers no open challenge is refused in the stream', () =>
    expectRefusal(besieged, 'evidence', 'NONCE_UNKNOWN', ({ device, honest }) =>
      signAnything(device, 'attestation', { payload: honest }),
    ))
})

describe('evidence with a gap', () => {
  const gap = { firstSequence: 1, lastSequence: 1, before: ZEROS, last: ZEROS }
  const lie =
    (sequence: number, changes: Partial<typeof gap>): Lie =>
    (scene) =>
      say(scene, JSON.stringify({ ...JSON.parse(scene.honest), sequence, gap: { ...gap, ...changes } }))
  test.each<[string, string, Lie]>([
    ['from nowhere', 'EVIDENCE_GAP_UNPROVEN', lie(9, { firstSequence: 5, lastSequence: 8 })],
    ['that ends before it begins', 'EVIDENCE_GAP_UNPROVEN', lie(3, { lastSequence: 0 })],
    ['up to itself', 'EVIDENCE_GAP_UNPROVEN', lie(3, { lastSequence: 3 })],
    ['beyond all numbers', 'EVIDENCE_GAP_UNPROVEN', lie(3, { lastSequence: Number.MAX_SAFE_INTEGER })],
    ['that is negative', 'FRAME_MALFORMED', lie(3, { firstSequence: -1 })],
  ])('%s is refused', (_, code, one) => expectSignedRefusal(besieged, 'evidence', code, one))
})
