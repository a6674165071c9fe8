import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePorts, type Ports, withPorts } from '../../../scripts/start/ports.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

async function occupy(port: number): Promise<AsyncDisposable> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

test('chooses other ports when another program takes one meanwhile', async () => {
  using folder = temporaryFolder()
  await using others = new AsyncDisposableStack()
  const tried: Ports[] = []
  const started = await withPorts(folder.path, async (ports) => {
    tried.push(ports)
    if (tried.length > 2) return ports
    others.use(await occupy(tried.length === 1 ? ports.devices : ports.api))
    throw new Error('the directory ended: another program listens there')
  })
  expect(tried).toHaveLength(3)
  expect(new Set(tried.flatMap(({ devices, api }) => [devices, api])).size).toBeGreaterThan(3)
  expect(await withPorts(folder.path, async (ports) => ports)).toEqual(started)
})

test('does not try again after another failure, and saves no ports', async () => {
  using folder = temporaryFolder()
  let tries = 0
  const start = async () => {
    tries++
    throw new Error('the disk is full')
  }
  await expect(withPorts(folder.path, start)).rejects.toThrow('the disk is full')
  expect([tries, existsSync(join(folder.path, 'ports.json'))]).toEqual([1, false])
})

test('names a saved port that another program uses', async () => {
  using folder = temporaryFolder()
  const ports = await freePorts()
  writeFileSync(join(folder.path, 'ports.json'), JSON.stringify(ports), { mode: 0o600 })
  await using _other = await occupy(ports.api)
  await expect(withPorts(folder.path, async () => 'started')).rejects.toMatchObject({
    code: 'SOCKET_IN_USE',
    message: expect.stringContaining(`port ${ports.api} of 127.0.0.1 is in use`),
  })
})
