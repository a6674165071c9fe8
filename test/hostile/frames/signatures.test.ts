import { createHmac } from 'node:crypto'
import { toBase64Url, utf8 } from '../../../src/base/bytes.ts'
import { JWS_HEADERS, type JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { signRaw, toDer, withSignature } from '../../support/protocol/raw-jws.ts'
import { type BesiegedDirectory, besiegedDirectory, type Phase, say, signAnything } from '../besieged-directory.ts'
import { expectRefusal, expectSignedRefusal } from './expect-refusal.ts'

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

const SIGNED = ['enrol', 'attest', 'evidence'] as const

/** On a new connection a key that is another is as good as none: whether there is such a device is not told. */
const codeIn = (phase: Phase, code: string) =>
  phase === 'attest' && code === 'SIGNATURE_INVALID' ? 'DEVICE_UNKNOWN' : code

const ORDER = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')

const SIGNATURES: readonly (readonly [string, string, (signature: Buffer) => Uint8Array])[] = [
  ['r zero', 'SIGNATURE_INVALID', (own) => own.fill(0, 0, 32)],
  ['s zero', 'SIGNATURE_INVALID', (own) => own.fill(0, 32)],
  ['r and s zero', 'SIGNATURE_INVALID', (own) => own.fill(0)],
  ['r and s all ones', 'SIGNATURE_INVALID', (own) => own.fill(0xff)],
  ['r the order of the curve', 'SIGNATURE_INVALID', (own) => Buffer.concat([ORDER, own.subarray(32)])],
  ['s the order of the curve', 'SIGNATURE_INVALID', (own) => Buffer.concat([own.subarray(0, 32), ORDER])],
  ['r and s swapped', 'SIGNATURE_INVALID', (own) => Buffer.concat([own.subarray(32), own.subarray(0, 32)])],
  ['one bit changed', 'SIGNATURE_INVALID', (own) => own.map((byte, at) => (at === 40 ? byte ^ 1 : byte))],
  ['DER', 'FRAME_MALFORMED', toDer],
  ['63 bytes', 'FRAME_MALFORMED', (own) => own.subarray(1)],
  ['65 bytes', 'FRAME_MALFORMED', (own) => Buffer.concat([own, Buffer.of(0)])],
  ['no bytes', 'FRAME_MALFORMED', () => Buffer.of()],
]

describe.each(SIGNED)('in the place of %s, a signature with', (phase) => {
  test.each(SIGNATURES)('%s is %s', async (_, code, change) => {
    await expectRefusal(besieged, phase, codeIn(phase, code), async (scene) =>
      withSignature(await say(scene, scene.honest), change),
    )
  })

  test('padding is FRAME_MALFORMED', () =>
    expectRefusal(besieged, phase, 'FRAME_MALFORMED', async (scene) => `${await say(scene, scene.honest)}==`))

  test('a last letter of the same bytes is FRAME_MALFORMED', () =>
    expectRefusal(besieged, phase, 'FRAME_MALFORMED', async (scene) => {
      const compact = await say(scene, scene.honest)
      const next = { A: 'B', Q: 'R', g: 'h', w: 'x' }[compact.slice(-1)] ?? ''
      return compact.slice(0, -1) + next
    }))

  test('that of another message is SIGNATURE_INVALID', () =>
    expectRefusal(besieged, phase, codeIn(phase, 'SIGNATURE_INVALID'), async (scene) => {
      const [ours, theirs] = [await say(scene, scene.honest), await say(scene, '{}')]
      return ours.slice(0, ours.lastIndexOf('.')) + theirs.slice(theirs.lastIndexOf('.'))
    }))

  test('that of another key is SIGNATURE_INVALID', () =>
    expectRefusal(besieged, phase, codeIn(phase, 'SIGNATURE_INVALID'), (scene) =>
      say({ ...scene, device: besieged.running.device() }, scene.honest),
    ))
})

/** Text of a protected header that is not the fixed one, though a library might read it as such. */
const HEADERS: readonly (readonly [string, (typ: string) => string])[] = [
  ['alg none', (typ) => `{"alg":"none","typ":"${typ}"}`],
  ['alg None', (typ) => `{"alg":"None","typ":"${typ}"}`],
  ['alg in small letters', (typ) => `{"alg":"es256","typ":"${typ}"}`],
  ['alg ES384', (typ) => `{"alg":"ES384","typ":"${typ}"}`],
  ['alg twice', (typ) => `{"alg":"none","alg":"ES256","typ":"${typ}"}`],
  ['no alg', (typ) => `{"typ":"${typ}"}`],
  ['no typ', () => '{"alg":"ES256"}'],
  ['its members in another order', (typ) => `{"typ":"${typ}","alg":"ES256"}`],
  ['a space', (typ) => `{"alg": "ES256","typ":"${typ}"}`],
  ['an escape', (typ) => `{"\\u0061lg":"ES256","typ":"${typ}"}`],
  ['a key of its own', (typ) => `{"alg":"ES256","typ":"${typ}","jwk":{"kty":"EC"}}`],
  ['a key id', (typ) => `{"alg":"ES256","typ":"${typ}","kid":"../../root"}`],
  ['a place to fetch a key from', (typ) => `{"alg":"ES256","typ":"${typ}","jku":"https://localhost/"}`],
  ['something critical', (typ) => `{"alg":"ES256","typ":"${typ}","crit":["b64"],"b64":false}`],
  ['__proto__', (typ) => `{"alg":"ES256","typ":"${typ}","__proto__":{}}`],
]

const typeOf = (kind: JwsKind): string => JSON.parse(Buffer.from(JWS_HEADERS[kind], 'base64url').toString()).typ

/** In the stream a header that is none of ours makes a frame of no kind. */
const headerRefusal = (phase: Phase) => (phase === 'evidence' ? 'FRAME_UNEXPECTED' : 'SIGNATURE_HEADER_REFUSED')

describe.each(SIGNED)('in the place of %s, a header with', (phase) => {
  test.each(HEADERS)('%s is refused, however it is signed', async (_, header) => {
    await expectRefusal(besieged, phase, headerRefusal(phase), ({ device, kind = 'evidence', honest }) =>
      signAnything(device, kind, { header: header(typeOf(kind)), payload: honest }),
    )
  })

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

  test('padding is refused', () =>
    expectRefusal(besieged, phase, headerRefusal(phase), async (scene) =>
      (await say(scene, scene.honest)).replace('.', '=.'),
    ))
})

const KINDS = Object.keys(JWS_HEADERS) as JwsKind[]
// the keys of the table
const takenAs: Readonly<Record<(typeof SIGNED)[number], readonly [JwsKind, ...JwsKind[]]>> = {
  enrol: ['attestation'],
  attest: ['attestation'],
  evidence: ['evidence', 'attestation'],
}

describe.each(SIGNED)('in the place of %s, signed as another kind:', (phase) => {
  test.each(KINDS.filter((kind) => !takenAs[phase].includes(kind)))('%s is refused', async (kind) => {
    const code = phase === 'evidence' ? 'FRAME_UNEXPECTED' : 'SIGNATURE_HEADER_REFUSED'
    await expectRefusal(besieged, phase, code, ({ device, honest }) => signAnything(device, kind, { payload: honest }))
  })
})

test('an attestation that answers no open challenge is refused in the stream', () =>
  expectRefusal(besieged, 'evidence', 'NONCE_UNKNOWN', ({ device, honest }) =>
    signAnything(device, 'attestation', { payload: honest }),
  ))

describe.each(SIGNED)('in the place of %s, the form', (phase) => {
  test.each<[string, string, (compact: string) => string]>([
    ['of two parts', 'FRAME_MALFORMED', (compact) => compact.slice(0, compact.lastIndexOf('.'))],
    ['of four parts', 'FRAME_MALFORMED', (compact) => `${compact}.AAAA`],
    ['with an empty payload', 'SIGNATURE_INVALID', (compact) => compact.replace(/\.[^.]+\./, '..')],
    ['with a newline behind it', 'FRAME_MALFORMED', (compact) => `${compact}\n`],
    ['with a NUL behind it', 'FRAME_MALFORMED', (compact) => `${compact}\0`],
    ['with a payload in standard base64', 'FRAME_MALFORMED', (compact) => compact.replace('.', '.+/')],
    ['of one letter less in its payload', 'SIGNATURE_INVALID', (compact) => compact.replace(/\.(\w{4})/, '.')],
  ])('%s is %s', async (_, code, respell) => {
    const earlier = code === 'SIGNATURE_INVALID' && phase !== 'evidence'
    // An attestation is read before its signature is looked at: a nonce is cheaper to compare.
    await expectRefusal(besieged, phase, earlier ? 'INPUT_MALFORMED' : code, async (scene) =>
      respell(await say(scene, scene.honest)),
    )
  })

  test('of JSON instead of compact is refused', () =>
    expectRefusal(besieged, phase, 'FRAME_MALFORMED', async (scene) => {
      const [header, payload, signature] = (await say(scene, scene.honest)).split('.')
      return JSON.stringify({ protected: header, payload, signature })
    }))

  test('with a payload that is not UTF-8 is FRAME_MALFORMED', () =>
    expectSignedRefusal(besieged, phase, 'FRAME_MALFORMED', (scene) =>
      say(scene, Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)),
    ))
})
