import { type DarwinProcessesAddon, darwinProcesses } from '../../../../src/system/processes/darwin/process-table.ts'
import {
  BSD_INFO_BYTES,
  parseBsdInfo,
  parseProcessArguments,
  parseSignatureStatus,
  parseSignatureText,
  parseTaskActivity,
} from '../../../../src/system/processes/darwin/structs.ts'
import { bsdInfo, processArguments, put, taskInfo } from '../../../support/platforms/darwin/structures.ts'

test('proc_bsdinfo is read', () => {
  expect(parseBsdInfo(bsdInfo({ pid: 77, parentPid: 5 }))).toEqual({
    pid: 77,
    parentPid: 5,
    uid: 501,
    startedUs: 1_795_000_000_250_000,
    ttyNumber: 0x1000_0003,
    name: 'claude',
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

test('times and switches of a task make its activity', () => {
  expect(parseTaskActivity(taskInfo({ user: 2n ** 40n, system: 7n, switches: 12 }))).toBe('1099511627776 7 12')
  expect(() => parseTaskActivity(new Uint8Array(95))).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

test('a signature is read: its flags, and its texts with their length', () => {
  expect(parseSignatureStatus(Buffer.from([0x01, 0, 0, 0x24]))).toEqual({
    isValid: true,
    isAdHoc: false,
    isOfSystem: true,
  })
  expect(parseSignatureStatus(Buffer.from([0x03, 0, 0x02, 0x20])).isAdHoc).toBe(true)
  expect(parseSignatureText(Buffer.from('\0\0\0\0\0\0\0\x13Q6L2SF6YDW\0 more', 'latin1'))).toBe('Q6L2SF6YDW')
})

test.each<[string, Buffer]>([
  ['nothing', Buffer.alloc(0)],
  ['a head without text', Buffer.alloc(7)],
  ['a length below its head', Buffer.from([0, 0, 0, 0, 0, 0, 0, 7, 0x61])],
  ['more text than there is', Buffer.from([0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x61])],
])('a signature with %s is refused', (_, bytes) => {
  expect(() => parseSignatureText(bytes)).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

/** One process, 77, and what a test changes. */
function fakeAddon(changes: Partial<DarwinProcessesAddon> = {}) {
  const asked: string[] = []
  const addon: DarwinProcessesAddon = {
    listPids: (bytes) => put(bytes, new Uint8Array(Uint32Array.of(0, 77).buffer)),
    readProcess: (pid, bytes) => (pid === 77 && put(bytes, bsdInfo({ pid })) > 0 ? 70 : -1),
    executable: (_, bytes) => put(bytes, Buffer.from('/opt/homebrew/bin/claude')),
    workingFolder: (_, bytes) => put(bytes, Buffer.from('/Users/u/app')),
    arguments: (_, bytes) => {
      asked.push('arguments')
      return put(bytes, processArguments('/opt/homebrew/bin/claude', ['claude', '-p'], ['THREAD=0199', 'TOKEN=hush']))
    },
    processInfo: () => 0,
    systemText: (name, bytes) => (name === 'kern.bootsessionuuid' ? put(bytes, Buffer.from('5F1C-UUID')) : -1),
    ...changes,
  }
  return { table: darwinProcesses({ addon }), asked }
}

test('reports a process of macOS, and asks for its arguments once', async () => {
  const { table, asked } = fakeAddon()
  const entry = {
    pid: 77,
    parentPid: 1,
    startTicks: 1_795_000_000_250_000,
    userId: '501',
    sessionId: 70,
    ttyNumber: 0x1000_0003,
    comm: 'claude',
    executable: '/opt/homebrew/bin/claude',
    argv: ['claude', '-p'],
  }
  expect(await table.scan({})).toEqual([entry])
  expect(await table.scan({})).toEqual([entry])
  expect(table.entry(77)).toEqual(entry)
  expect(asked).toEqual(['arguments'])
  expect(table.identities()).toEqual([{ pid: 77, parentPid: 1, startTicks: 1_795_000_000_250_000, program: 'claude' }])
  expect(await table.bootId()).toBe('5F1C-UUID')
})

test.each([
  ['/System/Library/CoreServices/Finder.app/Contents/MacOS/Finder', true],
  ['/System/Applications/Utilities/Terminal.app/Contents/MacOS/Terminal', true],
  ['/usr/libexec/opendirectoryd', true],
  ['/usr/sbin/sshd', true],
  ['/bin/zsh', false],
  ['/usr/bin/python3', false],
  ['/Users/ann/System/claude', false],
  ['/usr/local/bin/claude', false],
])('%s is part of the system: %s', (executable, expected) => {
  expect(fakeAddon().table.isPartOfSystem?.(executable)).toBe(expected)
})

test('reads another program in the same process again', async () => {
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
    startTicks: 1_795_000_000_250_000,
    environmentNames: ['THREAD', 'TOKEN'],
    sessionMarkers: { THREAD: '0199' },
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

test.each<[string, Partial<DarwinProcessesAddon>]>([
  ['does not tell', { listPids: () => 0 }],
  ['fails', { listPids: () => -1 }],
  ['tells of ever more', { listPids: (bytes) => bytes.length }],
])('when macOS %s, the scan fails: it must not look as if nothing ran', async (_, changes) => {
  const { table } = fakeAddon(changes)
  await expect(table.scan({})).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  expect(() => table.identities()).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})

test('a boot without a name is said', async () => {
  await expect(fakeAddon({ systemText: () => -1 }).table.bootId()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
