import { createHmac, generateKeyPairSync } from 'node:crypto'
import { toBase64Url, utf8 } from '../../src/base/bytes.ts'
import { JWS_HEADERS, type JwsKind } from '../../src/protocol/jws-types.ts'
import { LIMITS } from '../../src/protocol/limits.ts'
import { signRaw, toDer, withSignature } from '../support/raw-jws.ts'
import { ZEROS } from '../support/scripted-device.ts'
import {
  attesting,
  type BesiegedDirectory,
  besiegedDirectory,
  type Phase,
  type Scene,
  saidFor,
  say,
  signAnything,
} from './besieged-directory.ts'

/** What liars say at every place of the stream; `test/directory` has the lies that need a story. */

let besieged: BesiegedDirectory
beforeAll(async () => {
  besieged = await besiegedDirectory()
})
afterAll(() => besieged[Symbol.asyncDispose]())

type Lie = (scene: Scene) => string | Uint8Array | Promise<string | Uint8Array>

/** One frame is told, and then the honest device goes on. */
async function tell(phase: Phase, lie: Lie) {
  const scene = await besieged.stage(phase)
  const frame = await lie(scene)
  const before = besieged.stored(scene.device)
  scene.wire.send(frame)
  const code = await scene.wire.refusal()
  scene.wire.close()
  await scene.wire.closed
  const after = besieged.stored(scene.device)
  return { code, before, after, said: besieged.saidOf(scene.device), others: await besieged.honestGoesOn() }
}

/** It is refused with its code, leaves nothing behind but a word about a liar who signed it, and is nobody else's trouble. */
async function expectRefusal(phase: Phase, code: string, lie: Lie, { signed = false } = {}): Promise<void> {
  const told = await tell(phase, lie)
  expect(told).toEqual({ code, before: told.before, after: told.before, said: saidFor(code, { signed }), others: true })
}

/** What is signed as evidence is held against its device. Whatever else is signed was never its evidence. */
const expectSignedRefusal = (phase: Phase, code: string, lie: Lie) =>
  expectRefusal(phase, code, lie, { signed: phase === 'evidence' })

const PHASES = ['hello', 'enrol', 'attest', 'renew', 'evidence'] as const
const SIGNED = ['enrol', 'attest', 'evidence'] as const

/** The sequence number, which every message has, written in another way. */
const sequenceAs = (text: string) => (honest: string) => honest.replace(/"sequence":\d+/, `"sequence":${text}`)
const member = (text: string) => (honest: string) => `{${text},${honest.slice(1)}`

const SPELLINGS: readonly (readonly [string, string, (honest: string) => string | Uint8Array])[] = [
  ['a duplicate key', 'INPUT_NOT_CANONICAL', member('"sequence":7')],
  ['a space', 'INPUT_NOT_CANONICAL', (honest) => honest.replace(':', ': ')],
  ['a newline at its end', 'INPUT_NOT_CANONICAL', (honest) => `${honest}\n`],
  ['a key spelled with an escape', 'INPUT_NOT_CANONICAL', (honest) => honest.replace('"sequence"', '"sequenc\\u0065"')],
  ['a slash spelled with an escape', 'INPUT_NOT_CANONICAL', member('"x":"\\/"')],
  ['a byte order mark', 'INPUT_MALFORMED', (honest) => `\ufeff${honest}`],
  ['a second document behind it', 'INPUT_MALFORMED', (honest) => `${honest}{}`],
  ['its end cut off', 'INPUT_MALFORMED', (honest) => honest.slice(0, -1)],
  ['a comment', 'INPUT_MALFORMED', (honest) => honest.replace('{', '{/**/')],
  ['NaN', 'INPUT_MALFORMED', sequenceAs('NaN')],
  ['a number in hexadecimal', 'INPUT_MALFORMED', sequenceAs('0x10')],
  ['a number beyond all numbers', 'INPUT_NOT_CANONICAL', sequenceAs('1e999')],
  ['a number with an exponent', 'INPUT_NOT_CANONICAL', sequenceAs('1e0')],
  ['a number that ends in .0', 'INPUT_NOT_CANONICAL', sequenceAs('1.0')],
  ['a negative zero', 'INPUT_NOT_CANONICAL', sequenceAs('-0')],
  ['a number that JSON does not carry', 'INPUT_NOT_CANONICAL', sequenceAs('9007199254740993')],
  ['a number too large to count with', 'FRAME_MALFORMED', sequenceAs('9007199254740992')],
  ['a huge number', 'FRAME_MALFORMED', sequenceAs('1e+300')],
  ['a negative number', 'FRAME_MALFORMED', sequenceAs('-1')],
  ['a fraction', 'FRAME_MALFORMED', sequenceAs('0.5')],
  ['a number as text', 'FRAME_MALFORMED', sequenceAs('"1"')],
  ['null for a number', 'FRAME_MALFORMED', sequenceAs('null')],
  ['a list for a number', 'FRAME_MALFORMED', sequenceAs('[1]')],
  ['an object for a number', 'FRAME_MALFORMED', sequenceAs('{"valueOf":1}')],
  ['__proto__', 'INPUT_MALFORMED', member('"__proto__":{"sequence":1}')],
  ['__proto__ spelled with an escape', 'INPUT_MALFORMED', member('"\\u005f_proto__":{"sequence":1}')],
  ['__proto__ deep inside', 'INPUT_MALFORMED', member('"x":[{"y":{"__proto__":1}}]')],
  ['deep nesting', 'INPUT_TOO_DEEP', member(`"x":${'['.repeat(500)}${']'.repeat(500)}`)],
  ['nesting without an end', 'INPUT_TOO_DEEP', () => '{"a":'.repeat(500)],
  ['a hash that is too short', 'FRAME_MALFORMED', (honest) => honest.replace(/"head":"A/, '"head":"')],
  ['a hash with padding', 'FRAME_MALFORMED', (honest) => honest.replace(/A"(?=[,}])/, '="')],
  ['nothing', 'INPUT_MALFORMED', () => ''],
]

describe.each(PHASES)('in the place of %s, JSON with', (phase) => {
  const kept = phase === 'evidence' ? ['a hash that is too short', 'a hash with padding'] : []
  test.each(SPELLINGS.filter(([name]) => !kept.includes(name)))('%s is %s', async (name, code, spell) => {
    // In the stream what does not begin as JSON does is of no kind; a renewal is known by its brace.
    const noKind = phase === 'renew' && ['a byte order mark', 'nothing'].includes(name)
    await expectSignedRefusal(phase, noKind ? 'FRAME_UNEXPECTED' : code, (scene) => say(scene, spell(scene.honest)))
  })
})

describe.each(PHASES)('in the place of %s, a whole document that is', (phase) => {
  test.each(['null', 'true', '1', '"hello"', '[]', '{}'])('%s is refused', async (document) => {
    const noKind = phase === 'renew' && document !== '{}'
    await expectSignedRefusal(phase, noKind ? 'FRAME_UNEXPECTED' : 'FRAME_MALFORMED', (scene) => say(scene, document))
  })
})

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
    await expectRefusal(phase, code, async (scene) => withSignature(await say(scene, scene.honest), change))
  })

  test('padding is FRAME_MALFORMED', () =>
    expectRefusal(phase, 'FRAME_MALFORMED', async (scene) => `${await say(scene, scene.honest)}==`))

  test('a last letter of the same bytes is FRAME_MALFORMED', () =>
    expectRefusal(phase, 'FRAME_MALFORMED', async (scene) => {
      const compact = await say(scene, scene.honest)
      const next = { A: 'B', Q: 'R', g: 'h', w: 'x' }[compact.slice(-1)] ?? ''
      return compact.slice(0, -1) + next
    }))

  test('that of another message is SIGNATURE_INVALID', () =>
    expectRefusal(phase, 'SIGNATURE_INVALID', async (scene) => {
      const [ours, theirs] = [await say(scene, scene.honest), await say(scene, '{}')]
      return ours.slice(0, ours.lastIndexOf('.')) + theirs.slice(theirs.lastIndexOf('.'))
    }))

  test('that of another key is SIGNATURE_INVALID', () =>
    expectRefusal(phase, 'SIGNATURE_INVALID', (scene) =>
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
    await expectRefusal(phase, headerRefusal(phase), ({ device, kind = 'evidence', honest }) =>
      signAnything(device, kind, { header: header(typeOf(kind)), payload: honest }),
    )
  })

  test('alg none and no signature is refused', () =>
    expectRefusal(phase, headerRefusal(phase), ({ kind = 'evidence', honest }) => {
      const header = `{"alg":"none","typ":"${typeOf(kind)}"}`
      return `${toBase64Url(utf8(header))}.${toBase64Url(utf8(honest))}.`
    }))

  test('alg HS256, the secret being our public key, is refused', () =>
    expectRefusal(phase, headerRefusal(phase), ({ device, kind = 'evidence', honest }) =>
      signRaw(
        kind,
        { header: `{"alg":"HS256","typ":"${typeOf(kind)}"}`, payload: honest },
        { sign: async (message) => new Uint8Array(createHmac('sha256', device.spki).update(message).digest()) },
      ),
    ))

  test('padding is refused', () =>
    expectRefusal(phase, headerRefusal(phase), async (scene) => (await say(scene, scene.honest)).replace('.', '=.')))
})

const KINDS = Object.keys(JWS_HEADERS) as JwsKind[] // the keys of the table
const takenAs: Readonly<Record<(typeof SIGNED)[number], readonly [JwsKind, ...JwsKind[]]>> = {
  enrol: ['attestation'],
  attest: ['attestation'],
  evidence: ['evidence', 'attestation'],
}

describe.each(SIGNED)('in the place of %s, signed as another kind:', (phase) => {
  test.each(KINDS.filter((kind) => !takenAs[phase].includes(kind)))('%s is refused', async (kind) => {
    const code = phase === 'evidence' ? 'FRAME_UNEXPECTED' : 'SIGNATURE_HEADER_REFUSED'
    await expectRefusal(phase, code, ({ device, honest }) => signAnything(device, kind, { payload: honest }))
  })
})

test('an attestation that answers no open challenge is refused in the stream', () =>
  expectRefusal('evidence', 'NONCE_UNKNOWN', ({ device, honest }) =>
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
    await expectRefusal(phase, earlier ? 'INPUT_MALFORMED' : code, async (scene) =>
      respell(await say(scene, scene.honest)),
    )
  })

  test('of JSON instead of compact is refused', () =>
    expectRefusal(phase, 'FRAME_MALFORMED', async (scene) => {
      const [header, payload, signature] = (await say(scene, scene.honest)).split('.')
      return JSON.stringify({ protected: header, payload, signature })
    }))

  test('with a payload that is not UTF-8 is FRAME_MALFORMED', () =>
    expectSignedRefusal(phase, 'FRAME_MALFORMED', (scene) =>
      say(scene, Uint8Array.of(0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d)),
    ))
})

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
    await expectRefusal(phase, code, ({ kind }) => frame(kind === undefined ? '{"a":"' : `${JWS_HEADERS[kind]}.`))
  })
})

const ONE_LETTER: Readonly<Record<Phase, string>> = {
  hello: 'INPUT_MALFORMED',
  enrol: 'FRAME_MALFORMED',
  attest: 'FRAME_MALFORMED',
  renew: 'FRAME_UNEXPECTED',
  evidence: 'FRAME_UNEXPECTED',
}

describe.each(PHASES)('in the place of %s', (phase) => {
  test('a binary message is refused, whatever it holds', async () => {
    await expectRefusal(phase, 'FRAME_MALFORMED', async (scene) => utf8(await say(scene, scene.honest)))
    await expectRefusal(phase, 'FRAME_MALFORMED', () => new Uint8Array())
  })

  test('a frame that is one letter, and none of ASCII, is refused', () =>
    expectRefusal(phase, ONE_LETTER[phase], () => '\u{1f600}'))
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
    [
      'an enrolment where an attestation belongs',
      'attest',
      'FRAME_MALFORMED',
      (scene) => attesting(scene, (honest) => ({ ...honest, purpose: 'enrol' })),
    ],
  ])('%s is refused', (_, phase, code, lie) => expectRefusal(phase, code, lie))
})

describe('a hello', () => {
  const changed =
    (changes: object): Lie =>
    (scene) =>
      JSON.stringify({ ...JSON.parse(scene.honest), ...changes })
  const token = { id: `tok_${'A'.repeat(22)}`, secret: ZEROS }
  test.each<[string, string, Lie]>([
    ['that names a token and a device', 'FRAME_MALFORMED', changed({ token })],
    ['of another epoch', 'EPOCH_MISMATCH', changed({ epoch: 2 })],
    ['of the epoch before the first', 'EPOCH_MISMATCH', changed({ epoch: 0 })],
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
  ])('%s is refused', (_, code, lie) => expectRefusal('hello', code, lie))
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
  ])('%s is refused', (_, code, key) => expectRefusal('enrol', code, claiming(key)))
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
  ])('%s is refused', (_, code, lie) => expectSignedRefusal('evidence', code, lie))
})
