import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { fromBase64Url, toBase64Url } from '../../../src/base/bytes.ts'
import { type BindingPurpose, bindingOf } from '../../../src/crypto/binding.ts'
import { sha256, ZERO_HASH } from '../../../src/crypto/hash.ts'
import { signJws } from '../../../src/crypto/jws.ts'
import { parseEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import { EVIDENCE_PROFILE, type Evidence } from '../../../src/protocol/messages/evidence.ts'
import type { Ack, Attestation, Challenge, Hello, Refusal, Welcome } from '../../../src/protocol/messages/frames.ts'
import { type JwsKind, jwsKindOf } from '../../../src/protocol/messages/jws-types.ts'
import { SUBPROTOCOL, TLS_EXPORTER_LABEL } from '../../../src/protocol/messages/version.ts'
import { scaledMs } from '../machine-speed.ts'

/** A device whose every frame a test may write itself; software keys, a real WebSocket over real TLS. */

export const ZEROS = toBase64Url(ZERO_HASH)

interface Frame {
  readonly kind: JwsKind | 'refusal' | 'other'
  readonly text: string
  /** The JSON, without a check of its signature. */
  readonly payload: Record<string, unknown>
}

/** One connection; what it receives waits in order. */
export interface Wire {
  send(frame: string | Uint8Array): void
  /** The next frame, or one that says how the connection ended. */
  next(): Promise<Frame>
  /** The next frame of that kind; fails the test on a refusal. */
  nextOf(kind: Frame['kind']): Promise<Frame>
  /** The code of the refusal that comes, whatever comes before it. */
  refusal(): Promise<string>
  /** Bytes of the test's own below the WebSocket, in TLS records of their own. Resolves when they have left, or nobody reads them. */
  write(bytes: Uint8Array): Promise<void>
  readonly closed: Promise<number>
  exporter(): Uint8Array<ArrayBuffer>
  stopReading(): void
  close(): void
  /** Hangs up without a goodbye. */
  cut(): void
}

/** After a goodbye a client waits until the directory has read all that it sent: half a minute is too short on a busy machine. */
const CLOSE_WITHIN_MS = scaledMs(300_000)

export async function dial(
  url: string,
  ca: string,
  { protocol = SUBPROTOCOL, answersPings = true }: { protocol?: string; answersPings?: boolean } = {},
): Promise<Wire> {
  const options = { ca, perMessageDeflate: false, autoPong: answersPings, closeTimeout: CLOSE_WITHIN_MS }
  const ws = new WebSocket(url, protocol, options)
  const frames: Frame[] = []
  const readers: ((frame: Frame) => void)[] = []
  const push = (frame: Frame) => {
    const reader = readers.shift()
    if (reader === undefined) frames.push(frame)
    else reader(frame)
  }
  ws.on('message', (data) => push(readFrame(String(data))))
  const closed = new Promise<number>((resolve) => {
    ws.on('close', (code) => {
      push({ kind: 'other', text: `closed ${code}`, payload: { code } })
      resolve(code)
    })
  })
  let socket: TLSSocket | undefined
  ws.on('upgrade', (response) => {
    if (response.socket instanceof TLSSocket) socket = response.socket
  })
  await new Promise<void>((resolve, reject) => {
    ws.once('open', resolve)
    ws.once('error', reject)
  })
  ws.on('error', () => undefined)
  const next = () => {
    const frame = frames.shift()
    return frame === undefined ? new Promise<Frame>((resolve) => readers.push(resolve)) : Promise.resolve(frame)
  }
  return {
    send: (frame) => ws.send(frame),
    next,
    async nextOf(kind) {
      for (;;) {
        const frame = await next()
        if (frame.kind === kind) return frame
        if (frame.kind === 'refusal' || frame.kind === 'other') throw new Error(`wanted ${kind}: ${frame.text}`)
      }
    },
    async refusal() {
      for (;;) {
        const frame = await next()
        if (frame.kind === 'refusal') return (frame.payload as unknown as Refusal).code // its kind was read
        if (frame.kind === 'other') return frame.text
      }
    },
    closed,
    async write(bytes) {
      await Promise.race([new Promise<void>((left) => socket?.write(bytes, () => left())), closed])
    },
    exporter() {
      if (socket === undefined) throw new Error('no TLS socket')
      return new Uint8Array(socket.exportKeyingMaterial(32, TLS_EXPORTER_LABEL, Buffer.alloc(0)))
    },
    stopReading: () => ws.pause(),
    close: () => ws.close(),
    cut: () => ws.terminate(),
  }
}

function readFrame(text: string): Frame {
  const kind = jwsKindOf(text)
  if (kind !== undefined) {
    const [, payload = ''] = text.split('.')
    return { kind, text, payload: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
  }
  const payload = JSON.parse(text)
  return { kind: payload.type === 'refusal' ? 'refusal' : 'other', text, payload }
}

export interface ScriptedDeviceInit {
  readonly url: string
  readonly ca: string
  readonly pins: { readonly ca: string }
}

type Changes<T> = { readonly [K in keyof T]?: T[K] | undefined }

export class ScriptedDevice {
  readonly init: ScriptedDeviceInit
  privateKey: KeyObject
  spki: Uint8Array<ArrayBuffer>
  id: string | undefined
  epoch = 0
  sequence = 0
  head = ZEROS
  order = 0
  answersPings = true
  /** Every batch ever signed, as sent. */
  readonly batches: string[] = []

  constructor(init: ScriptedDeviceInit) {
    this.init = init
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.privateKey = privateKey
    this.spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  }

  /** Another machine with a copy of everything this one has. */
  clone(): ScriptedDevice {
    const copy = new ScriptedDevice(this.init)
    const { privateKey, spki, id, epoch, sequence, head, order } = this
    return Object.assign(copy, { privateKey, spki, id, epoch, sequence, head, order })
  }

  dial(): Promise<Wire> {
    return dial(this.init.url, this.init.ca, { answersPings: this.answersPings })
  }

  sign(kind: JwsKind, payload: object): Promise<string> {
    return signJws(kind, payload, (message) => this.signBytes(message))
  }

  async signBytes(message: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    return new Uint8Array(sign('sha256', message, { key: this.privateKey, dsaEncoding: 'ieee-p1363' }))
  }

  hello(changes: Changes<Hello> = {}): string {
    const { id, epoch, sequence, head, order } = this
    const own = id === undefined ? {} : { device: id }
    return JSON.stringify({
      type: 'hello',
      protocol: 1,
      ...own,
      epoch,
      sequence,
      head,
      order,
      clock: 1_700_000_000_000,
      ...changes,
    })
  }

  helloToken(enrolment: string, changes: Changes<Hello> = {}): string {
    const { token, secret } = parseEnrolmentString(enrolment)
    return this.hello({
      device: undefined,
      token: { id: token, secret },
      epoch: 0,
      sequence: 0,
      head: ZEROS,
      ...changes,
    })
  }

  /** The payload of an honest attestation, to be spoilt. */
  attestation(challenge: Challenge, wire: Pick<Wire, 'exporter'>, purpose: BindingPurpose = 'attest'): Attestation {
    const enrolling = purpose === 'enrol'
    const { epoch, sequence, head } = enrolling ? { epoch: 0, sequence: 0, head: ZEROS } : this
    const bytes = (text: string) => fromBase64Url(text) ?? new Uint8Array()
    const binding = bindingOf({
      purpose,
      nonce: bytes(challenge.nonce),
      exporter: challenge.channelBinding === 'required' ? wire.exporter() : ZERO_HASH,
      directoryCa: bytes(this.init.pins.ca),
      subject: enrolling ? sha256(this.spki) : sha256(this.id ?? ''),
      epoch,
      sequence,
      head: bytes(head),
      posture: ZERO_HASH,
    })
    const told = { epoch, sequence, head, posture: ZEROS }
    const common = { type: 'attestation' as const, purpose, nonce: challenge.nonce, binding: toBase64Url(binding) }
    if (!enrolling) return { ...common, ...(this.id === undefined ? {} : { device: this.id }), ...told }
    return {
      ...common,
      ...told,
      enrolment: { keyKind: 'software', applicationKey: toBase64Url(this.spki) },
      label: { hostname: 'laptop', platform: 'linux', arch: 'x64', machineId: 'm-1', serial: 'S-1' },
    }
  }

  async challenge(wire: Wire): Promise<Challenge> {
    return (await wire.nextOf('challenge')).payload as unknown as Challenge // its kind was read
  }

  /** Up to the welcome. */
  async enrol(enrolment: string): Promise<{ wire: Wire; welcome: Welcome }> {
    const wire = await this.dial()
    wire.send(this.helloToken(enrolment))
    wire.send(await this.sign('attestation', this.attestation(await this.challenge(wire), wire, 'enrol')))
    return { wire, welcome: this.adopt((await wire.nextOf('welcome')).payload) }
  }

  async connect(changes: Changes<Hello> = {}): Promise<{ wire: Wire; welcome: Welcome }> {
    const wire = await this.dial()
    wire.send(this.hello(changes))
    wire.send(await this.sign('attestation', this.attestation(await this.challenge(wire), wire)))
    return { wire, welcome: this.adopt((await wire.nextOf('welcome')).payload) }
  }

  /** Comes with its id and attests. @returns the code with which it is refused. */
  async refused(changes: Changes<Hello> = {}): Promise<string> {
    const wire = await this.dial()
    wire.send(this.hello(changes))
    wire.send(await this.sign('attestation', this.attestation(await this.challenge(wire), wire)))
    return wire.refusal()
  }

  adopt(payload: unknown): Welcome {
    const welcome = payload as Welcome // its kind was read
    this.id = welcome.device
    this.epoch = welcome.epoch
    return welcome
  }

  /** Signs the next batch and remembers it; `changes` may spoil it. */
  async batch(changes: Changes<Evidence> & Record<string, unknown> = {}): Promise<string> {
    const evidence = {
      eat_profile: EVIDENCE_PROFILE,
      sub: this.id,
      iat: 1_700_000_000,
      epoch: this.epoch,
      sequence: this.sequence + 1,
      previous: this.head,
      bootId: 'boot',
      uptimeMs: 1,
      ...changes,
    }
    const compact = await this.sign('evidence', evidence)
    this.batches.push(compact)
    this.sequence = evidence.sequence ?? 0
    this.head = hashOf(compact)
    return compact
  }
}

export function hashOf(compact: string): string {
  return toBase64Url(sha256(compact))
}

export async function nextAck(wire: Wire): Promise<Pick<Ack, 'sequence' | 'head'>> {
  const { sequence, head } = (await wire.nextOf('ack')).payload as unknown as Ack // its kind was read
  return { sequence, head }
}
