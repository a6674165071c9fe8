import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { type WebSocket, WebSocketServer } from 'ws'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLog } from '../../../src/base/log.ts'
import { type Authority, openAuthority } from '../../../src/directory/authority/authority.ts'
import { type Enrolment, formatEnrolmentString } from '../../../src/protocol/messages/enrolment-string.ts'
import type { JwsKind } from '../../../src/protocol/messages/jws-types.ts'
import { signRaw } from '../protocol/raw-jws.ts'
import { type TestKey, testKey } from '../protocol/test-keys.ts'
import { temporaryFolder } from '../temporary-folder.ts'

export const DEVICE = `dev_${'A'.repeat(22)}`
export const ZEROS = 'A'.repeat(43)

/** A directory that says what a test has it say: real TLS and WebSocket, its own keys, no rules. */
export interface FakeDirectory extends AsyncDisposable {
  readonly url: string
  readonly pins: Authority['pins']
  readonly enrolment: string
  enrolmentWith(change: Partial<Enrolment>): string
  readonly authority: Authority
  /** Hellos so far. */
  readonly hellos: readonly Record<string, unknown>[]
}

export interface FakeWire {
  /** The connection, from 0. */
  readonly number: number
  readonly authority: Authority
  next(): Promise<string>
  send(frame: string): void
  refuse(code: string): void
  close(): void
  /** An honest challenge, changed. @returns its nonce. */
  challenge(change?: Record<string, unknown>, signer?: TestKey): Promise<string>
  /** Hello, challenge and attestation are behind us afterwards. @returns the nonce. */
  greet(change?: Record<string, unknown>, signer?: TestKey): Promise<string>
  /** Greets and welcomes. */
  welcome(change?: Record<string, unknown>, signer?: TestKey): Promise<void>
  ack(change: Record<string, unknown>, signer?: TestKey): Promise<void>
  order(change: Record<string, unknown>, signer?: TestKey): Promise<void>
  result(payload: object): Promise<void>
  /** Resolves when the device has answered. */
  ping(): Promise<void>
  /** Payload of the next evidence frame, with its own text. */
  evidence(): Promise<{ readonly jws: string; readonly payload: Record<string, unknown> }>
}

export type Script = (wire: FakeWire) => Promise<void>

/** @param script runs for every connection; the socket is closed when it returns, left alone when it throws. */
export async function fakeDirectory(script: Script): Promise<FakeDirectory> {
  const folder = temporaryFolder({ inMemory: true })
  const authority = await openAuthority(
    { clock: systemClock, log: silentLog, random: (bytes) => new Uint8Array(randomBytes(bytes)) },
    { dataFolder: folder.path, names: ['localhost', '127.0.0.1'], mayFound: true },
  )
  const server = createServer({ ...authority.tls(), minVersion: 'TLSv1.3' })
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
  const hellos: Record<string, unknown>[] = []
  let connections = 0
  sockets.on('connection', (socket) => {
    const wire = fakeWire(socket, authority, connections++, (hello) => hellos.push(hello))
    script(wire).then(
      () => socket.close(),
      () => undefined,
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const url = `wss://localhost:${port}`
  const enrolmentWith = (change: Partial<Enrolment>) =>
    formatEnrolmentString({
      url,
      ca: authority.pins.ca,
      root: authority.pins.root,
      token: `tok_${'A'.repeat(22)}`,
      secret: ZEROS,
      minimumTier: 'software',
      ...change,
    })
  return {
    url,
    pins: authority.pins,
    enrolment: enrolmentWith({}),
    enrolmentWith,
    authority,
    hellos,
    async [Symbol.asyncDispose]() {
      for (const client of sockets.clients) client.terminate()
      sockets.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      folder[Symbol.dispose]()
    },
  }
}

function fakeWire(
  socket: WebSocket,
  authority: Authority,
  number: number,
  onHello: (hello: Record<string, unknown>) => void,
): FakeWire {
  const frames: string[] = []
  const waiting: ((frame: string) => void)[] = []
  socket.on('error', () => undefined)
  socket.on('message', (data) => {
    const frame = String(data)
    const wake = waiting.shift()
    if (wake === undefined) frames.push(frame)
    else wake(frame)
  })
  const next = () =>
    new Promise<string>((resolve, reject) => {
      const frame = frames.shift()
      if (frame !== undefined) return resolve(frame)
      const closed = () => reject(new Error('closed'))
      socket.once('close', closed)
      waiting.push((arrived) => {
        socket.off('close', closed)
        resolve(arrived)
      })
    })
  const send = (frame: string) => socket.send(frame)
  const sign = async (kind: JwsKind, payload: object, signer?: TestKey) => {
    if (signer !== undefined) return await signRaw(kind, { payload: JSON.stringify(payload) }, signer)
    return kind === 'order'
      ? authority.signOrder('order', payload)
      : authority.signAcknowledgement(kind as 'ack', payload) // the one signer of all other kinds
  }
  const wire: FakeWire = {
    number,
    authority,
    next,
    send,
    refuse: (code) => send(JSON.stringify({ type: 'refusal', code, message: 'as the test says' })),
    close: () => socket.close(),
    async challenge(change, signer) {
      const challenge = {
        type: 'challenge',
        nonce: Buffer.from(randomBytes(32)).toString('base64url'),
        time: Date.now(),
        expiresInMs: 60_000,
        pcrs: [0],
        channelBinding: 'required',
        delegations: Object.values(authority.delegations()),
        root: authority.root,
        ...change,
      }
      send(await sign('challenge', challenge, signer))
      return challenge.nonce
    },
    async greet(change, signer) {
      onHello(JSON.parse(await next()))
      const nonce = await wire.challenge(change, signer)
      await next()
      return nonce
    },
    async welcome(change, signer) {
      const nonce = await wire.greet()
      const welcome = {
        type: 'welcome',
        nonce,
        status: 'accepted',
        device: DEVICE,
        epoch: 1,
        tier: 'software',
        sequence: 0,
        head: ZEROS,
        time: Date.now(),
        order: 0,
        orders: [],
        attestEveryMs: 3_600_000,
        ...change,
      }
      send(await sign('welcome', welcome, signer))
    },
    async ack(change, signer) {
      send(await sign('ack', { type: 'ack', device: DEVICE, epoch: 1, time: Date.now(), ...change }, signer))
    },
    async order(change, signer) {
      send(await sign('order', sampleOrder(change), signer))
    },
    async result(payload) {
      send(await sign('result', payload))
    },
    ping: () =>
      new Promise((resolve, reject) => {
        const closed = () => reject(new Error('closed'))
        socket.once('close', closed)
        socket.once('pong', () => {
          socket.off('close', closed)
          resolve()
        })
        socket.ping()
      }),
    async evidence() {
      let jws = await next()
      // A renewal that nobody here answers.
      while (jws.startsWith('{')) jws = await next()
      const [, payload = ''] = jws.split('.')
      return { jws, payload: JSON.parse(Buffer.from(payload, 'base64url').toString()) }
    },
  }
  return wire
}

export function sampleOrder(change: Record<string, unknown> = {}) {
  return {
    type: 'order',
    id: `ord_${'A'.repeat(22)}`,
    device: DEVICE,
    epoch: 1,
    number: 1,
    kind: 'collect',
    reason: 'a test',
    notAfter: Date.now() + 60_000,
    ...stopOf(change),
    ...change,
  }
}

function stopOf({ kind }: Record<string, unknown>) {
  const stop = { id: `stop_${'A'.repeat(22)}`, by: 'an administrator' }
  if (kind === 'release') return { stop }
  return kind === 'freeze' || kind === 'retire' ? { stop: { ...stop, selector: { select: 'all' } } } : {}
}

/** A key that nobody delegated. */
export const stranger = testKey('stranger')
