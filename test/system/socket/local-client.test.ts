import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { blockThread } from '../block-thread.ts'

const client = { timeoutMs: scaledMs(60_000), maxBytes: 1000 }

test.each([
  ['says nothing', { timeoutMs: 200 }, () => undefined, 'DAEMON_SILENT'],
  ['closes at once', {}, (socket: { destroy(): void }) => socket.destroy(), 'DAEMON_UNREACHABLE'],
  [
    'never ends its line',
    { maxBytes: 100 },
    (socket: { write(text: string): void }) => socket.write('x'.repeat(200)),
    'INPUT_TOO_LARGE',
  ],
])('the client gives up on a server that %s', async (_, options, behave, code) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const server = createServer((socket) => {
    socket.on('error', () => undefined).resume()
    behave(socket)
  }).listen(path)
  await once(server, 'listening')
  expect(await codeThrown(() => askLocalSocket(path, 'a', { ...client, ...options }))).toBe(code)
  server.close()
})

test('a path that no socket can have is said to be too long', async () => {
  const path = `/tmp/${'a'.repeat(200)}`
  await expect(askLocalSocket(path, 'a', client)).rejects.toMatchObject({
    code: 'DAEMON_UNREACHABLE',
    message: `cannot reach suretyd at "${path}": no socket has a path so long`,
  })
})

test('asks a server that replaces another which had closed the connection', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const second = createServer((socket) => socket.resume().end('second\n'))
  const first = createServer((socket) => {
    socket.destroy()
    first.close(() => second.listen(path))
  }).listen(path)
  await once(first, 'listening')
  expect(await askLocalSocket(path, 'a', client)).toBe('second')
  second.close()
})

test('a caller can stop waiting while no server listens', async () => {
  using folder = temporaryFolder()
  const stop = new AbortController()
  const asked = askLocalSocket(join(folder.path, 'a.sock'), 'a', { ...client, signal: stop.signal })
  stop.abort(new Error('enough'))
  await expect(asked).rejects.toThrow('enough')
})

test('reads an answer that came while the client was blocked past its deadline', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.end('late\n')
      // Server and client share this process.
      blockThread(500)
    })
  }).listen(path)
  await once(server, 'listening')
  expect(await askLocalSocket(path, 'a', { ...client, timeoutMs: 200 })).toBe('late')
  server.close()
})
