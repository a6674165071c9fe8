import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePorts, type Ports, withPorts } from '../../src/start/ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

async function taken(port: number): Promise<AsyncDisposable> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('ports that another program took meanwhile are chosen anew', async () => {
  using folder = temporaryFolder()
  await using others = new AsyncDisposableStack()
  const tried: Ports[] = []
  const started = await withPorts(folder.path, async (ports) => {
    tried.push(ports)
    if (tried.length > 2) return ports
    others.use(await taken(tried.length === 1 ? ports.devices : ports.api))
    throw new Error('the directory ended: another program listens there')
  })
  expect(tried).toHaveLength(3)
  expect(new Set(tried.flatMap(({ devices, api }) => [devices, api])).size).toBeGreaterThan(3)
  expect(await withPorts(folder.path, async (ports) => ports)).toEqual(started)
})

test('what fails for another reason is not tried again, and no ports are kept', async () => {
  using folder = temporaryFolder()
  let tries = 0
  const start = async () => {
    tries++
    throw new Error('the disk is full')
  }
  await expect(withPorts(folder.path, start)).rejects.toThrow('the disk is full')
  expect([tries, existsSync(join(folder.path, 'ports.json'))]).toEqual([1, false])
})

test('ports of an earlier start that another program has are named, for devices have them in their pins', async () => {
  using folder = temporaryFolder()
  const ports = await freePorts()
  writeFileSync(join(folder.path, 'ports.json'), JSON.stringify(ports), { mode: 0o600 })
  await using _other = await taken(ports.api)
  await expect(withPorts(folder.path, async () => 'started')).rejects.toMatchObject({
    code: 'SOCKET_IN_USE',
    message: expect.stringContaining(`port ${ports.api} of 127.0.0.1 is in use`),
  })
})
