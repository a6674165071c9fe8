import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { askLocalSocket } from '../../src/system/local-client.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { standStill } from '../support/stand-still.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const client = { timeoutMs: 10_000, maxBytes: 1000 }

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

test('an answer that came while the client stood still is read, though its time went by', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      socket.end('late\n')
      // Server and client share this process.
      standStill(500)
    })
  }).listen(path)
  await once(server, 'listening')
  expect(await askLocalSocket(path, 'a', { ...client, timeoutMs: 200 })).toBe('late')
  server.close()
})
