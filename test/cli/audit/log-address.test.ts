import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { utf8 } from '../../../src/base/bytes.ts'
import { addressSource } from '../../../src/cli/audit/log-sources.ts'
import { codeThrown } from '../../support/code-thrown.ts'

/** A server that closes each connection at the request after `most`. */
async function servedBy(most: number): Promise<{ readonly url: string } & AsyncDisposable> {
  const asked = new WeakMap<Socket, number>()
  const server = createServer(({ socket, url }, response) => {
    const count = (asked.get(socket) ?? 0) + 1
    asked.set(socket, count)
    if (count > most) socket.destroy()
    else response.end(url)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  return {
    url: `http://127.0.0.1:${port}/tlog`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

test('a connection that was closed while it was idle is opened again', async () => {
  await using server = await servedBy(1)
  using source = addressSource(server)
  for (const path of ['checkpoint', 'tile/0/000', 'tile/0/001'])
    expect(await source.read(path, { maxBytes: 100 })).toEqual(utf8(`/tlog/${path}`))
})

test('a server that closes new connections is not asked again', async () => {
  await using server = await servedBy(0)
  using source = addressSource(server)
  expect(await codeThrown(() => source.read('checkpoint', { maxBytes: 100 }))).toBe('DIRECTORY_UNREACHABLE')
})
