import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../../../src/protocol/messages/version.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { dial } from '../../support/directory/scripted-device.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const UPGRADE_TO_NOTHING =
  'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: no\r\n\r\n'

let running: RunningDirectory
beforeAll(async () => {
  running = await runningDirectory()
})
afterAll(() => running[Symbol.asyncDispose]())

describe('the listener', () => {
  test('speaks TLS 1.3 only', async () => {
    const port = running.directory.devicesPort
    const error = await new Promise<{ code?: string }>((resolve, reject) => {
      const socket = connectTls({ host: '127.0.0.1', port, maxVersion: 'TLSv1.2', rejectUnauthorized: false }, () =>
        reject(new Error('TLS 1.2 was accepted')),
      )
      socket.on('error', resolve)
    })
    expect(error.code).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION')
  })

  test('refuses another subprotocol', async () => {
    const { devicesUrl, caCertificate } = running.directory
    await expect(dial(devicesUrl, caCertificate, { protocol: 'surety.v2' })).rejects.toThrow('400')
  })

  test.each<[string, object, string]>([
    ['another protocol version', { protocol: 2 }, 'PROTOCOL_UNSUPPORTED'],
    ['neither token nor device', { token: undefined, device: undefined }, 'FRAME_MALFORMED'],
    ['an unknown member', { also: 1 }, 'FRAME_MALFORMED'],
  ])('refuses a hello with %s', async (_, changes, code) => {
    const device = running.device()
    const wire = await device.dial()
    wire.send(device.hello(changes))
    expect(await wire.refusal()).toBe(code)
    expect(await wire.closed).toBe(1008)
  })

  test.each([
    ['more than 4 KiB', `{"type":"hello","x":"${'x'.repeat(4096)}"}`, 'FRAME_TOO_LARGE'],
    ['a second spelling', '{ "type":"hello"}', 'INPUT_NOT_CANONICAL'],
    ['no JSON', 'hello', 'INPUT_MALFORMED'],
    ['too deep', '['.repeat(50) + ']'.repeat(50), 'INPUT_TOO_DEEP'],
    ['binary', new Uint8Array([1, 2]), 'FRAME_MALFORMED'],
  ])('refuses a first frame that is %s', async (_, frame, code) => {
    const wire = await running.device().dial()
    wire.send(frame)
    expect(await wire.refusal()).toBe(code)
  })

  test('does not buffer what an unauthenticated device sends beyond its limits', async () => {
    const wire = await running.device().dial()
    wire.send('x'.repeat(900_000))
    expect(['FRAME_TOO_LARGE', 'closed 1006']).toContain(await wire.refusal())
  })

  test('refuses some sockets beyond the limit, and drops the rest', async () => {
    await using small = await runningDirectory({ limits: { pendingSocketsPerAddress: 2 } })
    const device = small.device()
    const [first, second] = [await device.dial(), await device.dial()]
    const third = await device.dial()
    expect(await third.refusal()).toBe('SESSION_LIMIT')
    first.close()
    await first.closed
    second.close()
  })

  test('does not keep a slot for a refused peer that does not close', async () => {
    await using small = await runningDirectory({ limits: { pendingSocketsPerAddress: 1 } })
    const { devicesPort: port } = small.directory
    const init = { host: '127.0.0.1', port, rejectUnauthorized: false, allowHalfOpen: true }
    const staying = []
    for (let i = 0; i < 3; i++) {
      const socket = connectTls(init, () => socket.write(UPGRADE_TO_NOTHING))
      staying.push(socket)
      await once(socket.resume(), 'end')
    }
    expect((await small.device().enrol(await small.token())).welcome.status).toBe('accepted')
    for (const socket of staying) socket.destroy()
  })

  test('cuts off a peer that only pings', async () => {
    const { devicesUrl, caCertificate: ca } = running.directory
    const socket = new WebSocket(devicesUrl, SUBPROTOCOL, { ca })
    await once(socket, 'open')
    for (let i = 0; i < 102; i++) socket.ping()
    expect(await once(socket, 'close')).toEqual([1006, expect.anything()])
  })

  test('gives up a device that does not authenticate in time', async () => {
    const clock = new FakeClock(Date.now())
    await using slow = await runningDirectory({}, { clock })
    const silent = await slow.device().dial()
    await clock.advance(10_000)
    expect(await silent.refusal()).toBe('SESSION_TIMEOUT')

    const device = slow.device()
    const half = await device.dial()
    half.send(device.helloToken(await slow.token()))
    await device.challenge(half)
    await clock.advance(30_000)
    expect(await half.refusal()).toBe('SESSION_TIMEOUT')
  })
})
