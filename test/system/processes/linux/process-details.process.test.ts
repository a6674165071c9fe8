import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, realpathSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import {
  cgroupIn,
  linuxProcessDetails,
  openFilesOf,
  parseLogin,
  rootMountIn,
  rootMounts,
} from '../../../../src/system/processes/linux/process-details.ts'
import { linuxProcesses } from '../../../../src/system/processes/linux/process-table.ts'
import { parseTcpTable } from '../../../../src/system/processes/linux/tcp-table.ts'

const details = linuxProcessDetails()
const table = linuxProcesses()

function self() {
  const entry = table.entry(process.pid)
  if (entry === undefined) throw new TypeError('we run')
  return entry
}

test('we stand in our own namespace and folder, on our own root', () => {
  expect(details.standing(self())).toMatchObject({
    cgroup: expect.stringMatching(/^\//),
    pidNamespace: expect.stringMatching(/^pid:\[\d+\]$/),
    rootMount: undefined,
    workingFolder: realpathSync('.'),
  })
  expect(details.standing(self())?.pidNamespace).toBe(details.ownPidNamespace)
})

test("reports our connections' other ends and the ports we listen on, at each look", async () => {
  details.sockets([self()])
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  try {
    const sockets = details.sockets([self()]).get(process.pid)
    const end = { address: '127.0.0.1', port, loopback: true }
    expect(sockets?.connected).toContainEqual(end)
    // An incoming connection is not one that we opened.
    expect(sockets?.connected).not.toContainEqual({ ...end, port: client.localPort })
    expect(sockets?.listening).toContainEqual(end)
    // Looked up again or not, it is the same as long as the sockets are.
    expect(details.sockets([self()]).get(process.pid)).toEqual(sockets)
    client.destroy()
    await once(client, 'close')
    expect(details.sockets([self()]).get(process.pid)?.connected).not.toContainEqual(end)
  } finally {
    client.destroy()
    server.close()
  }
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot('a process in a mount namespace of its own shares no mounts with us', async () => {
  expect(details.sharesMounts?.(self())).toBe(true)
  const child = spawn('/usr/bin/unshare', ['-m', '/bin/sh', '-c', 'echo; exec sleep 60'])
  try {
    await once(child.stdout, 'data')
    const entry = table.entry(child.pid ?? 0)
    if (entry === undefined) throw new TypeError('it runs')
    expect(details.sharesMounts?.(entry)).toBe(false)
    expect(details.sharesMounts?.({ ...entry, startTicks: entry.startTicks - 1 })).toBeUndefined()
  } finally {
    child.kill()
  }
})

/** Thousands of connections within one process, which says so once they are there. */
const CROWD = `
const { createServer, connect } = require('node:net')
const server = createServer().listen(0, '127.0.0.1', async () => {
  for (let i = 0; i < 2500; i++) await new Promise((done) => connect(server.address().port, '127.0.0.1', done))
  console.log('there')
})
`

test('the sockets of a process are found among thousands of others', async () => {
  const crowd = spawn(process.execPath, ['-e', CROWD], { stdio: ['ignore', 'pipe', 'inherit'] })
  const server = createServer().listen(0, '127.0.0.1')
  const clients: Socket[] = []
  try {
    await Promise.all([once(crowd.stdout, 'data'), once(server, 'listening')])
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    for (let i = 0; i < 20; i++) {
      const client = connect(port, '127.0.0.1')
      clients.push(client)
      await once(client, 'connect')
    }
    const { connected = [] } = linuxProcessDetails().sockets([self()]).get(process.pid) ?? {}
    expect(connected.filter((end) => end.port === port)).toHaveLength(20)
  } finally {
    for (const client of clients) client.destroy()
    server.close()
    crowd.kill('SIGKILL')
    await once(crowd, 'exit')
  }
})

test('a socket is found behind thousands of other descriptors', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const held = Array.from({ length: 5000 }, () => openSync('/dev/null', 'r'))
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  try {
    const { connected = [] } = linuxProcessDetails().sockets([self()]).get(process.pid) ?? {}
    expect(connected.filter((end) => end.port === port)).toHaveLength(1)
  } finally {
    for (const fd of held) closeSync(fd)
    client.destroy()
    server.close()
  }
})

test('the streams of a child are what they were given', async () => {
  const child = spawn('/bin/sh', ['-c', 'echo up; read line'], { stdio: ['pipe', 'pipe', 'ignore'] })
  await once(child.stdout, 'data')
  const entry = table.entry(child.pid ?? 0)
  expect(entry === undefined ? undefined : details.streams(entry)).toEqual(['socket', 'socket', 'null'])
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(
    entry === undefined ? 'none' : [details.streams(entry), details.standing(entry), details.openFiles([entry])],
  ).toEqual([undefined, undefined, new Map()])
})

test('reports open files by their paths', () => {
  const fd = openSync(import.meta.filename, 'r')
  try {
    expect(details.openFiles([self()]).get(process.pid)).toContain(import.meta.filename)
  } finally {
    closeSync(fd)
  }
})

test('a process with very many open files costs no more, and hides no other process', async () => {
  const file = openSync(import.meta.filename, 'r')
  const child = spawn('/bin/sleep', ['60'], { stdio: ['ignore', file, 'ignore'] })
  const held = Array.from({ length: 300 }, () => openSync(import.meta.filename, 'r'))
  try {
    await once(child, 'spawn')
    const entry = table.entry(child.pid ?? 0)
    const asked = [self(), ...(entry === undefined ? [] : [entry])]
    const found = openFilesOf(asked, { most: 200 })
    expect([...found.keys()]).toEqual([process.pid, child.pid])
    expect(found.get(process.pid)?.length).toBeLessThanOrEqual(100)
    expect(found.get(child.pid ?? 0)).toContain(import.meta.filename)
    // Far more than there is room for are answered all the same.
    expect(openFilesOf([...Array(500).fill(self()), ...asked.slice(1)], { most: 200 }).size).toBe(1)
  } finally {
    for (const fd of [file, ...held]) closeSync(fd)
    child.kill('SIGKILL')
  }
})

test('a pid that is another process by now tells nothing', () => {
  const { pid, startTicks, userId } = self()
  const other = { pid, userId, startTicks: startTicks - 1 }
  expect([details.standing(other), details.streams(other), details.openFiles([other])]).toEqual([
    undefined,
    undefined,
    new Map(),
  ])
  expect(details.sockets([other])).toEqual(new Map())
})

test.each([
  [
    'the unified hierarchy',
    '0::/user.slice/user-1000.slice/session-3.scope\n',
    '/user.slice/user-1000.slice/session-3.scope',
  ],
  ['that of systemd before it', '12:pids:/x\n1:name=systemd:/docker/abc\n0::/\n', '/docker/abc'],
  ['the root', '0::/\n', '/'],
  ['none', '12:pids:/x\n', undefined],
  ['nothing', '', undefined],
  ['what is no path', '0::../../../other\n', undefined],
])('the control group is read from %s', (_, text, path) => expect(cgroupIn(text)).toBe(path))

test('of several mounts at the root the last is seen', () => {
  const text =
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:27 / /proc rw - proc proc rw\n' +
    '31 22 0:40 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/ABC\n'
  expect(rootMountIn(text)).toBe('overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/ABC')
  expect(rootMountIn('nonsense')).toBeUndefined()
})

test('reads the mounts at a root once for all that share it, and soon again', () => {
  const links: Record<string, string> = { '/proc/self/ns/mnt': 'mnt:[1]' }
  const see = (pid: number, namespace: string, root?: string) => {
    links[`/proc/${pid}/ns/mnt`] = namespace
    if (root !== undefined) links[`/proc/${pid}/root`] = root
  }
  for (const pid of [10, 11]) see(pid, 'mnt:[2]', '/')
  see(12, 'mnt:[2]', '/elsewhere')
  see(13, 'mnt:[3]', '/')
  see(14, 'mnt:[1]', '/')
  for (const pid of [15, 16]) see(pid, 'mnt:[4]')
  let now = 0
  const reads: number[] = []
  const mountOf = rootMounts({
    link: (path) => links[path],
    read: (path) => {
      const pid = Number(path.split('/')[2])
      reads.push(pid)
      return `22 1 8:1 / / rw - ext4 of-${pid} rw\n`
    },
    now: () => now,
  })
  expect([10, 11, 12, 13, 14, 15, 16].map(mountOf).map((mount) => mount?.split(' ')[1])).toEqual([
    'of-10',
    'of-10',
    'of-12',
    'of-13',
    undefined,
    'of-15',
    'of-16',
  ])
  now = 1_999
  mountOf(11)
  now = 2_000
  mountOf(11)
  expect(reads).toEqual([10, 12, 13, 15, 16, 11])
})

test.each([
  ['a root behind thousands of other mounts', '22 1 8:1 / /mnt rw - ext4 /dev/a rw\n'],
  ['no table', undefined],
])('%s is not taken for ours', (_, table) => {
  const mountOf = rootMounts({ link: (path) => path, read: () => table, now: () => 0 })
  expect(mountOf(10)).toBe('')
})

describe('tables of sockets', () => {
  const line = (local: string, remote: string, state: string, uid = '1000', inode = '4711') =>
    `   1: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000 20 4 30 10 -1`

  test.each([
    ['a connection', line('0100007F:A2F4', '0201A8C0:01BB', '01'), 'connected', '192.168.1.2', 443, false],
    ['one within this machine', line('0100007F:A2F4', '0100007F:2CAA', '01'), 'connected', '127.0.0.1', 11434, true],
    [
      'one of IPv6',
      line('00000000000000000000000001000000:A2F4', 'B80D0120000000000000000001000000:01BB', '01'),
      ...(['connected', '2001:db8::1', 443, false] as const),
    ],
    [
      'one of IPv4 in IPv6',
      line('0000000000000000FFFF00000100007F:A2F4', '0000000000000000FFFF00000100007F:0050', '01'),
      ...(['connected', '127.0.0.1', 80, true] as const),
    ],
  ])('%s', (_, text, state, address, port, loopback) => {
    expect(parseTcpTable(text)).toEqual([
      { state, inode: '4711', uid: 1000, local: expect.anything(), remote: { address, port, loopback } },
    ])
  })

  test('a port that listens', () => {
    expect(parseTcpTable(line('00000000:1F90', '00000000:0000', '0A'))).toEqual([
      expect.objectContaining({ state: 'listening', local: { address: '0.0.0.0', port: 8080, loopback: false } }),
    ])
  })

  test.each([
    ['the heading', '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode'],
    ['one that waits', line('0100007F:A2F4', '0201A8C0:01BB', '06')],
    ['one that nobody has', line('0100007F:A2F4', '0201A8C0:01BB', '01', '0', '0')],
    ['half a line', line('0100007F:A2F4', '0201A8C0:01BB', '01').slice(0, 60)],
    ['nothing', ''],
  ])('%s is left out', (_, text) => expect(parseTcpTable(text)).toEqual([]))

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseTcpTable(text))))
  })
})

describe('logins', () => {
  const session = 'UID=1000\nUSER=alice\nCLASS=user\nSTATE=active\n'
  test.each([
    ['a desktop', `${session}TYPE=wayland\nREMOTE=0\n`, { kind: 'graphical', tty: undefined }],
    ['a console', `${session}TYPE=tty\nTTY=tty2\nREMOTE=0\n`, { kind: 'terminal', tty: 'tty2' }],
    ['from elsewhere', `${session}TYPE=tty\nREMOTE=1\n`, { kind: 'remote', tty: undefined }],
    ['of no known kind', session, { kind: 'unknown', tty: undefined }],
  ])('%s', (_, text, found) => {
    expect(parseLogin('3', text)).toEqual({ userId: '1000', session: '3', ...found })
  })

  test.each([
    ['of a greeter', session.replace('CLASS=user', 'CLASS=greeter')],
    ['of a manager', session.replace('CLASS=user', 'CLASS=manager')],
    ['that ends', session.replace('STATE=active', 'STATE=closing')],
    ['of nobody', session.replace('UID=1000', 'UID=x')],
    ['that is empty', ''],
  ])('one %s is none', (_, text) => expect(parseLogin('3', text)).toBeUndefined())
})
