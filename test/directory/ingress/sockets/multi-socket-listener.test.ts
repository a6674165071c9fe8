import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { Worker } from 'node:worker_threads'
import {
  listenOnSeveralSockets,
  type MultiSocketListener,
} from '../../../../src/directory/ingress/sockets/multi-socket-listener.ts'
import { spreadsConnections } from '../../../../src/system/platform/this-platform.ts'

const host = '127.0.0.1'

interface Listening extends AsyncDisposable {
  readonly listener: MultiSocketListener
  readonly taken: Socket[]
  readonly failed: unknown[]
}

async function listening(port = 0, spreads = spreadsConnections()): Promise<Listening> {
  const taken: Socket[] = []
  const failed: unknown[] = []
  const listener = await listenOnSeveralSockets({
    host,
    port,
    spreadsConnections: spreads,
    taken: (socket) => taken.push(socket.on('error', () => undefined)),
    failed: (error) => failed.push(error),
  })
  return {
    listener,
    taken,
    failed,
    async [Symbol.asyncDispose]() {
      for (const socket of taken) socket.destroy()
      await listener.close()
    },
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const CONNECTIONS = 200

/** In a thread of its own: the loop that takes them does not turn meanwhile. */
function connectMany(port: number): Worker {
  const connected = new Int32Array(new SharedArrayBuffer(4))
  const program = `
    const { workerData: { port, connected } } = require('node:worker_threads')
    const { connect } = require('node:net')
    for (let i = 0; i < ${CONNECTIONS}; i++) connect(port, '${host}', () => {
      Atomics.add(connected, 0, 1)
      Atomics.notify(connected, 0)
    })`
  const worker = new Worker(program, { eval: true, workerData: { port, connected } })
  for (let now = 0; now < CONNECTIONS; now = Atomics.load(connected, 0)) Atomics.wait(connected, 0, now)
  return worker
}

test('accepts several connections per turn, and all of them in the end', async () => {
  await using own = await listening()
  const worker = connectMany(own.listener.port)
  for (let turns = 0; turns < 10; turns++) await turn()
  // From one socket it would be one in each.
  expect(own.taken.length).toBeGreaterThan(20)
  while (own.taken.length < CONNECTIONS) await turn()
  expect(own.failed).toEqual([])
  await worker.terminate()
})

test('is reachable, also on a requested port that was released just now', async () => {
  const first = await listening()
  const { port } = first.listener
  await first[Symbol.asyncDispose]()
  await using again = await listening(port)
  expect(again.listener.port).toBe(port)
  for (let i = 0; i < 32; i++)
    await once(
      connect(port, host).on('error', () => undefined),
      'connect',
    )
  while (again.taken.length < 32) await turn()
})

test('refuses a port of another such listener, though both would share it', async () => {
  await using own = await listening()
  await expect(listening(own.listener.port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('refuses a port that anything else listens on', async () => {
  const other = createServer().listen(0, host)
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  await expect(listening(port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  other.close()
})

test('uses one socket where the system does not spread connections', async () => {
  await using own = await listening(0, false)
  for (let i = 0; i < 32; i++)
    await once(
      connect(own.listener.port, host).on('error', () => undefined),
      'connect',
    )
  while (own.taken.length < 32) await turn()
  await expect(listening(own.listener.port, false)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('refuses a foreign address', async () => {
  const init = { port: 0, spreadsConnections: true, taken: () => undefined, failed: () => undefined }
  await expect(listenOnSeveralSockets({ ...init, host: '192.0.2.1' })).rejects.toMatchObject({ code: 'EADDRNOTAVAIL' })
})

test('does not listen once closed', async () => {
  const own = await listening()
  await own[Symbol.asyncDispose]()
  const socket = connect(own.listener.port, host)
  const [error] = await once(socket, 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})
