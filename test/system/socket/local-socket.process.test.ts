import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { askLocalSocket } from '../../../src/system/socket/local-client.ts'
import { ownUserPeers } from '../../../src/system/socket/peers.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { scaledMs } from '../../support/machine-speed.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { OWN_ID } from '../../support/users/local-user.ts'
import { addon } from '../../support/users/peers.ts'
import { converse, serve } from './local-socket-stage.ts'

const withAddon = addon === undefined ? test.skip : test
const asRootWithAddon = addon !== undefined && process.geteuid?.() === 0 ? test : test.skip
const client = { timeoutMs: scaledMs(60_000), maxBytes: 1000 }

test('a line gets its answer, and the socket goes with its server', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'sub/control.sock')
  {
    await using _ = await serve(path)
    expect(await askLocalSocket(path, 'hello', client)).toBe(`hello from ${process.geteuid?.()}`)
    expect([statSync(join(folder.path, 'sub')).mode & 0o777, readdirSync(join(folder.path, 'sub'))]).toEqual([
      0o755,
      ['control.sock'],
    ])
  }
  expect(existsSync(path)).toBe(false)
  expect(await codeThrown(() => askLocalSocket(path, 'hello', client))).toBe('DAEMON_UNREACHABLE')
})

withAddon('every user may connect when the kernel names peers', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using server = await serve(path)
  expect([server.peersKnown, statSync(path).mode & 0o777]).toEqual([true, 0o666])
})

test('only our own user may connect when the kernel names no peers', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using server = await serve(path, {}, { peers: ownUserPeers(OWN_ID) })
  expect([server.peersKnown, statSync(path).mode & 0o777]).toEqual([false, 0o600])
})

asRootWithAddon('(root) another user is the one that the kernel names, despite other claims', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o755)
  const path = join(folder.path, 'a.sock')
  await using _ = await serve(path)
  const script = `const s = require('net').connect(${JSON.stringify(path)}, () => s.write('I am root\\n'))
    s.on('data', (d) => { process.stdout.write(d); s.end() })`
  const child = spawn('/usr/bin/setpriv', [
    '--reuid=4242',
    '--regid=4243',
    '--clear-groups',
    process.execPath,
    '-e',
    script,
  ])
  const [answer] = await once(child.stdout, 'data')
  expect(String(answer)).toBe('I am root from 4242\n')
  await once(child, 'close')
})

withAddon('a peer that has ended is noticed, so that its pid is not believed', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const seen: (boolean | undefined)[] = []
  let ended = () => {}
  const childEnded = new Promise<void>((resolve) => {
    ended = resolve
  })
  let answered = () => {}
  const done = new Promise<void>((resolve) => {
    answered = resolve
  })
  await using _ = await serve(
    path,
    {},
    {
      answer: async (line, peer) => {
        seen.push(peer.pid === Number(line), peer.hasEnded())
        ended()
        await childExit
        seen.push(peer.hasEnded())
        answered()
        return ''
      },
    },
  )
  const script = `const s = require('net').connect(${JSON.stringify(path)}, () => s.write(process.pid + '\\n'))`
  const child = spawn(process.execPath, ['-e', script])
  const childExit = once(child, 'exit')
  await childEnded
  child.kill('SIGKILL')
  await done
  expect(seen).toEqual([true, false, true])
})

test.each([
  ['two requests in one piece', ['a\nb\n'], 'a|b|'],
  ['a request in many pieces', ['a', 'b', '', 'c\n'], 'abc|'],
  ['half a request', ['abc'], ''],
  ['a request that is too long', ['x'.repeat(101)], 'refused INPUT_TOO_LARGE|'],
  ['a long line after a good one', [`a\n${'x'.repeat(200)}\n`], 'a|refused INPUT_TOO_LARGE|'],
  ['bytes that are not UTF-8', [new Uint8Array([0xff, 0x0a])], 'refused INPUT_MALFORMED|'],
])('%s', async (_, bytes, expected) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _server = await serve(path, {}, { answer: async (line) => line })
  expect((await converse(path, ...bytes)).replaceAll('\n', '|')).toBe(expected)
})

test('a rejected answer closes the connection and harms no other', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  await using _ = await serve(
    path,
    {},
    {
      answer: async (line) => {
        if (line === 'bad') throw new TypeError('our mistake')
        return line
      },
    },
  )
  expect([await converse(path, 'bad\n'), await converse(path, 'good\n')]).toEqual(['', 'good\n'])
})

test('the socket of a live server is not taken, that of a dead one is', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  const child = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log(1))`,
  ])
  await once(child.stdout, 'data')
  expect(await codeThrown(() => serve(path))).toBe('SOCKET_IN_USE')
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(existsSync(path)).toBe(true)
  await using _ = await serve(path)
  expect(await askLocalSocket(path, 'a', client)).toBe(`a from ${process.geteuid?.()}`)
})

test.each([
  ['a file', (path: string) => writeFileSync(path, 'precious')],
  ['a folder', (path: string) => mkdirSync(path)],
])('%s in its place is left alone', async (_, occupy) => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'a.sock')
  occupy(path)
  expect(await codeThrown(() => serve(path))).toBe('SOCKET_IN_USE')
  expect(existsSync(path)).toBe(true)
})

test('a folder that others can write to is refused', async () => {
  using folder = temporaryFolder()
  chmodSync(folder.path, 0o777)
  expect(await codeThrown(() => serve(join(folder.path, 'a.sock')))).toBe('STORE_FAILED')
})

test('a path that the kernel would cut short is refused', async () => {
  using folder = temporaryFolder()
  expect(await codeThrown(() => serve(join(folder.path, 'x'.repeat(100))))).toBe('CONFIG_INVALID')
})
