import { type DarwinAddon, darwinProcesses } from '../../../src/system/processes/darwin.ts'
import { BSD_INFO_BYTES, parseBsdInfo, parseProcessArguments } from '../../../src/system/processes/darwin-structs.ts'

/** Laid out by hand after sys/proc_info.h and sysctl(3): no bytes of a real Mac were to be had. */
function bsdInfo(facts: {
  pid: number
  parentPid?: number
  started?: [bigint, bigint]
  terminal?: number
  name?: string
}): Buffer {
  const bytes = Buffer.alloc(BSD_INFO_BYTES)
  const [seconds, microseconds] = facts.started ?? [1_795_000_000n, 250_000n]
  bytes.writeUInt32LE(facts.pid, 12)
  bytes.writeUInt32LE(facts.parentPid ?? 1, 16)
  bytes.writeUInt32LE(501, 20)
  bytes.write((facts.name ?? 'claude').slice(0, 15), 48)
  bytes.write((facts.name ?? 'claude').slice(0, 31), 64)
  bytes.writeUInt32LE(facts.terminal ?? 0x1000_0003, 108)
  bytes.writeBigUInt64LE(seconds, 120)
  bytes.writeBigUInt64LE(microseconds, 128)
  return bytes
}

function processArguments(path: string, argv: readonly string[], environment: readonly string[] = []): Buffer {
  const count = Buffer.alloc(4)
  count.writeUInt32LE(argv.length)
  const text = `${path}\0\0\0\0${[...argv, ...environment].map((each) => `${each}\0`).join('')}\0ptr_munge=\0`
  return Buffer.concat([count, Buffer.from(text)])
}

test('proc_bsdinfo is read', () => {
  expect(parseBsdInfo(bsdInfo({ pid: 77, parentPid: 5 }))).toEqual({
    ...{ pid: 77, parentPid: 5, uid: 501, startedUs: 1_795_000_000_250_000, ttyNumber: 0x1000_0003, name: 'claude' },
  })
  expect(parseBsdInfo(bsdInfo({ pid: 77, terminal: 0xffff_ffff })).ttyNumber).toBe(0)
  // A name that fills its field has no zero.
  expect(parseBsdInfo(Buffer.from(bsdInfo({ pid: 77 })).fill('x', 64, 96)).name).toBe('x'.repeat(32))
  expect(parseBsdInfo(Buffer.from(bsdInfo({ pid: 77 })).fill(0, 64, 96)).name).toBe('claude')
})

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array(0)],
  ['a structure that is cut', bsdInfo({ pid: 1 }).subarray(0, BSD_INFO_BYTES - 1)],
  ['a second of more microseconds than it has', bsdInfo({ pid: 1, started: [1n, 1_000_000n] })],
  ['a year that never comes', bsdInfo({ pid: 1, started: [2n ** 40n, 0n] })],
])('%s is no process', (_, bytes) => {
  expect(() => parseBsdInfo(bytes)).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

test.each<[string, Buffer, { argv: string[]; environment: string }]>([
  [
    'arguments and environment',
    processArguments('/bin/zsh', ['-zsh', '', 'two words', 'ünï'], ['A=1', 'B=x\ny']),
    { argv: ['-zsh', '', 'two words', 'ünï'], environment: 'A=1\0B=x\ny\0' },
  ],
  ['no environment', processArguments('/bin/zsh', ['zsh']), { argv: ['zsh'], environment: '' }],
  ['no arguments', processArguments('/bin/zsh', [], ['A=1']), { argv: [], environment: 'A=1\0' }],
  [
    'an environment that does not end',
    Buffer.from('\x01\0\0\0/bin/zsh\0zsh\0A=1\0B=never ends', 'latin1'),
    { argv: ['zsh'], environment: 'A=1\0' },
  ],
])('%s are read', (_, bytes, told) => expect(parseProcessArguments(bytes)).toEqual(told))

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['a count alone', Buffer.from([1, 0, 0, 0])],
  ['a path that does not end', Buffer.from('\x01\0\0\0/bin/zsh', 'latin1')],
  ['fewer arguments than it says', Buffer.from('\x03\0\0\0/bin/zsh\0\0zsh\0-c\0', 'latin1')],
  ['an argument that does not end', Buffer.from('\x01\0\0\0/bin/zsh\0\0zsh', 'latin1')],
  ['more arguments than there can be', Buffer.from('\xff\xff\xff\xff/bin/zsh\0\0zsh\0', 'latin1')],
])('%s is refused', (_, bytes) => {
  expect(() => parseProcessArguments(bytes)).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

/** One process, 77, and what a test changes. */
function fakeAddon(changes: Partial<DarwinAddon> = {}) {
  const put = (bytes: Uint8Array, value: Uint8Array) => {
    bytes.set(value)
    return value.length
  }
  const asked: string[] = []
  const addon: DarwinAddon = {
    listPids: (bytes) => put(bytes, new Uint8Array(Uint32Array.of(0, 77).buffer)),
    readProcess: (pid, bytes) => (pid === 77 && put(bytes, bsdInfo({ pid })) > 0 ? 70 : -1),
    executable: (_, bytes) => put(bytes, Buffer.from('/opt/homebrew/bin/claude')),
    workingFolder: (_, bytes) => put(bytes, Buffer.from('/Users/u/app')),
    arguments: (_, bytes) => {
      asked.push('arguments')
      return put(bytes, processArguments('/opt/homebrew/bin/claude', ['claude', '-p'], ['THREAD=0199', 'TOKEN=hush']))
    },
    bootSession: (bytes) => put(bytes, Buffer.from('5F1C-UUID')),
    ...changes,
  }
  return { table: darwinProcesses({ addon }), asked }
}

test('a process of macOS is told, and asked for its arguments once', async () => {
  const { table, asked } = fakeAddon()
  const entry = {
    ...{
      pid: 77,
      parentPid: 1,
      startTicks: 1_795_000_000_250_000,
      userId: '501',
      sessionId: 70,
      ttyNumber: 0x1000_0003,
    },
    ...{ comm: 'claude', executable: '/opt/homebrew/bin/claude', argv: ['claude', '-p'] },
  }
  expect(await table.scan({})).toEqual([entry])
  expect(await table.scan({})).toEqual([entry])
  expect(table.entry(77)).toEqual(entry)
  expect(asked).toEqual(['arguments'])
  expect(table.identities()).toEqual([{ pid: 77, parentPid: 1, startTicks: 1_795_000_000_250_000, program: 'claude' }])
  expect(await table.bootId()).toBe('5F1C-UUID')
})

test('another program in the same process is looked at anew', async () => {
  let executable = '/bin/zsh'
  const { table, asked } = fakeAddon({
    executable: (_, bytes) => {
      bytes.set(Buffer.from(executable))
      return executable.length
    },
  })
  await table.scan({})
  executable = '/bin/bash'
  await table.scan({})
  expect(asked).toHaveLength(2)
})

test('surroundings tell names, and values only where they name a session', async () => {
  const { table } = fakeAddon()
  expect(await table.environmentNames(77)).toEqual(['THREAD', 'TOKEN'])
  expect(table.surroundings(77, new Set(['THREAD']))).toEqual({
    ...{ startTicks: 1_795_000_000_250_000, environmentNames: ['THREAD', 'TOKEN'], sessionMarkers: { THREAD: '0199' } },
    workingFolder: '/Users/u/app',
  })
  expect(table.surroundings(78, new Set())).toBeUndefined()
})

test.each<[string, (bytes: Uint8Array) => number]>([
  ['kept back', () => -1],
  ['changed while they are read', (bytes) => Buffer.from('\x09\0\0\0/bin/zsh\0\0zsh\0', 'latin1').copy(bytes)],
])('arguments that are %s are said to be unknown', async (_, answer) => {
  const { table } = fakeAddon({ arguments: (__, bytes) => answer(bytes) })
  expect(table.entry(77)).toMatchObject({ argv: [], argumentsUnread: true })
  expect(await table.environmentNames(77)).toBeUndefined()
})

test('a list that fills what it is read into is read into more', async () => {
  const sizes: number[] = []
  const { table } = fakeAddon({
    listPids: (bytes) => {
      sizes.push(bytes.length)
      return sizes.length < 3 ? bytes.length : 8
    },
  })
  await table.scan({})
  expect(sizes).toEqual([16_384, 32_768, 65_536])
})

test.each<[string, Partial<DarwinAddon>]>([
  ['does not tell', { listPids: () => 0 }],
  ['fails', { listPids: () => -1 }],
  ['tells of ever more', { listPids: (bytes) => bytes.length }],
])('when macOS %s, the scan fails: it must not look as if nothing ran', async (_, changes) => {
  const { table } = fakeAddon(changes)
  await expect(table.scan({})).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  expect(() => table.identities()).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})

test('a boot without a name is said', async () => {
  await expect(fakeAddon({ bootSession: () => -1 }).table.bootId()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
