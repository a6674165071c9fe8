import { toBase64Url, utf8 } from '../../../../src/base/bytes.ts'
import type { JwsKind } from '../../../../src/protocol/messages/jws-types.ts'
import { approvalEvidence, approvalOrder, BAD_APPROVAL_ORDERS } from '../approval-samples.ts'
import * as sample from '../frame-samples.ts'
import { checkpoint, checkpointRequest, logFaultEvidence } from '../log-samples.ts'
import { signRaw, toDer, withSignature } from '../raw-jws.ts'
import type { FrameKind } from '../read-frame.ts'
import { actionEvidence } from '../sample-actions.ts'
import type { P256Jwk, TestKey } from '../test-keys.ts'

/** Vectors of frames: what a receiver does with this text. */
export interface FrameVectors {
  readonly description: string
  /** Private test keys, as JWK; signatures are RFC 6979 with SHA-256. */
  readonly keys: Readonly<Record<string, P256Jwk>>
  readonly vectors: readonly FrameVector[]
}

interface FrameVector {
  readonly name: string
  readonly kind: FrameKind
  /** The key that must verify it; absent for frames that are plain JSON. */
  readonly key?: string
  readonly frame: string
  /** The value that is read from it. */
  readonly accept?: unknown
  /** The code of the refusal. */
  readonly refuse?: string
}

const KEYS = {
  device: sample.deviceKey,
  acknowledgements: sample.acknowledgementKey,
  orders: sample.orderKey,
  root: sample.rootKey,
} satisfies Record<string, TestKey>
type KeyName = keyof typeof KEYS

export async function buildFrameVectors(): Promise<FrameVectors> {
  return {
    description:
      'Frames as a receiver gets them. `key`: the private test key (its public half verifies). `accept`: the value read; `refuse`: the code.',
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { jwk }]) => [name, jwk])),
    vectors: [
      ...(await accepted()),
      ...plainRefused(),
      ...(await headersRefused()),
      ...(await signaturesRefused()),
      ...(await shapesRefused()),
      ...(await payloadsRefused()),
      ...(await ordersRefused()),
    ],
  }
}

async function accepted(): Promise<FrameVector[]> {
  const plain = (name: string, kind: FrameKind, value: object) => ({
    name,
    kind,
    frame: JSON.stringify(value),
    accept: value,
  })
  const signed = async (
    kind: Exclude<JwsKind, 'catalogue' | 'evidence-export' | 'verdict' | 'decision'>,
    key: KeyName,
    value: object,
    name: string = kind,
  ): Promise<FrameVector> => ({
    name,
    kind,
    key,
    frame: await signRaw(kind, { payload: JSON.stringify(value) }, KEYS[key]),
    accept: value,
  })
  const delegated = await signRaw('delegation', { payload: JSON.stringify(sample.delegation) }, KEYS.root)
  const ordered = await signRaw('order', { payload: JSON.stringify(sample.order) }, KEYS.orders)
  return [
    plain('hello of a device', 'hello', sample.hello),
    plain('hello of an enrolment', 'hello', sample.enrolmentHello),
    plain('renew', 'renew', sample.renew),
    plain('checkpoint request', 'checkpoint-request', checkpointRequest),
    plain('refusal', 'refusal', sample.refusal),
    await signed('challenge', 'acknowledgements', { ...sample.challenge, delegations: [delegated] }),
    await signed('attestation', 'device', sample.attestation),
    await signed('attestation', 'device', sample.enrolmentAttestation, 'attestation of an enrolment'),
    await signed('credential', 'acknowledgements', sample.credential),
    await signed('activation', 'device', sample.activation),
    await signed('welcome', 'acknowledgements', { ...sample.welcome, orders: [ordered] }),
    await signed('evidence', 'device', sample.evidence),
    await signed(
      'evidence',
      'device',
      { ...sample.evidence, 'x-later': { a: [1] } },
      'evidence with a member nobody knows',
    ),
    await signed(
      'evidence',
      'device',
      { ...sample.evidence, ...sample.stopEvidence },
      'evidence with the receipt of a stop, and what happened under it',
    ),
    await signed(
      'evidence',
      'device',
      { ...sample.evidence, ...sample.suspendEvidence },
      'evidence with the receipt of a stop that suspended threads',
    ),
    await signed('evidence', 'device', { ...sample.evidence, ...sample.claimEvidence }, 'evidence with agent claims'),
    await signed('evidence', 'device', { ...sample.evidence, ...sample.tamperEvidence }, 'evidence with tamper signs'),
    await signed(
      'evidence',
      'device',
      { ...sample.evidence, ...approvalEvidence },
      'evidence with an approval request',
    ),
    await signed('evidence', 'device', { ...sample.evidence, ...logFaultEvidence }, 'evidence with a log fault'),
    await signed('evidence', 'device', { ...sample.evidence, ...actionEvidence }, 'evidence with actions'),
    await signed('checkpoint', 'acknowledgements', checkpoint),
    await signed('ack', 'acknowledgements', sample.ack),
    await signed('result', 'acknowledgements', sample.result),
    await signed('result', 'acknowledgements', sample.resultWithDecisions, 'result with decisions about claims'),
    await signed('order', 'orders', sample.order),
    await signed('order', 'orders', sample.freezeOrder, 'order to freeze'),
    await signed('order', 'orders', sample.matchOrder, 'order to freeze what matches'),
    await signed('order', 'orders', sample.suspendOrder, 'order to freeze what matches on Windows'),
    await signed('order', 'orders', sample.releaseOrder, 'order to release'),
    await signed('order', 'orders', approvalOrder, 'order about an approval'),
    await signed('delegation', 'root', sample.delegation),
  ]
}

function plainRefused(): FrameVector[] {
  const good = JSON.stringify(sample.hello)
  const bad = (name: string, frame: string, refuse: string): FrameVector => ({
    name: `hello ${name}`,
    kind: 'hello',
    frame,
    refuse,
  })
  return [
    bad('that is empty', '', 'INPUT_MALFORMED'),
    bad('that is no JSON', 'hello', 'INPUT_MALFORMED'),
    bad('cut short', good.slice(0, -1), 'INPUT_MALFORMED'),
    bad('with white space', good.replace(':', ': '), 'INPUT_NOT_CANONICAL'),
    bad('with a line feed behind it', `${good}\n`, 'INPUT_NOT_CANONICAL'),
    bad('with a member twice', good.replace('"protocol":1', '"protocol":2,"protocol":1'), 'INPUT_NOT_CANONICAL'),
    bad('with a number in another spelling', good.replace('"protocol":1', '"protocol":1.0'), 'INPUT_NOT_CANONICAL'),
    bad('with an escaped letter', good.replace('"hello"', '"\\u0068ello"'), 'INPUT_NOT_CANONICAL'),
    bad('with __proto__', good.replace('"protocol"', '"__proto__":{},"protocol"'), 'INPUT_MALFORMED'),
    bad('with __proto__, escaped', good.replace('"protocol"', '"\\u005f_proto__":{},"protocol"'), 'INPUT_MALFORMED'),
    bad('with a member more', good.replace('"protocol"', '"more":1,"protocol"'), 'FRAME_MALFORMED'),
    bad('with a member fewer', good.replace('"protocol":1,', ''), 'FRAME_MALFORMED'),
    bad('with a text for a number', good.replace('"protocol":1', '"protocol":"1"'), 'FRAME_MALFORMED'),
    bad('with a negative number', good.replace('"epoch":1', '"epoch":-1'), 'FRAME_MALFORMED'),
    bad('with a fraction', good.replace('"epoch":1', '"epoch":1.5'), 'FRAME_MALFORMED'),
    bad(
      'with a number that JSON cannot carry',
      good.replace('"epoch":1', '"epoch":9007199254740993'),
      'INPUT_NOT_CANONICAL',
    ),
    bad('with a number beyond the safe ones', good.replace('"epoch":1', '"epoch":9007199254740992'), 'FRAME_MALFORMED'),
    bad('with infinity', good.replace('"epoch":1', '"epoch":1e999'), 'INPUT_NOT_CANONICAL'),
    bad('with minus zero', good.replace('"epoch":1', '"epoch":-0'), 'INPUT_NOT_CANONICAL'),
    bad('with a short device id', good.replace(/dev_./, 'dev_'), 'FRAME_MALFORMED'),
    bad('with stray bits in its device id', good.replace(/(dev_[^"]*)[^"]"/, '$1B"'), 'FRAME_MALFORMED'),
    bad('with a hash of 31 bytes', good.replace(/("head":")../, '$1'), 'FRAME_MALFORMED'),
    bad(
      'nested too deep',
      good.replace('"protocol":1', `"protocol":${'['.repeat(11)}${']'.repeat(11)}`),
      'INPUT_TOO_DEEP',
    ),
    bad('of more than 4 KiB', `${good.slice(0, -1)},"more":"${'a'.repeat(4096)}"}`, 'INPUT_TOO_LARGE'),
    bad('that is an array', '[]', 'FRAME_MALFORMED'),
    bad('that is null', 'null', 'FRAME_MALFORMED'),
    bad('of another type', good.replace('"hello"', '"renew"'), 'FRAME_MALFORMED'),
  ]
}

const ACK = JSON.stringify(sample.ack)

function ackVector(name: string, frame: string, refuse: string): FrameVector {
  return { name: `ack ${name}`, kind: 'ack', key: 'acknowledgements', frame, refuse }
}

async function headersRefused(): Promise<FrameVector[]> {
  const headers: readonly (readonly [string, string])[] = [
    ['with algorithm none', '{"alg":"none","typ":"surety-ack+jwt"}'],
    ['with algorithm HS256', '{"alg":"HS256","typ":"surety-ack+jwt"}'],
    ['with algorithm ES384', '{"alg":"ES384","typ":"surety-ack+jwt"}'],
    ['with algorithm es256', '{"alg":"es256","typ":"surety-ack+jwt"}'],
    ['with another order in its header', '{"typ":"surety-ack+jwt","alg":"ES256"}'],
    ['with white space in its header', '{"alg":"ES256", "typ":"surety-ack+jwt"}'],
    ['with a type in capitals', '{"alg":"ES256","typ":"SURETY-ACK+JWT"}'],
    ['with a type in long form', '{"alg":"ES256","typ":"application/surety-ack+jwt"}'],
    ['with the type of another frame', '{"alg":"ES256","typ":"surety-welcome+jwt"}'],
    ['without type', '{"alg":"ES256"}'],
    ['with a key id', '{"alg":"ES256","typ":"surety-ack+jwt","kid":"1"}'],
    ['with a key of its own', `{"alg":"ES256","typ":"surety-ack+jwt","jwk":${JSON.stringify(publicJwk(KEYS.device))}}`],
    ['with a critical extension', '{"alg":"ES256","typ":"surety-ack+jwt","crit":["b64"],"b64":true}'],
    ['with an empty header', ''],
  ]
  return Promise.all(
    headers.map(async ([name, header]) =>
      ackVector(
        name,
        await signRaw('ack', { header, payload: ACK }, KEYS.acknowledgements),
        'SIGNATURE_HEADER_REFUSED',
      ),
    ),
  )
}

const publicJwk = ({ jwk: { d: _, ...rest } }: TestKey) => rest

async function signaturesRefused(): Promise<FrameVector[]> {
  const good = await signRaw('ack', { payload: ACK }, KEYS.acknowledgements)
  const changed = JSON.stringify({ ...sample.ack, sequence: sample.ack.sequence + 1 })
  const body = good.split('.')
  const zeros = new Uint8Array(32)
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
  const signature = (name: string, change: (signature: Buffer) => Uint8Array, refuse: string) =>
    ackVector(name, withSignature(good, change), refuse)
  return [
    ackVector('signed by another key', await signRaw('ack', { payload: ACK }, KEYS.orders), 'SIGNATURE_INVALID'),
    ackVector('with another payload', [body[0], toBase64Url(utf8(changed)), body[2]].join('.'), 'SIGNATURE_INVALID'),
    signature('with a bit changed in r', (all) => flip(all, 0), 'SIGNATURE_INVALID'),
    signature('with a bit changed in s', (all) => flip(all, 63), 'SIGNATURE_INVALID'),
    signature(
      'with r and s exchanged',
      (all) => Buffer.concat([all.subarray(32), all.subarray(0, 32)]),
      'SIGNATURE_INVALID',
    ),
    signature('with r zero', (all) => Buffer.concat([zeros, all.subarray(32)]), 'SIGNATURE_INVALID'),
    signature('with s zero', (all) => Buffer.concat([all.subarray(0, 32), zeros]), 'SIGNATURE_INVALID'),
    signature('with both zero', () => new Uint8Array(64), 'SIGNATURE_INVALID'),
    signature('with r the order of the curve', (all) => Buffer.concat([order, all.subarray(32)]), 'SIGNATURE_INVALID'),
    signature(
      'with s the order of the curve',
      (all) => Buffer.concat([all.subarray(0, 32), order]),
      'SIGNATURE_INVALID',
    ),
    signature('with all bits set', () => new Uint8Array(64).fill(0xff), 'SIGNATURE_INVALID'),
    signature('with a DER signature', toDer, 'FRAME_MALFORMED'),
    signature('with 63 bytes of signature', (all) => all.subarray(1), 'FRAME_MALFORMED'),
    signature('with 65 bytes of signature', (all) => Buffer.concat([Uint8Array.of(0), all]), 'FRAME_MALFORMED'),
    signature('with no signature', () => new Uint8Array(), 'FRAME_MALFORMED'),
  ]
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
}

async function shapesRefused(): Promise<FrameVector[]> {
  const good = await signRaw('ack', { payload: ACK }, KEYS.acknowledgements)
  const [header = '', payload = '', signature = ''] = good.split('.')
  const bad = (name: string, frame: string, code = 'FRAME_MALFORMED') => ackVector(name, frame, code)
  // 64 bytes leave four bits over in the last letter: any of them set is a second spelling.
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const stray = signature.slice(0, -1) + last.charAt(last.indexOf(signature.slice(-1)) + 1)
  return [
    bad('that is empty', ''),
    bad('of two parts', `${header}.${payload}`),
    bad('of four parts', `${good}.`),
    bad('in JSON serialisation', JSON.stringify({ protected: header, payload, signature })),
    bad('with padding', `${good}==`),
    bad('with stray bits', `${header}.${payload}.${stray}`),
    bad('with white space', `${header}.${payload}. ${signature}`),
    bad('with a line feed at its end', `${good}\n`),
    bad('with a letter that is none', `${header}.${payload.slice(0, -1)}*.${signature}`),
    bad('in the other alphabet', `${header}.${payload}.${'+/'.repeat(43)}`),
    bad('with an empty payload', `${header}..${signature}`, 'SIGNATURE_INVALID'),
    bad('with a space before its header', ` ${good}`, 'SIGNATURE_HEADER_REFUSED'),
  ]
}

const BAD_MATCHES: readonly (readonly [string, object])[] = [
  ['of nothing', {}],
  ['of an empty list', { products: [] }],
  ['of 17 products', { products: Array.from({ length: 17 }, (_, at) => `product-${at}`) }],
  ['of a text in place of a list', { products: 'claude-code' }],
  ['of an empty product', { products: [''] }],
  ['of a product with a NUL', { products: ['claude\0code'] }],
  ['of an empty user', { users: [''] }],
  ['of a user in place of a list', { users: 'ada' }],
  ['of a relative executable', { executables: ['bin/claude'] }],
  ['of an executable with a NUL', { executables: ['/bin/claude\0'] }],
  ['of an executable with ..', { executables: ['/home/../bin/claude'] }],
  ['of a package with a NUL', { packages: ['@anthropic-ai/claude-code\0'] }],
  ['of a relative folder', { workspaces: ['~/code'] }],
  ['of the root', { workspaces: ['/'] }],
  ['of a folder with a / at its end', { workspaces: ['/home/ada/'] }],
  ['of a folder with .', { workspaces: ['/home/./ada'] }],
  ['of a folder with an empty part', { workspaces: ['/home//ada'] }],
  ['of a path of Windows with backslashes', { executables: ['C:\\agent.exe'] }],
  ['of a drive in lower case', { workspaces: ['c:/code'] }],
  ['of a drive alone', { workspaces: ['C:/'] }],
  ['of a folder relative to a drive', { workspaces: ['C:code'] }],
  ['of a long folder', { workspaces: [`/${'x'.repeat(4096)}`] }],
  ['of a member of later', { products: ['claude-code'], mcpServers: ['files'] }],
  ['of more than 16 KiB', { workspaces: Array.from({ length: 5 }, (_, at) => `/${at}${'x'.repeat(4000)}`) }],
]

/** A stop that does not fit the kind of its order. */
async function ordersRefused(): Promise<FrameVector[]> {
  const { freezeOrder, releaseOrder, order } = sample
  const { selector: _, ...without } = freezeOrder.stop ?? { id: '', by: '' }
  const bad = async (name: string, payload: object): Promise<FrameVector> => ({
    name: `order ${name}`,
    kind: 'order',
    key: 'orders',
    frame: await signRaw('order', { payload: JSON.stringify(payload) }, KEYS.orders),
    refuse: 'FRAME_MALFORMED',
  })
  return [
    await bad('to freeze, without a stop', { ...order, kind: 'freeze' }),
    await bad('to freeze, without a selector', { ...freezeOrder, stop: without }),
    await bad('to retire, without a selector', { ...freezeOrder, kind: 'retire', stop: without }),
    await bad('to release, with a selector', { ...freezeOrder, kind: 'release' }),
    await bad('to release, with an end', { ...freezeOrder, kind: 'release', stop: without }),
    await bad('to release, without a stop', { ...order, kind: 'release' }),
    await bad('to drill, with a stop', { ...releaseOrder, kind: 'drill' }),
    await bad('to attest, with a stop', { ...freezeOrder, kind: 'attest' }),
    await bad('with a selector of two kinds', {
      ...freezeOrder,
      stop: { ...freezeOrder.stop, selector: { select: 'all', user: 'ada' } },
    }),
    await bad('with another selector', {
      ...freezeOrder,
      stop: { ...freezeOrder.stop, selector: { select: 'group', group: 'all' } },
    }),
    ...(await Promise.all(
      BAD_MATCHES.map(([name, selector]) =>
        bad(`with a match ${name}`, {
          ...freezeOrder,
          stop: { ...freezeOrder.stop, selector: { select: 'match', ...selector } },
        }),
      ),
    )),
    ...(await Promise.all(BAD_APPROVAL_ORDERS.map((args) => bad(...args)))),
    await bad('with an id that is none', { ...releaseOrder, stop: { id: 'local', by: 'ada' } }),
  ]
}

async function payloadsRefused(): Promise<FrameVector[]> {
  const evidence = JSON.stringify(sample.evidence)
  const bad = async (name: string, payload: string | Uint8Array, refuse: string): Promise<FrameVector> => ({
    name: `evidence ${name}`,
    kind: 'evidence',
    key: 'device',
    frame: await signRaw('evidence', { payload }, KEYS.device),
    refuse,
  })
  const deep = `{"deep":${'{"a":'.repeat(10)}1${'}'.repeat(10)},`
  return [
    await bad('that is no JSON', 'evidence', 'INPUT_MALFORMED'),
    await bad('that is no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), 'FRAME_MALFORMED'),
    await bad('with a byte order mark', `\ufeff${evidence}`, 'INPUT_MALFORMED'),
    await bad('with white space', ` ${evidence}`, 'INPUT_NOT_CANONICAL'),
    await bad('with a member twice', evidence.replace('"epoch":1', '"epoch":2,"epoch":1'), 'INPUT_NOT_CANONICAL'),
    await bad('with a number in another spelling', evidence.replace('"epoch":1', '"epoch":1e0'), 'INPUT_NOT_CANONICAL'),
    await bad('with __proto__', evidence.replace('"epoch"', '"__proto__":{"sequence":1},"epoch"'), 'INPUT_MALFORMED'),
    await bad('with __proto__, escaped', evidence.replace('"epoch"', '"__proto\\u005f_":1,"epoch"'), 'INPUT_MALFORMED'),
    await bad(
      'with __proto__ deep inside',
      evidence.replace('"epoch"', '"x":[{"__proto__":1}],"epoch"'),
      'INPUT_MALFORMED',
    ),
    await bad('nested too deep', evidence.replace('{', deep), 'INPUT_TOO_DEEP'),
    await bad('without sequence', evidence.replace('"sequence":8,', ''), 'FRAME_MALFORMED'),
    await bad('with sequence zero', evidence.replace('"sequence":8', '"sequence":0'), 'FRAME_MALFORMED'),
    await bad('of another profile', evidence.replace('evidence:1', 'evidence:2'), 'FRAME_MALFORMED'),
    await bad('with a finding that is neither', evidence.replace('"fail"', '"passed"'), 'FRAME_MALFORMED'),
    await bad('with an unknown finding that has a detail', evidence.replace('"fail"', '"unknown"'), 'FRAME_MALFORMED'),
    {
      name: 'delegation for another purpose',
      kind: 'delegation',
      key: 'root',
      frame: await signRaw(
        'delegation',
        { payload: JSON.stringify({ ...sample.delegation, purpose: 'all' }) },
        KEYS.root,
      ),
      refuse: 'DELEGATION_REFUSED',
    },
    {
      name: 'delegation signed by a delegated key',
      kind: 'delegation',
      key: 'root',
      frame: await signRaw('delegation', { payload: JSON.stringify(sample.delegation) }, KEYS.acknowledgements),
      refuse: 'SIGNATURE_INVALID',
    },
  ]
}
