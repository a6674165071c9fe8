import { once } from 'node:events'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { type ClientRequest, createServer, get, type IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { repositoryServer } from '../../../src/directory/updates/serve-repository.ts'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const HASH = 'a'.repeat(64)
const FILE = `/updates/files/${HASH}.gz`
/** More than the kernel takes from the server for a client that reads nothing. */
const FILE_BYTES = 16_000_000
const LIMITS = { pendingSocketsPerAddress: 4, downloadsPerAddress: 8, downloads: 10 }

const folder = temporaryFolder()
const data = join(folder.path, 'data')
let directory: RunningDirectory

beforeAll(async () => {
  directory = await runningDirectory({ dataFolder: data, limits: LIMITS })
  for (const [name, text] of [
    ['metadata/timestamp.json', '{"a":1}'],
    ['metadata/12.targets.json', '{}'],
    [`targets/channels/${HASH}.stable.json`, 'channel'],
    [`targets/releases/1.2.0/${HASH}.linux-x64.json`, 'release'],
    [`files/${HASH}.gz`, ''],
    ['secret.txt', 'secret'],
  ] as const) {
    mkdirSync(join(data, 'updates', name, '..'), { recursive: true })
    writeFileSync(join(data, 'updates', name), text)
  }
  truncateSync(join(data, 'updates/files', `${HASH}.gz`), FILE_BYTES)
  symlinkSync(join(data, 'administrator.json'), join(data, 'updates/files', `${'b'.repeat(64)}.gz`))
  mkdirSync(join(data, 'updates/files', `${'c'.repeat(64)}.gz`))
})
afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

interface Sending {
  readonly method?: string | undefined
  /** The address of the client. */
  readonly from?: string
  readonly agent?: Agent
}

function send(path: string, { method = 'GET', from = '127.0.0.1', agent }: Sending = {}) {
  const { port } = new URL(directory.directory.devicesUrl.replace('wss', 'https'))
  const sent = request({
    host: '127.0.0.1',
    localAddress: from,
    port,
    path,
    method,
    ca: [directory.directory.caCertificate],
    agent: agent ?? false,
  })
  sent.end()
  return sent
}

async function ask(path: string, sending?: Sending): Promise<{ status: number | undefined; text: string }> {
  const sent = send(path, sending)
  // The cast holds for the event `response`.
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  // Else the socket waits for the end of the other side.
  sent.destroy()
  return { status: response.statusCode, text }
}

test.each([
  ['metadata/timestamp.json', '{"a":1}'],
  ['metadata/12.targets.json', '{}'],
  [`targets/channels/${HASH}.stable.json`, 'channel'],
  [`targets/releases/1.2.0/${HASH}.linux-x64.json`, 'release'],
])('devices read %s on their port', async (path, text) => {
  expect(await ask(`/updates/${path}`)).toEqual({ status: 200, text })
})

test.each([
  '/updates/',
  '/updates/metadata/',
  '/updates/metadata/2.root.json',
  '/updates/secret.txt',
  '/updates/../administrator.json',
  '/updates/metadata/../../administrator.json',
  '/updates/metadata/..%2f..%2fadministrator.json',
  '/updates/metadata//timestamp.json',
  '/updates/metadata/timestamp.json?x=1',
  '/updates/metadata/timestamp.json%00',
  `/updates/files/${'b'.repeat(64)}.gz`,
  `/updates/files/${'c'.repeat(64)}.gz`,
  '/updates/files/short.gz',
  `/updates/targets/releases/../${HASH}.linux-x64.json`,
])('nothing is at %s', async (path) => {
  expect(await ask(path)).toEqual({ status: 404, text: '' })
})

test.each([
  ['/', 426],
  ['/updates', 426],
  ['/metadata/timestamp.json', 426],
])('what is not of the repository is answered as before: %s', async (path, status) => {
  expect(await ask(path)).toMatchObject({ status })
})

test('only GET', async () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
    expect(await ask('/updates/metadata/timestamp.json', { method })).toMatchObject({ status: 405 })
  }
})

/** Downloads at once, in order, none of which is read beyond the head of its answer. */
async function hold(count: number, from: string) {
  const agent = new Agent({ keepAlive: true })
  const held: { readonly sent: ClientRequest; readonly response: IncomingMessage }[] = []
  for (let each = 0; each < count; each++) {
    const sent = send(FILE, { from, agent })
    // The cast holds for the event `response`.
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    sent.on('error', () => undefined)
    response.on('error', () => undefined).pause()
    held.push({ sent, response })
  }
  return {
    statuses: held.map(({ response }) => response.statusCode),
    /** @returns the bytes of each. */
    end: () => Promise.all(held.map(({ response }) => sizeOf(response))),
    open: () => held.filter(({ sent }) => sent.socket?.closed === false).length,
    async [Symbol.asyncDispose]() {
      agent.destroy()
      await waitFor('the end of all connections', () => held.every(({ sent }) => sent.socket?.closed !== false))
    },
  }
}

async function sizeOf(response: IncomingMessage): Promise<number> {
  let size = 0
  for await (const chunk of response) size += (chunk as Buffer).length // no encoding is set
  return size
}

test('laptops behind one address end no download of each other', async () => {
  await using held = await hold(LIMITS.downloadsPerAddress, '127.0.0.1')
  await delay(2_100) // a pending socket counts as idle after two seconds
  // Neither do devices that connect from there, and these have room.
  for (let each = 0; each < LIMITS.pendingSocketsPerAddress; each++) {
    const { wire, welcome } = await directory.device().enrol(await directory.token())
    expect(welcome.status).toBe('accepted')
    wire.close()
  }
  expect(await held.end()).toEqual(Array(LIMITS.downloadsPerAddress).fill(FILE_BYTES))
})

test('refuses downloads of one address beyond its limit, and serves others', async () => {
  {
    await using slow = await hold(LIMITS.downloadsPerAddress + 3, '127.0.1.1')
    expect(slow.statuses).toEqual([...Array(LIMITS.downloadsPerAddress).fill(200), 429, 429, 429])
    expect(await ask('/updates/metadata/timestamp.json')).toMatchObject({ status: 200 })
    await using others = await hold(LIMITS.downloads - LIMITS.downloadsPerAddress, '127.0.1.2')
    expect(others.statuses).toEqual([200, 200])
    expect(await ask('/updates/metadata/timestamp.json')).toMatchObject({ status: 503 })
  }
  await waitFor('a free place', async () => (await ask('/updates/metadata/timestamp.json')).status === 200)
})

test('counts a socket that is kept open after its answer, and closes what has no room', async () => {
  await using held = await hold(LIMITS.downloadsPerAddress, '127.0.1.3')
  await held.end()
  // Up to the limit, and an eighth more that are refused.
  await waitFor('the end of those beyond', () => held.open() === 6)
  await expect(ask('/updates/metadata/timestamp.json', { from: '127.0.1.3' })).rejects.toThrow()
  expect(held.open()).toBe(6)
})

test('cuts off a client that reads too slowly, and frees its place', async () => {
  const init = { folder: join(data, 'updates'), downloads: 1, downloadsPerAddress: 1 }
  const { serve } = repositoryServer({ ...init, patience: { leastMs: 500, leastBytesPerSecond: FILE_BYTES * 10 } })
  const server = createServer(serve).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // it listens on a port
  const from = async (path: string) => {
    const [response] = (await once(get(`http://127.0.0.1:${port}${path}`), 'response')) as [IncomingMessage]
    return response
  }
  const slow = await from(FILE)
  const refused = (await from(FILE)).resume()
  expect(refused).toMatchObject({ statusCode: 429, headers: { 'retry-after': '60', connection: 'close' } })
  await waitFor('its place', async () => (await from('/updates/metadata/timestamp.json')).resume().statusCode === 200)
  await expect(sizeOf(slow)).rejects.toThrow('aborted')
  server.close()
})
