import { once } from 'node:events'
import { fstatSync, openSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { silentLog } from '../../../src/base/log.ts'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import {
  type LocalServerComponents,
  type LocalServerInit,
  serveLocalSocket,
} from '../../../src/system/socket/local-socket.ts'
import type { Peer } from '../../../src/system/socket/peers.ts'
import { connectToPipe, windowsPipe } from '../../../src/system/socket/windows-pipe.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { FakePipeAddon } from './fake-pipe-addon.ts'

/** What is decided of what Windows says. The pipe itself is tried under Wine. */

const PIPE = '\\\\.\\pipe\\surety-test'
const ANN = 'S-1-5-21-1-2-3-1001'
const BOB = 'S-1-5-21-1-2-3-1002'
const ann = { userId: ANN, isAdministrator: false }
const administrator = { userId: 'S-1-5-21-1-2-3-500', isAdministrator: true }

async function withServer(
  work: (scene: { addon: FakePipeAddon; logged: object[]; answered: Peer[] }) => Promise<void>,
  init: Partial<LocalServerInit> = {},
) {
  using folder = temporaryFolder()
  const addon = new FakePipeAddon(join(folder.path, 'pipe'))
  const logged: object[] = []
  const answered: Peer[] = []
  const log = (message: string, details: object = {}) => void logged.push({ message, ...details })
  const components: LocalServerComponents = {
    ...windowsPipe({ addon, openSocket: (descriptor) => addon.openSocket(descriptor) }),
    log: { ...silentLog, warn: log, error: log },
    async answer(_line, peer) {
      answered.push(peer)
      return `${peer.userId} ${peer.isAdministrator}`
    },
    refuse: (code) => `refused ${code}`,
  }
  await using _ = await serveLocalSocket(components, { path: PIPE, maxLineBytes: 100, ...init })
  await work({ addon, logged, answered })
}

test('takes the user from the token, despite what the connecting process claims', async () => {
  await withServer(async ({ addon, answered }) => {
    Object.assign(addon, { client: administrator, token: ann })
    expect(await addon.say('a\n')).toBe(`${ANN} false\n`)
    Object.assign(addon, { client: ann, token: administrator })
    expect(await addon.say('a\n')).toBe(`${administrator.userId} true\n`)
    expect(answered.map(({ pid }) => pid)).toEqual([1001, 1002])
    await waitFor('closed handles', () => addon.openProcesses.size === 0)
  })
})

test.each([
  ['cannot be impersonated', { client: ann, token: 1368 }],
  ['is anonymous', { client: ann, token: 1347 }],
  ['is denied to us', { client: administrator, token: 5 }],
])('a client whose token %s is refused, though its process is known', async (_, facts) => {
  await withServer(async ({ addon, logged, answered }) => {
    Object.assign(addon, facts)
    expect(await addon.say('{"request":"status"}\n')).toBe('refused NOT_PERMITTED\n')
    expect(answered).toEqual([])
    expect(logged).toEqual([expect.objectContaining({ reason: 'peer unknown', user: facts.client.userId })])
    await waitFor('closed handles', () => addon.openProcesses.size === 0)
  })
})

test('no token is asked for before the client has said something', async () => {
  await withServer(async ({ addon }) => {
    Object.assign(addon, { client: ann, token: ann })
    const silent = await addon.open()
    expect(await addon.say('a\n')).toBe(`${ANN} false\n`)
    expect(addon.impersonated).toEqual([2])
    silent.write('a\n')
    expect(String((await once(silent, 'data'))[0])).toBe(`${ANN} false\n`)
    expect(addon.impersonated).toEqual([2, 1])
    silent.destroy()
  })
})

test('a client that is gone before it is known is refused', async () => {
  await withServer(async ({ addon, answered }) => {
    Object.assign(addon, { client: 230, token: ann })
    expect(await addon.say('a\n')).toBe('refused NOT_PERMITTED\n')
    expect(answered).toEqual([])
  })
})

test("processes without a user share one user's places, and do not keep others out", async () => {
  await withServer(
    async ({ addon }) => {
      Object.assign(addon, { client: {}, token: ann })
      const held = [await addon.open(), await addon.open()]
      for (const socket of held) socket.write('a\n')
      for (const socket of held) await once(socket, 'data')
      // Known by now to be of Ann, who has no place left.
      addon.client = ann
      expect(await addon.say('a\n')).toBe('refused SESSION_LIMIT\n')
      const bob = { userId: BOB, isAdministrator: false }
      Object.assign(addon, { client: bob, token: bob })
      expect(await addon.say('a\n')).toBe(`${BOB} false\n`)
      addon.client = {}
      const silent = [await addon.open(), await addon.open()]
      await waitFor('two silent clients', () => addon.openProcesses.size >= 4)
      expect(await addon.say('a\n')).toBe('refused SESSION_LIMIT\n')
      for (const socket of silent) socket.destroy()
      for (const socket of held) socket.destroy()
    },
    { maxConnectionsPerUser: 2 },
  )
})

test('ordinary users together do not keep an administrator out', async () => {
  await withServer(
    async ({ addon }) => {
      Object.assign(addon, { client: ann, token: ann })
      const crowd = [await addon.open(), await addon.open()]
      for (const socket of crowd) {
        socket.write('a\n')
        await once(socket, 'data')
      }
      expect(await addon.say('a\n')).toBe('refused SESSION_LIMIT\n')
      Object.assign(addon, { client: administrator, token: administrator })
      expect(await addon.say('a\n')).toBe(`${administrator.userId} true\n`)
      for (const socket of crowd) socket.destroy()
    },
    { maxConnections: 2, maxConnectionsPerUser: 2 },
  )
})

test('a pipe that takes no more clients is said, and those that come again are served', async () => {
  await withServer(async ({ addon, logged }) => {
    Object.assign(addon, { client: ann, token: ann })
    addon.fail(231)
    expect(logged).toEqual([{ message: 'local socket failed', reason: expect.stringContaining('error 231') }])
    expect(await addon.say('a\n')).toBe(`${ANN} false\n`)
  })
})

test.each([
  ['has another program', 5, 'SOCKET_IN_USE'],
  ['has as many instances as there can be', 231, 'SOCKET_IN_USE'],
  ['cannot be made for another reason', 1450, 'SOCKET_IN_USE'],
  ['has a name that Windows refuses', 123, 'CONFIG_INVALID'],
])('a pipe that %s is refused', async (_, error, code) => {
  const addon = new FakePipeAddon('/nowhere')
  addon.listenError = error
  expect(await codeThrown(() => windowsPipe({ addon }).listen({ path: PIPE, forAll: true }, never))).toBe(code)
})

const never = { onConnection: () => undefined, onError: () => undefined }
const NO_PIPES = [
  '\\\\server\\pipe\\surety',
  '\\\\?\\pipe\\surety',
  '\\\\.\\mailslot\\surety',
  '\\\\.\\pipe\\',
  '\\\\.\\pipe\\a/b',
  '\\\\.\\pipe\\..\\..\\C:\\x',
  '\\\\.\\pipe\\a\0b',
  `\\\\.\\pipe\\${'x'.repeat(65)}`,
  'C:\\ProgramData\\Surety\\control.sock',
  '/run/surety/control.sock',
  '',
]

test.each(NO_PIPES)('refuses to listen or connect at %j, which is no pipe of this machine', async (path) => {
  const addon = new FakePipeAddon('/nowhere')
  addon.opens.push({ descriptor: -1, owner: 'S-1-5-18' })
  expect(await codeThrown(() => windowsPipe({ addon }).listen({ path, forAll: true }, never))).toBe('CONFIG_INVALID')
  expect(await codeThrown(() => ask(addon, path))).toBe('DAEMON_UNREACHABLE')
  expect([addon.security, addon.opens.length]).toEqual(['', 1])
})

test.each([
  ['LocalSystem', { userId: 'S-1-5-18', isAdministrator: true }, 'O:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)'],
  ['an elevated administrator', administrator, 'O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)'],
  ['an ordinary user', ann, `O:${ANN}D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;${ANN})`],
])('users may read and write to the pipe of %s, and make no instance of it', async (_, own, expected) => {
  using folder = temporaryFolder()
  const addon = new FakePipeAddon(join(folder.path, 'pipe'))
  addon.own = own
  const { listen } = windowsPipe({ addon })
  await (await listen({ path: PIPE, forAll: true }, never)).close()
  expect(addon.security).toBe(`${expected}(A;;0x12019b;;;AU)`)
  expect(0x12019b & 0x4).toBe(0)
  await (await listen({ path: PIPE, forAll: false }, never)).close()
  expect(addon.security).toBe(expected)
})

function ask(addon: FakePipeAddon, path: string, openSocket?: Parameters<typeof connectToPipe>[0]['openSocket']) {
  const connectLocal = connectToPipe({ addon, ...(openSocket === undefined ? {} : { openSocket }) })
  return askLocalSocket(path, 'a', { timeoutMs: scaledMs(60_000), maxBytes: 100, connect: connectLocal })
}

test.each([
  ['another user', ann, BOB],
  ['everyone', ann, 'S-1-1-0'],
  ['a service', ann, 'S-1-5-19'],
  ['the same user, if we are elevated and it is not', administrator, administrator.userId],
])('a pipe of %s is not asked anything', async (_, own, owner) => {
  const addon = new FakePipeAddon('/nowhere')
  addon.own = own
  const descriptor = openSync('/dev/null', 'r+')
  addon.opens.push({ descriptor, owner })
  expect(await codeThrown(() => ask(addon, PIPE))).toBe('DAEMON_UNTRUSTED')
  expect(() => fstatSync(descriptor)).toThrow('EBADF')
})

test.each([
  ['LocalSystem', ann, 'S-1-5-18'],
  ['administrators', ann, 'S-1-5-32-544'],
  ['administrators, if we are one', administrator, 'S-1-5-32-544'],
  ['our own user', ann, ANN],
])('a pipe of %s is asked, also after it was busy', async (_, own, owner) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const server = createServer((socket) => socket.once('data', (line) => socket.end(`got ${line}`))).listen(path)
  await once(server, 'listening')
  const addon = new FakePipeAddon('/nowhere')
  addon.own = own
  addon.opens.push(231, 231, { descriptor: 7, owner })
  expect(await ask(addon, PIPE, () => connect(path))).toBe('got a')
  server.close()
})

test.each([
  ['there is none', 2, 'DAEMON_UNREACHABLE'],
  ['this user may not', 5, 'NOT_PERMITTED'],
  ['it fails', 1450, 'DAEMON_UNREACHABLE'],
])('no answer comes from a pipe where %s', async (_, error, code) => {
  const addon = new FakePipeAddon('/nowhere')
  addon.opens.push(...Array(20).fill(error))
  expect(await codeThrown(() => ask(addon, PIPE))).toBe(code)
})
