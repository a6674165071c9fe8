import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { fromBase64Url, toBase64Url, utf8 } from '../src/base/bytes.ts'
import { bindingOf } from '../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../src/crypto/hash.ts'
import { splitJws } from '../src/crypto/jws.ts'
import type { Enrolment } from '../src/protocol/messages/enrolment-string.ts'
import { EVIDENCE_PROFILE } from '../src/protocol/messages/evidence.ts'
import type { Attestation, Challenge, Hello, Welcome } from '../src/protocol/messages/frames.ts'
import { JWS_HEADERS, type JwsKind, jwsKindOf } from '../src/protocol/messages/jws-types.ts'
import { PROTOCOL_VERSION, SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../src/protocol/messages/version.ts'

/** A device with a key in memory. It speaks the protocol without checking the directory. */
export interface SoftwareDevice {
  readonly id: string
  readonly epoch: number
  readonly privateKey: KeyObject
  sequence: number
  head: string
}

export interface Link {
  readonly socket: WebSocket
  readonly welcome: Welcome
  /** Called with the sequence of each acknowledgement. */
  onAck: (sequence: number) => void
  /** The socket below the WebSocket, for prepared frames. */
  readonly tls: TLSSocket
}

/** A connection to the directory, in this process or another. */
export interface Wire {
  send(frame: string): void
  next(): Promise<string>
  exporter(): Uint8Array
  /** SHA-256 of the CA's key. */
  directoryCa(): Uint8Array
}

const ZEROS = toBase64Url(ZERO_HASH)

export async function enrolSoftwareDevice(enrolment: Enrolment, ca: string): Promise<SoftwareDevice> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const applicationKey = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const { welcome, socket } = await handshake(enrolment.url, ca, privateKey, {
    hello: { token: { id: enrolment.token, secret: enrolment.secret }, epoch: 0, sequence: 0, head: ZEROS },
    subject: sha256(applicationKey),
    claim: {
      purpose: 'enrol',
      enrolment: { keyKind: 'software', applicationKey: toBase64Url(applicationKey) },
      label: { hostname: 'bench', platform: 'linux', arch: 'x64' },
    },
  })
  socket.terminate()
  return { id: welcome.device, epoch: welcome.epoch, privateKey, sequence: 0, head: ZEROS }
}

export function connectSoftwareDevice(device: SoftwareDevice, url: string, ca: string): Promise<Link> {
  return handshake(url, ca, device.privateKey, returning(device))
}

/** Attests over a given connection. */
export async function attestSoftwareDevice(device: SoftwareDevice, wire: Wire): Promise<Welcome> {
  return await authenticate(wire, device.privateKey, returning(device))
}

function returning({ id, epoch, sequence, head }: SoftwareDevice): Opening {
  return {
    hello: { device: id, epoch, sequence, head },
    subject: sha256(id),
    claim: { purpose: 'attest', device: id },
  }
}

/** Signs the next batch of `device`, with findings padded to about `sizeBytes`. */
export function nextBatch(device: SoftwareDevice, sizeBytes: number): string {
  const findings = Array.from({ length: 14 }, (_, index) => ({
    check: `bench.check-${index}`,
    state: 'pass',
    detail: 'x'.repeat(Math.max(1, Math.floor((sizeBytes * 0.7) / 14) - 60)),
  }))
  return signedBatch(device, { findings })
}

/** Signs the next batch of `device` with these claims. */
export function signedBatch(device: SoftwareDevice, claims: object): string {
  const jws = signed('evidence', device.privateKey, {
    eat_profile: EVIDENCE_PROFILE,
    sub: device.id,
    iat: Math.floor(Date.now() / 1000),
    epoch: device.epoch,
    sequence: device.sequence + 1,
    previous: device.head,
    bootId: 'bench',
    uptimeMs: 1,
    ...claims,
  })
  device.sequence += 1
  device.head = toBase64Url(sha256(jws))
  return jws
}

function signed(kind: JwsKind, key: KeyObject, payload: object): string {
  const input = `${JWS_HEADERS[kind]}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`
  return `${input}.${sign('sha256', utf8(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

interface Opening {
  readonly hello: Pick<Hello, 'token' | 'device' | 'epoch' | 'sequence' | 'head'>
  readonly subject: Uint8Array
  readonly claim: Pick<Attestation, 'purpose' | 'device' | 'enrolment' | 'label'>
}

async function handshake(url: string, ca: string, key: KeyObject, opening: Opening): Promise<Link> {
  const socket = new WebSocket(url, SUBPROTOCOL, { ca, perMessageDeflate: false, minVersion: 'TLSv1.3' })
  let tls: TLSSocket | undefined
  socket.once('upgrade', (response) => {
    tls = response.socket as TLSSocket // wss
  })
  await once(socket, 'open')
  const wire: Wire = {
    send: (frame) => socket.send(frame),
    next: async () => String((await once(socket, 'message'))[0]),
    exporter: () => tls?.exportKeyingMaterial(32, TLS_EXPORTER_LABEL, Buffer.alloc(0)) ?? ZERO_HASH,
    directoryCa: () => caPin(tls),
  }
  const welcome = await authenticate(wire, key, opening)
  if (tls === undefined) throw new Error('a WebSocket without TLS')
  const link: Link = { socket, welcome, tls, onAck: () => {} }
  socket.on('message', (data) => {
    const text = data.toString()
    if (jwsKindOf(text) === 'ack') link.onAck(JSON.parse(splitJws('ack', text).payload).sequence)
    else if (text.startsWith('{')) throw new Error(`refused: ${text}`)
  })
  return link
}

async function authenticate(wire: Wire, key: KeyObject, opening: Opening): Promise<Welcome> {
  const { hello } = opening
  const frame: Hello = { type: 'hello', protocol: PROTOCOL_VERSION, ...hello, order: 0, clock: Date.now() }
  wire.send(JSON.stringify(frame))
  const challenge = payloadOf<Challenge>(await wire.next(), 'challenge')
  const { epoch, sequence, head } = hello
  const binding = bindingOf({
    purpose: opening.claim.purpose,
    nonce: bytes(challenge.nonce),
    exporter: wire.exporter(),
    directoryCa: wire.directoryCa(),
    subject: opening.subject,
    epoch,
    sequence,
    head: bytes(head),
    posture: ZERO_HASH,
  })
  const { purpose, device, enrolment, label } = opening.claim
  const attestation: Attestation = {
    type: 'attestation',
    purpose,
    nonce: challenge.nonce,
    binding: toBase64Url(binding),
    ...(device === undefined ? {} : { device }),
    epoch,
    sequence,
    head,
    posture: ZEROS,
    ...(enrolment === undefined ? {} : { enrolment }),
    ...(label === undefined ? {} : { label }),
  }
  wire.send(signed('attestation', key, attestation))
  return payloadOf<Welcome>(await wire.next(), 'welcome')
}

/** SHA-256 of the key of the last certificate in the chain, which is the CA of the directory. */
function caPin(tls: TLSSocket | undefined): Uint8Array {
  let at = tls?.getPeerX509Certificate()
  while (at?.issuerCertificate !== undefined && at.issuerCertificate.fingerprint256 !== at.fingerprint256) {
    at = at.issuerCertificate
  }
  if (at === undefined) throw new Error('the server sent no certificate')
  return sha256(new Uint8Array(at.publicKey.export({ type: 'spki', format: 'der' })))
}

function payloadOf<T>(text: string, kind: JwsKind): T {
  if (jwsKindOf(text) !== kind) throw new Error(`expected ${kind}, got ${text.slice(0, 200)}`)
  return JSON.parse(splitJws(kind, text).payload) as T // benchmarks trust their own directory
}

function bytes(text: string): Uint8Array {
  return fromBase64Url(text) ?? ZERO_HASH
}
