import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { portHolder } from '../../../../src/system/processes/linux/port-holder.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

async function listening(host: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens at a port
  return { port, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

onLinux.each(['127.0.0.1', '0.0.0.0', '::1'])('names the program that listens at %s', async (host) => {
  await using server = await listening(host)
  expect(portHolder(server.port)).toBe(`node, process ${process.pid}`)
})

test('knows no holder where no process listens', async () => {
  const { port } = await (async () => {
    await using server = await listening('127.0.0.1')
    return server
  })()
  expect(portHolder(port)).toBeUndefined()
})
