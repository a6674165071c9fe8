import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import {
  parseDescriptors,
  parseTcpSocket,
  parseVnode,
  streamKindOf,
} from '../../../../src/system/processes/darwin/descriptors.ts'
import { parseLogins } from '../../../../src/system/processes/darwin/logins.ts'
import {
  type DarwinDetailsAddon,
  darwinProcessDetails,
} from '../../../../src/system/processes/darwin/process-details.ts'
import { parseBsdInfo } from '../../../../src/system/processes/darwin/structs.ts'
import { mirroredDarwinAddon } from '../../../support/platforms/darwin/mirrored-addon.ts'
import {
  bsdInfo,
  descriptorList,
  loginList,
  put,
  tcpSocket,
  vnodeInfo,
} from '../../../support/platforms/darwin/structures.ts'
import { temporaryFolder } from '../../../support/temporary-folder.ts'

/** Real processes of this machine, shown in the structures of macOS. */
const addon = mirroredDarwinAddon()
const details = darwinProcessDetails({ addon })

function nameOf(pid: number) {
  const bytes = Buffer.alloc(136)
  if (addon.readProcess(pid, bytes) < 0) throw new TypeError(`process ${pid} is not there`)
  return { pid, startTicks: parseBsdInfo(bytes).startedUs, userId: String(process.geteuid?.()) }
}

test('reports a child with its streams, folder and program', async () => {
  const child = spawn('/bin/sh', ['-c', 'echo ready; read line'], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/usr' })
  await once(child.stdout, 'data')
  const name = nameOf(child.pid ?? 0)
  // Node makes sockets of its pipes.
  expect(details.streams(name)).toEqual(['socket', 'socket', 'null'])
  expect(details.standing(name)).toEqual({
    cgroup: undefined,
    loginUserId: undefined,
    auditSession: undefined,
    pidNamespace: undefined,
    rootMount: undefined,
    workingFolder: '/usr',
  })
  expect(details.executableNow(name)).toMatch(/^\/usr\/bin\/(da|ba)?sh$/)
  expect(details.streams({ ...name, startTicks: name.startTicks + 1 })).toBeUndefined()
  child.kill('SIGKILL')
  await once(child, 'close')
  expect([details.streams(name), details.standing(name), details.activity(name)]).toEqual(Array(3).fill(undefined))
})

test('connections lead to their other ends, and served ports are listed apart', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const script = `require('node:net').connect(${port}, '127.0.0.1').on('connect', () => console.log('connected')).resume()`
  const accepted = once(server, 'connection')
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const [socket] = await accepted
  const [own, other] = [nameOf(process.pid), nameOf(child.pid ?? 0)]
  const found = details.sockets([own, other])
  expect(found.get(other.pid)).toEqual({
    connected: [{ address: '127.0.0.1', port, loopback: true }],
    listening: [],
  })
  expect(found.get(own.pid)?.listening).toContainEqual({ address: '127.0.0.1', port, loopback: true })
  expect(found.get(own.pid)?.connected.map((end) => end.port)).not.toContain(port)
  child.kill('SIGKILL')
  socket.destroy()
  server.close()
  await once(child, 'close')
})

test('open files are those with a name, and no folders or devices', () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'open')
  const fds = [openSync(path, 'w'), openSync(folder.path, 'r'), openSync('/dev/null', 'r')]
  const own = nameOf(process.pid)
  const files = details.openFiles([own]).get(own.pid) ?? []
  for (const fd of fds) closeSync(fd)
  expect(files).toContain(path)
  expect(files.filter((file) => file === folder.path || file === '/dev/null')).toEqual([])
})

test('a process that works has another activity', () => {
  const own = nameOf(process.pid)
  const before = details.activity(own)
  const until = process.cpuUsage().user + 50_000
  while (process.cpuUsage().user < until) Math.sqrt(until)
  expect(before).toMatch(/^\d+ \d+ \d+$/)
  expect(details.activity(own)).not.toBe(before)
})

/** As csops answers: flags, or a head of eight bytes and a text. */
function signedBy(flags: number, texts: Readonly<Record<number, string>>) {
  const codeSignature: DarwinDetailsAddon['codeSignature'] = (_, operation, bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (operation === 0) return buffer.writeUInt32LE(flags) === 4 ? 0 : -1
    const text = texts[operation]
    if (text === undefined) return -1
    buffer.writeUInt32BE(text.length + 9, 4)
    buffer.write(`${text}\0`, 8)
    return 0
  }
  const name = nameOf(process.pid)
  return darwinProcessDetails({ addon: { ...addon, codeSignature, responsiblePid: () => 12 } }).signature?.(name)
}

test.each<[string, number, Readonly<Record<number, string>>, unknown]>([
  ['of a maker', 0x2000_0001, { 11: 'com.anthropic.claude-code', 14: 'Q6L2SF6YDW' }, ['team', 'Q6L2SF6YDW']],
  ['of the system', 0x2400_0001, { 11: 'com.apple.zsh' }, ['system', undefined]],
  ['that nobody answers for', 0x2002_0003, { 11: 'node-55554944' }, ['ad-hoc', undefined]],
  ['that is no longer valid', 0x2000_0000, { 11: 'com.anthropic.claude-code', 14: 'Q6L2SF6YDW' }, undefined],
  ['without a name', 0x2000_0001, {}, undefined],
])('reports a signature %s', (_, flags, texts, expected) => {
  const signature = signedBy(flags, texts)
  expect(signature && [signature.kind, signature.team]).toEqual(expected)
})

test('names the responsible process where macOS does', () => {
  const name = nameOf(process.pid)
  expect(details.responsible?.(name)).toBeUndefined()
  expect(details.signature?.(name)).toBeUndefined()
  const told = darwinProcessDetails({ addon: { ...addon, responsiblePid: () => 12 } })
  expect(told.responsible?.(name)).toBe(12)
  expect(told.responsible?.({ ...name, startTicks: 1 })).toBeUndefined()
})

test('logins name users by the owner of their device', () => {
  const records = loginList([
    { user: 'ann', line: 'console', pid: 120 },
    { user: 'ann', line: 'ttys000', pid: 900 },
    { user: 'bob', line: 'ttys001', pid: 901, host: '192.0.2.7' },
    { user: 'bob', line: 'ttys002', pid: 902, type: 8 },
    { user: 'eve', line: '../sda', pid: 903 },
    { user: 'eve', line: 'ttys009', pid: 904 },
  ])
  const owners: Readonly<Record<string, string>> = { console: '501', ttys000: '501', ttys001: '502' }
  expect(parseLogins(records, (line) => owners[line])).toEqual([
    { userId: '501', session: '120', kind: 'graphical', tty: undefined },
    { userId: '501', session: '900', kind: 'terminal', tty: 'ttys000' },
    { userId: '502', session: '901', kind: 'remote', tty: 'ttys001' },
  ])
  expect(parseLogins(records.subarray(0, 639), () => '0')).toEqual([])
})

test.each<[string, Parameters<typeof tcpSocket>[0], unknown]>([
  [
    'IPv4',
    {
      state: 4,
      family: 4,
      local: { address: [10, 0, 0, 2], port: 50_000 },
      remote: { address: [192, 0, 2, 1], port: 443 },
    },
    { state: 'connected', local: { address: '10.0.0.2', port: 50_000, loopback: false } },
  ],
  [
    'IPv6 on this Mac',
    {
      state: 1,
      family: 6,
      local: { address: [...Array<number>(15).fill(0), 1], port: 11_434 },
      remote: { address: [], port: 0 },
    },
    { state: 'listening', local: { address: '::1', port: 11_434, loopback: true } },
  ],
  [
    'IPv4 within IPv6',
    {
      state: 4,
      family: 6 as const,
      local: { address: [], port: 1 },
      remote: { address: [0xff, 0xff, 127, 0, 0, 1], port: 8_080 },
    },
    { remote: { address: '127.0.0.1', port: 8_080, loopback: true } },
  ],
])('a socket of %s is read', (_, facts, expected) =>
  expect(parseTcpSocket(tcpSocket(facts))).toMatchObject(Object(expected)),
)

test('a closed socket, and one of another kind, are left out', () => {
  const ends = { local: { address: [], port: 0 }, remote: { address: [], port: 0 } }
  expect(parseTcpSocket(tcpSocket({ state: 0, family: 4, ...ends }))).toBeUndefined()
  const unix = tcpSocket({ state: 4, family: 4, ...ends })
  unix.writeInt32LE(3, 256)
  expect(parseTcpSocket(unix)).toBeUndefined()
})

test.each<[string, () => unknown]>([
  ['descriptors', () => parseDescriptors(new Uint8Array(7))],
  ['a file', () => parseVnode(new Uint8Array(1_199))],
  ['a socket', () => parseTcpSocket(new Uint8Array(791))],
])('%s that are cut are refused', (_, parse) => {
  expect(parse).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

test.each([
  ['/dev/null', 4, 'null'],
  ['/dev/ttys003', 4, 'terminal'],
  ['/dev/console', 4, 'terminal'],
  ['/dev/random', 4, 'other'],
  ['/Users/ann/ttys000', 1, 'other'],
] as const)('a stream to %s is %s: %s', (path, type, kind) => {
  expect(streamKindOf(parseVnode(vnodeInfo({ type, path })))).toBe(kind)
})

test('what may not be seen is unknown, and descriptors are bounded for all together', () => {
  let asked = 0
  const changed: DarwinDetailsAddon = {
    ...addon,
    readProcess: (pid, bytes) => put(bytes, bsdInfo({ pid })),
    processInfo(_, __, bytes) {
      asked += bytes.length / 8
      bytes.set(descriptorList(Array.from({ length: bytes.length / 8 }, (___, at) => [at, 'kqueue'] as const)))
      return bytes.length
    },
    descriptorInfo: () => 0,
    workingFolder: () => -1,
    executable: () => -1,
  }
  const blind = darwinProcessDetails({ addon: changed })
  const name = { pid: 5, startTicks: 1_795_000_000_250_000, userId: '501' }
  expect(blind.executableNow(name)).toBeUndefined()
  expect(blind.standing(name)?.workingFolder).toBeUndefined()
  expect(blind.sockets(Array.from({ length: 500 }, (_, at) => ({ ...name, pid: at + 1 }))).size).toBe(500)
  expect(asked).toBeLessThanOrEqual(4_096)
})
