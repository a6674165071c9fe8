import { toBase64Url, toHex } from '../../../../src/base/bytes.ts'
import { type BindingFields, bindingBytes, bindingOf } from '../../../../src/crypto/binding.ts'
import { hashOfText, sha256, ZERO_HASH } from '../../../../src/crypto/hash.ts'
import { type Enrolment, formatEnrolmentString } from '../../../../src/protocol/messages/enrolment-string.ts'
import { EVIDENCE_PROFILE, type Evidence } from '../../../../src/protocol/messages/evidence.ts'
import type { Attestation, Challenge } from '../../../../src/protocol/messages/frames.ts'
import { signRaw } from '../raw-jws.ts'
import type { FrameKind } from '../read-frame.ts'
import { type P256Jwk, type TestKey, testKey } from '../test-keys.ts'

/** One whole session, byte by byte: what each side sends, and what it is computed from. */
export interface SessionVectors {
  readonly description: string
  /** Private test keys, as JWK. */
  readonly keys: Readonly<Record<string, P256Jwk>>
  readonly enrolment: { readonly string: string; readonly json: string }
  readonly messages: readonly SessionMessage[]
}

export interface SessionMessage {
  readonly name: string
  readonly from: 'device' | 'directory' | 'root'
  readonly kind: FrameKind | 'catalogue-request' | 'catalogue'
  /** The key that signs; absent for plain JSON. */
  readonly key?: string
  /** The JSON, exactly; of plain JSON the frame itself. */
  readonly payload: string
  readonly frame: string
  /** What the binding of an attestation is computed from (hex), the bytes that are hashed (hex), and the hash. */
  readonly binding?: {
    readonly fields: Readonly<Record<keyof BindingFields, string | number>>
    readonly bytes: string
    readonly hash: string
  }
  /** SHA-256 of the frame, where another message names it. */
  readonly hash?: string
  /** SHA-256 of the JSON of the findings, where another message names it. */
  readonly posture?: string
}

const KEYS = {
  device: testKey('device'),
  acknowledgements: testKey('acknowledgements'),
  orders: testKey('orders'),
  root: testKey('directory root'),
  ca: testKey('directory ca'),
} satisfies Record<string, TestKey>
type KeyName = keyof typeof KEYS

const NOON = Date.UTC(2026, 10, 25, 12)
const DAY_MS = 86_400_000
const id = (prefix: string) => `${prefix}_${toBase64Url(sha256(`example ${prefix}`).subarray(0, 16))}`
const [DEVICE, TOKEN, ORDER] = [id('dev'), id('tok'), id('ord')]
const zeros = toBase64Url(ZERO_HASH)
const spki = (name: KeyName) => toBase64Url(KEYS[name].spki)
const pin = (name: KeyName) => toBase64Url(sha256(KEYS[name].spki))
const nothing = { sequence: 0, head: zeros }

export async function buildSessionVectors(): Promise<SessionVectors> {
  const delegations = [
    await signed('delegation', 'root', 'delegation of the order key', delegation('orders', 1)),
    await signed('delegation', 'root', 'delegation of the acknowledgement key', delegation('acknowledgements', 2)),
  ]
  const enrolment: Enrolment = {
    url: 'wss://directory.example:7443',
    ca: pin('ca'),
    root: pin('root'),
    token: TOKEN,
    secret: toBase64Url(sha256('example secret')),
    minimumTier: 'software',
  }
  return {
    description: 'One session from the enrolment string on. Signatures are RFC 6979 with SHA-256.',
    keys: Object.fromEntries(Object.entries(KEYS).map(([name, { jwk }]) => [name, jwk])),
    enrolment: { string: formatEnrolmentString(enrolment), json: JSON.stringify(enrolment) },
    messages: [...(await enrolled(enrolment, delegations)), ...(await atWork(delegations)), ...(await onlyWithTpm())],
  }
}

async function enrolled(
  { token, secret }: Enrolment,
  delegations: readonly SessionMessage[],
): Promise<SessionMessage[]> {
  const challenge = challengeOf('first nonce', delegations)
  const place = { purpose: 'enrol', epoch: 0, subject: sha256(KEYS.device.spki), posture: zeros, ...nothing } as const
  const { attestation, binding } = attestationOf(challenge, 'exporter', place)
  return [
    plain('hello', 'device', 'hello with a token', {
      type: 'hello',
      protocol: 1,
      token: { id: token, secret },
      epoch: 0,
      ...nothing,
      order: 0,
      clock: NOON + 120,
    }),
    ...delegations,
    await signed('challenge', 'acknowledgements', 'challenge', challenge),
    {
      ...(await signed('attestation', 'device', 'attestation to enrol, of a software key', {
        ...attestation,
        enrolment: { keyKind: 'software', applicationKey: spki('device') },
        label: { hostname: 'ada', platform: 'linux', arch: 'x64' },
      })),
      binding,
    },
    await signed('welcome', 'acknowledgements', 'welcome', {
      type: 'welcome',
      nonce: challenge.nonce,
      status: 'accepted',
      device: DEVICE,
      epoch: 1,
      tier: 'software',
      ...nothing,
      time: NOON + 300,
      order: 0,
      orders: [],
      attestEveryMs: 3_600_000,
    }),
    await signed('result', 'acknowledgements', 'first result', resultOf(NOON + 310)),
  ]
}

const FINDINGS = [
  { check: 'disk.root-encrypted', state: 'pass', detail: 'LUKS2' },
  { check: 'network.firewall', state: 'fail', detail: 'no rules' },
  { check: 'boot.secure-boot', state: 'unknown', reason: 'no EFI variables' },
] as const

/** On the same connection: evidence, an order and its receipt, another attestation, what results offer. */
async function atWork(delegations: readonly SessionMessage[]): Promise<SessionMessage[]> {
  const first = await batch(1, zeros, 'evidence: findings, and the first part of a snapshot', {
    findings: [...FINDINGS],
    sightings: { mode: 'full', snapshot: 's1', part: 0, parts: 2, items: [AGENT] },
    sources: [{ source: 'processes', state: 'parsed', items: 1, durationMs: 12 }],
  })
  const second = await batch(2, first.hash ?? '', 'evidence: the last part of the snapshot', {
    sightings: { mode: 'full', snapshot: 's1', part: 1, parts: 2, items: [] },
  })
  const third = await batch(3, second.hash ?? '', 'evidence: the receipt of the order', {
    receipts: [{ order: ORDER, number: 1, outcome: 'done', time: NOON + 9_500 }],
  })
  const posture = hashOfText(JSON.stringify(FINDINGS))
  const challenge = challengeOf('second nonce', delegations)
  const chain = { sequence: 2, head: second.hash ?? '' }
  const place = { purpose: 'attest', epoch: 1, subject: sha256(DEVICE), posture, ...chain } as const
  const { attestation, binding } = attestationOf(challenge, 'exporter', place)
  const hash = hashOfText(JSON.stringify(CATALOGUE))
  const policyHash = hashOfText(JSON.stringify(GATE_POLICY))
  const offers = {
    catalogue: { version: CATALOGUE.version, hash },
    gatePolicy: { version: GATE_POLICY.version, hash: policyHash },
  }
  return [
    { ...first, posture },
    second,
    await acknowledged(second, 2, NOON + 8_000),
    await signed('order', 'orders', 'order', {
      type: 'order',
      id: ORDER,
      device: DEVICE,
      epoch: 1,
      number: 1,
      kind: 'attest',
      reason: 'asked by an administrator',
      notAfter: NOON + DAY_MS,
    }),
    plain('renew', 'device', 'renew', { type: 'renew', reason: 'order', ...chain }),
    await signed('challenge', 'acknowledgements', 'challenge on the same connection', challenge),
    { ...(await signed('attestation', 'device', 'attestation of an enrolled device', attestation)), binding },
    await signed('result', 'acknowledgements', 'result, with offers', { ...resultOf(NOON + 9_300), ...offers }),
    third,
    await acknowledged(third, 3, NOON + 9_600),
    plain('catalogue-request', 'device', 'request for the catalogue', { type: 'catalogue', hash }),
    await signed('catalogue', 'orders', 'catalogue', CATALOGUE),
    plain('gate-policy-request', 'device', 'request for the policy of the gate', {
      type: 'gate-policy',
      hash: policyHash,
    }),
    await signed('gate-policy', 'orders', 'policy of the gate', GATE_POLICY),
    plain('refusal', 'directory', 'refusal', {
      type: 'refusal',
      code: 'SESSION_SUPERSEDED',
      message: 'the device has connected anew',
    }),
  ]
}

const GATE_POLICY = {
  schema: 'surety/gate-policy@1',
  version: 3,
  text: '@id("usual")\npermit (principal, action, resource);\n',
} as const

/** Bytes of the right form: what a TPM makes of them is not part of this. */
async function onlyWithTpm(): Promise<SessionMessage[]> {
  const nonce = nonceOf('first nonce')
  const secret = toBase64Url(sha256('example credential'))
  return [
    await signed('credential', 'acknowledgements', 'credential, where there is a TPM', {
      type: 'credential',
      nonce,
      credentialBlob: toBase64Url(sha256('blob')),
      encryptedSecret: toBase64Url(sha256('encrypted secret')),
    }),
    await signed('activation', 'device', 'activation, where there is a TPM', { type: 'activation', nonce, secret }),
  ]
}

const AGENT = {
  ...({ kind: 'agent', id: '3f'.repeat(16), name: 'Claude Code', catalogueId: 'claude-code' } as const),
  user: { id: '1000', name: 'ada' },
  evidence: ['executable claude'],
  ...({ state: 'installed', agentKind: 'cli-agent', path: '/home/ada/.local/bin/claude' } as const),
}

const CATALOGUE = {
  schema: 'surety/catalogue@1',
  version: 40,
  asOf: '2026-11-25',
  sources: { seen: { title: 'seen' } },
  entries: [{ id: 'one', name: 'One', vendor: 'V', kind: 'cli-agent', sources: ['seen'] }],
}

function delegation(purpose: 'acknowledgements' | 'orders', serial: number) {
  const [notBefore, notAfter] = [NOON - 2 * DAY_MS, NOON + 365 * DAY_MS]
  return { type: 'delegation', purpose, key: spki(purpose), notBefore, notAfter, serial }
}

function nonceOf(label: string): string {
  return toBase64Url(sha256(`example ${label}`))
}

function challengeOf(nonce: string, delegations: readonly SessionMessage[]): Challenge {
  return {
    type: 'challenge',
    nonce: nonceOf(nonce),
    time: NOON,
    expiresInMs: 60_000,
    pcrs: [0, 7],
    channelBinding: 'required',
    delegations: delegations.map(({ frame }) => frame),
    root: spki('root'),
  }
}

function attestationOf(
  challenge: Challenge,
  exporter: string,
  place: Pick<Attestation, 'purpose' | 'epoch' | 'sequence' | 'head' | 'posture'> & { subject: Uint8Array },
): { attestation: Attestation; binding: NonNullable<SessionMessage['binding']> } {
  const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'))
  const { purpose, epoch, sequence, head, posture } = place
  const fields: BindingFields = {
    purpose,
    nonce: bytes(challenge.nonce),
    exporter: sha256(`example ${exporter}`),
    directoryCa: sha256(KEYS.ca.spki),
    subject: place.subject,
    epoch,
    sequence,
    head: bytes(head),
    posture: bytes(posture),
  }
  const hash = toBase64Url(bindingOf(fields))
  const shown = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Uint8Array ? toHex(value) : value]),
  ) as Record<keyof BindingFields, string | number> // the same names
  return {
    attestation: {
      type: 'attestation',
      purpose,
      nonce: challenge.nonce,
      binding: hash,
      ...(purpose === 'attest' ? { device: DEVICE } : {}),
      epoch,
      sequence,
      head,
      posture,
    },
    binding: { fields: shown, bytes: toHex(bindingBytes(fields)), hash },
  }
}

function resultOf(time: number) {
  return {
    type: 'result',
    device: DEVICE,
    epoch: 1,
    time,
    result: {
      verdict: 'unknown',
      tier: 'software',
      reasons: [{ check: 'boot.secure-boot', state: 'unknown', reason: 'not reported by the device' }],
      proven: ['the same device key signed everything'],
      reported: ['posture'],
      attestedAt: NOON + 300,
      appraisedAt: time,
      validUntil: NOON + 7_200_300,
    },
  }
}

async function batch(
  sequence: number,
  previous: string,
  name: string,
  claims: Partial<Evidence>,
): Promise<SessionMessage> {
  const evidence: Evidence = {
    eat_profile: EVIDENCE_PROFILE,
    sub: DEVICE,
    iat: NOON / 1000 + 5,
    epoch: 1,
    sequence,
    previous,
    bootId: '6f1f0d3c-0000-4000-8000-000000000000',
    uptimeMs: 123_456,
    ...claims,
  }
  const message = await signed('evidence', 'device', name, evidence)
  return { ...message, hash: hashOfText(message.frame) }
}

function acknowledged({ hash = '' }: SessionMessage, sequence: number, time: number): Promise<SessionMessage> {
  const ack = { type: 'ack', device: DEVICE, epoch: 1, sequence, head: hash, time }
  return signed('ack', 'acknowledgements', `ack of ${sequence}`, ack)
}

function plain(
  kind: SessionMessage['kind'],
  from: SessionMessage['from'],
  name: string,
  value: object,
): SessionMessage {
  const text = JSON.stringify(value)
  return { name, from, kind, payload: text, frame: text }
}

async function signed(
  kind: Exclude<
    SessionMessage['kind'],
    'hello' | 'renew' | 'refusal' | 'catalogue-request' | 'gate-policy-request' | 'checkpoint-request'
  >,
  key: KeyName,
  name: string,
  value: object,
): Promise<SessionMessage> {
  const payload = JSON.stringify(value)
  const from = key === 'device' ? 'device' : key === 'root' ? 'root' : 'directory'
  return { name, from, kind, key, payload, frame: await signRaw(kind, { payload }, KEYS[key]) }
}
