import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Log, type LogFields, silentLog } from '../../src/base/log.ts'
import { serveControl } from '../../src/daemon/control/control-server.ts'
import { askLocalSocket } from '../../src/system/socket/local-client.ts'
import { serveLocalSocket } from '../../src/system/socket/local-socket.ts'
import { codeThrown } from '../support/code-thrown.ts'
import { sampleStatus } from '../support/daemon/sample-status.ts'
import { scaledMs } from '../support/machine-speed.ts'
import { retainedBytes } from '../support/retained-bytes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { OWN_ID } from '../support/users/local-user.ts'
import { addon, peers } from '../support/users/peers.ts'
import { waitFor } from '../support/wait-for.ts'
import { compileHostileProgram, sayMissing } from './hostile-program.ts'

/** The daemon's local socket among hostile users of the device; each is a process of a real user. */

const PARTS = { peers, ownUserId: OWN_ID, log: silentLog }
const possible = addon !== undefined && process.geteuid?.() === 0
if (!possible) sayMissing('the local socket among hostile users', 'root and the native addon')
const asRoot = possible ? test : test.skip
const MALLORY = 4242
const ALICE = 4243

/** Runs `script` as another user. */
function as(uid: number, script: string): { readonly process: ChildProcess } & AsyncDisposable {
  const words = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', process.execPath, '-e', script]
  const child = spawn('/usr/bin/setpriv', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  return {
    process: child,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** One question of another user, and the answer; while the queue is full they try again, as `surety` does. */
async function ask(uid: number, socket: string, line: string): Promise<string> {
  const script = `let tries = 0
    const ask = () => {
      const s = require('net').connect(${JSON.stringify(socket)}, () => s.write(${JSON.stringify(`${line}\n`)}))
      const failed = (e) => e.code === 'EAGAIN' && ++tries < 100 ? setTimeout(ask, 50) : console.log(e.code)
      s.on('error', failed).on('end', () => s.end())
      s.once('data', (d) => { process.stdout.write(d); s.destroy() })
    }
    ask()`
  await using child = as(uid, script)
  let text = ''
  child.process.stdout?.on('data', (more) => {
    text += String(more)
  })
  await once(child.process, 'close')
  return text.trim()
}

function recording(): Log & { readonly lines: [string, LogFields | undefined][] } {
  const lines: [string, LogFields | undefined][] = []
  const warn: Log['warn'] = (message, fields) => void lines.push([message, fields])
  return { ...silentLog, warn, lines }
}

/** The control server as the daemon serves it, with a status that has something to say. */
async function control(folder: string, log: Log = silentLog) {
  chmodSync(folder, 0o755)
  const socket = join(folder, 'run', 'control.sock')
  let refreshed = 0
  const server = await serveControl(
    { peers, ownUserId: OWN_ID, log, status: () => sampleStatus(), config: () => [], refresh: () => void refreshed++ },
    { socket },
  )
  return { socket, refreshed: () => refreshed, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

const root = { timeoutMs: scaledMs(30_000), maxBytes: 4 * 1024 * 1024 }

/** What a hostile user does with as many connections as they get, again and again. */
const FLOODS: readonly (readonly [string, string])[] = [
  ['connects and says nothing', ``],
  ['sends half a message', `s.write('{"request":"sta')`],
  ['sends byte after byte', `setInterval(() => s.write('x'), 200).unref()`],
  ['sends lines that are too long', `s.write('x'.repeat(70000))`],
  ['sends lines that are no JSON', `s.write('[[[[\\n'.repeat(1000))`],
  ['sends nesting without end', `s.write('['.repeat(60000) + '\\n')`],
  ['asks and never reads', `s.pause(); s.write('{"request":"status"}\\n'.repeat(2000))`],
  ['asks for what only root may', `s.write('{"request":"refresh"}\\n'.repeat(100))`],
]

/** A user's few connections, with what they may say at once; four kilobytes of each that is gone would be more. */
const FLOOD_HELD_BYTES = 2_000_000
/** With garbage. */
const FLOOD_RESIDENT_BYTES = 200_000_000

asRoot.each(FLOODS)('a user who %s, again and again, does not delay other users', async (_, act) => {
  using folder = temporaryFolder()
  const log = recording()
  await using server = await control(folder.path, log)
  // What is made once is no leak.
  await askLocalSocket(server.socket, '{"request":"status"}', root)
  const [heldBefore, residentBefore] = [await retainedBytes(), process.memoryUsage().rss]
  // Whatever becomes of a connection, another takes its place.
  const script = `let tried = 0
    function one() {
      if (++tried === 600) console.log('tried')
      const s = require('net').connect(${JSON.stringify(server.socket)}, () => { ${act} })
      const end = setTimeout(() => s.destroy(), 300)
      s.on('error', () => {}).on('close', () => { clearTimeout(end); setImmediate(one) })
    }
    for (let i = 0; i < 64; i++) one()`
  await using mallory = as(MALLORY, script)
  await once(mallory.process.stdout ?? mallory.process, 'data')
  const answer = JSON.parse(await askLocalSocket(server.socket, '{"request":"status"}', root))
  expect(answer.status.schema).toBe('surety/status@1')
  expect(JSON.parse(await ask(ALICE, server.socket, '{"request":"status"}')).status.schema).toBe('surety/status@1')
  expect(process.memoryUsage().rss - residentBefore).toBeLessThan(FLOOD_RESIDENT_BYTES)
  mallory.process.kill('SIGKILL')
  // What was refused is kept for a second.
  await waitFor('refused connections to be forgotten', async () => (await retainedBytes()) - heldBefore, {
    until: (bytes) => bytes < FLOOD_HELD_BYTES,
    everyMs: 200,
  })
  expect(server.refreshed()).toBe(0)
  // Hundreds of refusals are a line or two of log, for a flood must not push all else out of it.
  expect(log.lines.length).toBeLessThan(5)
})

asRoot('one user gets their share of connections, and a second user theirs', async () => {
  using folder = temporaryFolder()
  await using server = await control(folder.path)
  const hold = `let open = 0, over = 0
    for (let i = 0; i < 200; i++) {
      const s = require('net').connect(${JSON.stringify(server.socket)}, () => open++)
      s.on('error', () => {}).on('close', () => over++).resume()
    }
    setInterval(() => { if (open === 200) console.log('held', open - over) }, 100)`
  await using mallory = as(MALLORY, hold)
  let text = ''
  mallory.process.stdout?.on('data', (more) => {
    text += String(more)
  })
  // Those beyond the share are closed by and by.
  await waitFor('a share of eight', () => text, { until: (lines) => /held 8\n/.test(lines) })
  expect(/held [0-7]\n/.test(text)).toBe(false)
  expect(JSON.parse(await ask(ALICE, server.socket, '{"request":"status"}')).status.schema).toBe('surety/status@1')
})

asRoot.each(['config', 'refresh'])('%s is refused to all users but root, for any claims', async (request) => {
  using folder = temporaryFolder()
  await using server = await control(folder.path)
  const claims = [
    { request },
    { request, uid: 0 },
    { request, user: 'root' },
    { request, __proto__: null, isRoot: true },
  ]
  const codes = []
  for (const claim of claims) {
    codes.push(JSON.parse(await ask(MALLORY, server.socket, JSON.stringify(claim))).error?.code)
  }
  expect([codes, server.refreshed()]).toEqual([
    ['NOT_PERMITTED', 'INPUT_MALFORMED', 'INPUT_MALFORMED', 'INPUT_MALFORMED'],
    0,
  ])
})

asRoot('a process that took the number of a peer that ended is not taken for it', async () => {
  using folder = temporaryFolder()
  const compiled = compileHostileProgram(folder.path)
  if ('missing' in compiled) return sayMissing('reuse of a process number', compiled.missing)
  chmodSync(folder.path, 0o755)
  const path = join(folder.path, 'a.sock')
  await using _ = await serveLocalSocket(
    { peers, log: silentLog, refuse: (code) => code, answer: async (_line, peer) => `${peer.pid} ${peer.hasEnded()}` },
    { path, maxLineBytes: 100, transferTimeoutMs: 25_000 },
  )
  await using peer = await compiled.start('inherit', path)
  await using successor = await processNumbered(peer.pid)
  // Another program bears the number now, and the kernel says so where a careless daemon would look.
  expect(readlinkSync(`/proc/${peer.pid}/exe`)).toMatch(/sleep|coreutils/)
  expect([await peer.finish(), successor.pid]).toEqual([`${peer.pid} true\n`, peer.pid])
})

/** A process with just this number, which must be free: the kernel is told which was the last. */
async function processNumbered(pid: number) {
  for (;;) {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1))
    const child = spawn('/usr/bin/sleep', ['1000'], { stdio: 'ignore' })
    const closed = once(child, 'close')
    await once(child, 'spawn')
    const end = async () => {
      child.kill('SIGKILL')
      await closed
    }
    if (child.pid === pid) return { pid, [Symbol.asyncDispose]: end }
    await end()
  }
}

test.each<[string, (path: string) => void]>([
  ['a link to a file', (path) => symlinkSync('/etc/passwd', path)],
  ['a link to nothing', (path) => symlinkSync('/nonexistent', path)],
  ['a folder', (path) => mkdirSync(path)],
  ['a file', (path) => writeFileSync(path, 'precious')],
])('%s in place of the socket is left alone, and that is an error', async (_, occupy) => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  occupy(socket)
  const components = { ...PARTS, status: () => sampleStatus(), config: () => [], refresh() {} }
  expect(await codeThrown(() => serveControl(components, { socket }))).toBe('SOCKET_IN_USE')
  expect(existsSync('/etc/passwd')).toBe(true)
})

test('a socket that another user serves in our place is not the daemon', async () => {
  using folder = temporaryFolder()
  const socket = join(folder.path, 'control.sock')
  const components = { ...PARTS, status: () => sampleStatus(), config: () => [], refresh() {} }
  chmodSync(folder.path, 0o777)
  expect(await codeThrown(() => serveControl(components, { socket }))).toBe('STORE_FAILED')
})
