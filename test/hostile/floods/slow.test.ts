import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { utf8 } from '../../../src/base/bytes.ts'
import { SUBPROTOCOL } from '../../../src/protocol/messages/version.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { nextAck } from '../../support/directory/scripted-device.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { rawFrame, rawWebSocket } from './raw-websocket.ts'

/**
 * Handshakes that take their time, at every step of them: each is cut off when its time is over, however much of it still
 * drips. Whoever is not cut off keeps its test waiting until that fails.
 */

/** A good device on a busy machine does its part in less. */
const HANDSHAKE_MS = scaledMs(2_000, { times: 5 })
/** So often comes the next byte, for longer than any of these tests may last. */
const DRIP_MS = 20

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory({ limits: { handshakeTimeoutMs: HANDSHAKE_MS } })
})
afterAll(() => running[Symbol.asyncDispose]())

const open = () => connect({ host: '127.0.0.1', port: running.directory.devicesPort })
const openTls = async () => {
  const socket = connectTls({ host: '127.0.0.1', port: running.directory.devicesPort, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  return socket
}

/** With or without a word. */
const closed = (socket: Socket) =>
  new Promise((resolve) =>
    socket
      .on('error', () => undefined)
      .on('close', resolve)
      .resume(),
  )

/** Byte after byte, as long as somebody takes them. */
function drip(socket: Socket | TLSSocket, bytes: Uint8Array): void {
  let sent = 0
  const timer = setInterval(() => {
    if (socket.writable && sent < bytes.length) socket.write(bytes.subarray(sent, ++sent))
  }, DRIP_MS)
  socket.once('close', () => clearInterval(timer))
}

/** The longest record that there is: at this pace it takes five minutes. */
const CLIENT_HELLO = Uint8Array.from([22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3, ...Array(16_373).fill(0)])
const REQUEST = utf8(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(7_000)}`)

test.each<[string, () => Promise<Socket>]>([
  ['says nothing', async () => open()],
  [
    'sends a ClientHello byte after byte',
    async () => {
      const socket = open()
      drip(socket, CLIENT_HELLO)
      return socket
    },
  ],
  [
    'sends the whole of a ClientHello but its end',
    async () => {
      const socket = open()
      socket.write(CLIENT_HELLO.subarray(0, -1))
      return socket
    },
  ],
  ['says nothing after TLS', openTls],
  [
    'asks for the upgrade byte after byte',
    async () => {
      const socket = await openTls()
      drip(socket, REQUEST)
      return socket
    },
  ],
])('who %s is cut off when its time is over', async (_, knock) => {
  const socket = await knock()
  await closed(socket)
})

test.each<[string, (socket: TLSSocket) => void]>([
  ['never says hello', () => undefined],
  [
    'says hello letter after letter',
    (socket) => drip(socket, rawFrame({ opcode: 1, payload: utf8(`{"type":"hello"${' '.repeat(3_500)}`) })),
  ],
])('a peer that %s gets an error that it took too long', async (_, wait) => {
  const raw = await rawWebSocket({ port: running.directory.devicesPort })
  if (raw === undefined) throw new Error(`not upgraded to ${SUBPROTOCOL}`)
  wait(raw.socket)
  const { said } = await raw.ended
  expect(JSON.parse(said)).toMatchObject({ type: 'refusal', code: 'SESSION_TIMEOUT' })
})

test('who is at work when its time for the handshake is over stays', async () => {
  const device = running.device()
  const { wire } = await device.enrol(await running.token())
  // Came after it, and so goes after its time is over.
  await once(
    open()
      .on('error', () => undefined)
      .resume(),
    'close',
  )
  wire.send(await device.batch())
  expect((await nextAck(wire)).sequence).toBe(1)
})
