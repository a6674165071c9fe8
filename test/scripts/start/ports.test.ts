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

const SILENT = { say: () => undefined }

const USES = { devices: 'the daemon', api: 'the API', console: 'the console' } as const

test.each(['devices', 'api', 'console'] as const)(
  'names a preferred port for %s that is in use, and the other one',
  async (use) => {
    using folder = temporaryFolder()
    const preferred = await freePorts()
    await using _other = await occupy(preferred[use])
    const said: string[] = []
    const options = { say: (line: string) => void said.push(line), preferred }
    const ports = await withPorts(folder.path, async (chosen) => chosen, options)
    expect(said).toEqual([
      `port ${preferred[use]} is in use; ${USES[use]} uses ${ports[use]} instead (kept in ${folder.path}/ports.json)`,
    ])
    // The next start uses the same ports, and says nothing.
    said.length = 0
    expect(await withPorts(folder.path, async (chosen) => chosen, options)).toEqual(ports)
    expect(said).toEqual([])
  },
)

test('says nothing of ports where the directory does not start', async () => {
  using folder = temporaryFolder()
  const preferred = await freePorts()
  await using _other = await occupy(preferred.api)
  const say = () => {
    throw new TypeError('not called')
  }
  const failing = () => Promise.reject(new Error('the disk is full'))
  await expect(withPorts(folder.path, failing, { say, preferred })).rejects.toThrow('the disk is full')
})

test('chooses other ports when another program takes one meanwhile', async () => {
  using folder = temporaryFolder()
  await using others = new AsyncDisposableStack()
  const tried: Ports[] = []
  const started = await withPorts(
    folder.path,
    async (ports) => {
      tried.push(ports)
      if (tried.length > 2) return ports
      others.use(await occupy(tried.length === 1 ? ports.devices : ports.api))
      throw new Error('the directory ended: another program listens there')
    },
    SILENT,
  )
  expect(tried).toHaveLength(3)
  expect(new Set(tried.flatMap(({ devices, api }) => [devices, api])).size).toBeGreaterThan(3)
  expect(await withPorts(folder.path, async (ports) => ports, SILENT)).toEqual(started)
})

test('does not try again after another failure, and saves no ports', async () => {
  using folder = temporaryFolder()
  let tries = 0
  const start = async () => {
    tries++
    throw new Error('the disk is full')
  }
  await expect(withPorts(folder.path, start, SILENT)).rejects.toThrow('the disk is full')
  expect([tries, existsSync(join(folder.path, 'ports.json'))]).toEqual([1, false])
})

test('a folder from before there was a console keeps its ports, and gets one for it', async () => {
  using folder = temporaryFolder()
  const { console: preferred, ...saved } = await freePorts()
  writeFileSync(join(folder.path, 'ports.json'), JSON.stringify(saved), { mode: 0o600 })
  const options = { ...SILENT, preferred: { ...saved, console: preferred } }
  expect(await withPorts(folder.path, async (ports) => ports, options)).toEqual({ ...saved, console: preferred })
})

/** Only Linux says it. */
const HOLDER = process.platform === 'linux' ? ` by node, process ${process.pid}` : ''

test('names a saved port that another program uses', async () => {
  using folder = temporaryFolder()
  const ports = await freePorts()
  writeFileSync(join(folder.path, 'ports.json'), JSON.stringify(ports), { mode: 0o600 })
  await using _other = await occupy(ports.api)
  await expect(withPorts(folder.path, async () => 'started', SILENT)).rejects.toMatchObject({
    code: 'SOCKET_IN_USE',
    message: `port ${ports.api} of 127.0.0.1, which the API of this folder uses, is in use${HOLDER}: end that program (another npm start?), or choose another folder with --data`,
  })
})
