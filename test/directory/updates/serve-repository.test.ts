import { once } from 'node:events'
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { type RunningDirectory, runningDirectory } from '../../support/directory/running-directory.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
const HASH = 'a'.repeat(64)
let directory: RunningDirectory

beforeAll(async () => {
  directory = await runningDirectory({ dataFolder: data })
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
  // More than the kernel takes from the server for a client that reads nothing.
  truncateSync(join(data, 'updates/files', `${HASH}.gz`), 64_000_000)
  symlinkSync(join(data, 'administrator.json'), join(data, 'updates/files', `${'b'.repeat(64)}.gz`))
  mkdirSync(join(data, 'updates/files', `${'c'.repeat(64)}.gz`))
})
afterAll(async () => {
  await directory[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** @param from the address of the client: too many idle sockets of one make room for others. */
function send(path: string, method = 'GET', from = '127.0.0.1') {
  const { port } = new URL(directory.directory.devicesUrl.replace('wss', 'https'))
  const sent = request({
    host: '127.0.0.1',
    localAddress: from,
    port,
    path,
    method,
    ca: [directory.directory.caCertificate],
    agent: false,
  })
  sent.end()
  return sent
}

async function ask(path: string, method?: string): Promise<{ status: number | undefined; text: string }> {
  const sent = send(path, method)
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
    expect(await ask('/updates/metadata/timestamp.json', method)).toMatchObject({ status: 405 })
  }
})

test('refuses too many downloads at once, which free their places when they end', async () => {
  const held = Array.from({ length: 64 }, (_, each) => send(`/updates/files/${HASH}.gz`, 'GET', `127.0.1.${each + 1}`))
  const answers = held.map(async (sent) => {
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    response.on('error', () => undefined)
    return response.pause()
  })
  const responses = await Promise.all(answers)
  const refused = await ask(`/updates/files/${HASH}.gz`).finally(() => {
    for (const sent of held) sent.on('error', () => undefined)
    for (const response of responses) response.destroy()
  })
  expect(refused.status).toBe(503)
  await waitFor('the end of all connections', () => held.every(({ socket }) => socket?.closed !== false))
  await waitFor('a free place', async () => (await ask('/updates/metadata/timestamp.json')).status === 200)
})
