import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'
import { WebSocket, WebSocketServer } from 'ws'
import { SuretyError } from '../../../../src/base/errors.ts'
import type { FrameTaker } from '../../../../src/directory/ingress/sockets/connection.ts'
import { largeFrameSlots } from '../../../../src/directory/ingress/sockets/large-frame-slots.ts'
import { receiveBufferLimit } from '../../../../src/directory/ingress/sockets/receive-buffer-limit.ts'
import { WebSocketConnection } from '../../../../src/directory/ingress/sockets/websocket-connection.ts'
import { waitFor } from '../../../support/wait-for.ts'

/** Connections with a deadline. */
const limited = new Set<object>()
const deadlines = {
  set: (key: object) => void limited.add(key),
  clear: (key: object) => void limited.delete(key),
}
const components = {
  deadlines,
  bufferLimit: receiveBufferLimit(),
  largeFrames: largeFrameSlots({ deadlines }),
  onChallenged: () => undefined,
  onAuthenticated: () => undefined,
}

/** The directory's end of a real WebSocket, whose device is authenticated, and the device's. */
async function connected() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  const device = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`)
  const [ws, request] = await once(server, 'connection')
  await once(device, 'open')
  const init = { address: '127.0.0.1', helloWithinMs: 1_000, wire: request.socket }
  // This socket has everything that the connection uses of a TLS socket.
  const connection = new WebSocketConnection(components, ws, request.socket as TLSSocket, init)
  connection.authenticated()
  return {
    connection,
    device,
    async [Symbol.asyncDispose]() {
      device.terminate()
      await new Promise((closed) => server.close(closed))
    },
  }
}

/** Takes one frame at a time, when the test says so. */
function slowTaker() {
  const taken: string[] = []
  const steps: (() => void)[] = []
  const taker: FrameTaker = {
    take(frame) {
      taken.push(frame)
      return new Promise((resolve) => steps.push(resolve))
    },
    rest: () => undefined,
  }
  return { taker, taken, step: () => steps.shift()?.() }
}

const came = (look: () => boolean) => waitFor(`${look}`, look, { everyMs: 1 })

test('delivers waiting and new frames in order, one at a time', async () => {
  await using both = await connected()
  const { connection, device } = both
  const { taker, taken, step } = slowTaker()
  for (const frame of ['a', 'b', 'c']) device.send(frame)
  await came(() => !connection.idle)
  connection.deliver(taker).catch(() => undefined)
  expect(taken).toEqual(['a'])
  device.send('d')
  for (const count of [2, 3, 4]) {
    step()
    await came(() => taken.length === count)
  }
  step()
  await came(() => connection.idle)
  device.send('e')
  await came(() => taken.length === 5)
  expect(taken).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('delivers nothing after a frame that cannot be taken', async () => {
  await using both = await connected()
  const { connection, device } = both
  const taken: string[] = []
  const delivered = connection.deliver({
    take(frame) {
      taken.push(frame)
      return Promise.reject(new SuretyError('FRAME_UNEXPECTED', frame))
    },
    rest: () => undefined,
  })
  for (const frame of ['a', 'b']) device.send(frame)
  await expect(delivered).rejects.toMatchObject({ code: 'FRAME_UNEXPECTED' })
  await came(() => !connection.idle)
  expect(taken).toEqual(['a'])
})

test('the end of the connection ends idle delivery at once', async () => {
  await using both = await connected()
  const delivered = both.connection.deliver(slowTaker().taker)
  both.device.close()
  await expect(delivered).rejects.toMatchObject({ code: 'SESSION_TIMEOUT' })
})

test('does not deliver untaken frames after the end', async () => {
  await using both = await connected()
  const { connection, device } = both
  const { taker, taken, step } = slowTaker()
  let ended = false
  const delivered = connection.deliver(taker).catch((error) => {
    ended = true
    return error
  })
  for (const frame of ['a', 'b']) device.send(frame)
  await came(() => taken.length === 1 && !connection.idle)
  connection.refuse(new SuretyError('SESSION_SUPERSEDED', 'anew'))
  expect([connection.idle, ended]).toEqual([true, false])
  step()
  expect(await delivered).toMatchObject({ code: 'SESSION_SUPERSEDED' })
  expect(taken).toEqual(['a'])
})

test('delivery on an ended connection fails at once', async () => {
  await using both = await connected()
  both.connection.refuse(new SuretyError('DEVICE_RETIRED', 'it was retired'))
  await expect(both.connection.deliver(slowTaker().taker)).rejects.toMatchObject({ code: 'DEVICE_RETIRED' })
})

test('a connection that ended before its hello was accepted keeps no deadline', async () => {
  await using both = await connected()
  const { connection } = both
  const limits = { bytes: 1_000, maxFrameBytes: 1_000, ms: 30_000 }
  connection.allow(limits)
  expect(limited.has(connection)).toBe(true)
  connection.close(1001, 'shutting down')
  connection.allow(limits)
  expect(limited.has(connection)).toBe(false)
})

test('pauses the connection while a large frame is taken, then resumes', async () => {
  await using both = await connected()
  const { connection, device } = both
  const { taker, taken, step } = slowTaker()
  connection.deliver(taker).catch(() => undefined)
  const large = ['a', 'b', 'c'].map((letter) => letter.repeat(900 * 1024))
  for (const frame of large) device.send(frame)
  for (const count of [1, 2, 3]) {
    await came(() => taken.length === count)
    // More may be in the buffers of the system. One frame has arrived here.
    expect(connection.idle).toBe(true)
    step()
  }
  expect(taken.map(([letter]) => letter)).toEqual(['a', 'b', 'c'])
})

test('reads large frames of two connections at a time', async () => {
  await using first = await connected()
  await using second = await connected()
  await using third = await connected()
  const all = [first, second, third].map(({ connection, device }) => ({ connection, device, ...slowTaker() }))
  for (const { connection, device, taker } of all) {
    connection.deliver(taker).catch(() => undefined)
    device.send('x'.repeat(900 * 1024))
  }
  const count = () => all.filter(({ taken }) => taken.length > 0).length
  await came(() => count() === 2)
  // Small ones go their way, and show that the loop had time for the third.
  await using small = await connected()
  const { taker, taken } = slowTaker()
  small.connection.deliver(taker).catch(() => undefined)
  small.device.send('small')
  await came(() => taken.length === 1)
  expect(count()).toBe(2)
  for (const { step } of all) step()
  await came(() => count() === 3)
})
