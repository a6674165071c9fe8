import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { reader } from '../../../../src/base/schema.ts'
import { userIdSchema } from '../../../../src/protocol/sighting.ts'
import { splitCommandLine } from '../../../../src/system/processes/windows/command-line.ts'
import {
  microsecondsOf,
  parseSid,
  parseWindowsProcesses,
} from '../../../../src/system/processes/windows/process-list.ts'
import { type WindowsAddon, windowsProcesses } from '../../../../src/system/processes/windows/process-table.ts'

const userIdReader = reader(userIdSchema, { name: 'user id' })
const ENTRY_BYTES = 0x100
const BOOT = 133_000_000_000_000_000n

interface Listed {
  readonly pid: number
  readonly parentPid?: number
  /** In units of 100 ns after the boot of these tests. */
  readonly after?: bigint
  readonly name?: string
}

/** As Windows lays them out: the names behind each structure. */
function listOf(processes: readonly Listed[]): Buffer {
  const parts = processes.map(({ pid, parentPid = 4, after = 0n, name = 'a.exe' }, index) => {
    const text = Buffer.from(name, 'utf16le')
    const part = Buffer.alloc((ENTRY_BYTES + text.length + 7) & ~7)
    part.writeUInt32LE(index === processes.length - 1 ? 0 : part.length, 0)
    part.writeBigInt64LE(BOOT + after, 0x20)
    part.writeUInt16LE(text.length, 0x38)
    part.writeBigUInt64LE(BigInt(pid), 0x50)
    part.writeBigUInt64LE(BigInt(parentPid), 0x58)
    part.writeUInt32LE(1, 0x64)
    text.copy(part, ENTRY_BYTES)
    return part
  })
  let at = 0
  for (const [index, part] of parts.entries()) {
    if (processes[index]?.name !== '') part.writeBigUInt64LE(BigInt(at + ENTRY_BYTES), 0x40)
    at += part.length
  }
  return Buffer.concat(parts)
}

test('what Windows wrote under Wine is read', () => {
  const bytes = readFileSync(join(import.meta.dirname, '../../../fixtures/windows/process-list.bin'))
  const processes = parseWindowsProcesses(bytes)
  expect(processes.map(({ name }) => name)).toEqual([
    ...['node.exe', 'services.exe', 'explorer.exe', 'winedevice.exe'],
    ...['plugplay.exe', 'svchost.exe', 'winedevice.exe', 'rpcss.exe'],
  ])
  expect(processes[0]).toEqual({
    pid: 32,
    parentPid: 0,
    startedUs: 1_795_603_238_640_550,
    sessionId: 1,
    name: 'node.exe',
  })
})

test('a list is read as it is laid out', () => {
  const bytes = listOf([
    { pid: 0, name: '' },
    { pid: 4, name: 'System' },
    { pid: 70_000, parentPid: 4, after: 25n, name: 'ünï.exe' },
  ])
  expect(parseWindowsProcesses(bytes)).toEqual([
    { pid: 0, parentPid: 4, startedUs: microsecondsOf(BOOT), sessionId: 1, name: '' },
    { pid: 4, parentPid: 4, startedUs: microsecondsOf(BOOT), sessionId: 1, name: 'System' },
    { pid: 70_000, parentPid: 4, startedUs: microsecondsOf(BOOT) + 2, sessionId: 1, name: 'ünï.exe' },
  ])
})

const changed = (write: (bytes: Buffer) => void) => {
  const bytes = listOf([{ pid: 1 }, { pid: 2 }])
  write(bytes)
  return bytes
}

test.each<[string, Uint8Array]>([
  ['nothing', new Uint8Array(0)],
  ['a list cut within its first process', listOf([{ pid: 1 }]).subarray(0, 0x67)],
  ['a list cut within its second process', listOf([{ pid: 1 }, { pid: 2 }]).subarray(0, ENTRY_BYTES + 0x20)],
  ['a process that begins within another', changed((bytes) => bytes.writeUInt32LE(8, 0))],
  ['a process beyond the end', changed((bytes) => bytes.writeUInt32LE(0xffff_fff0, 0))],
  ['a name beyond the end', changed((bytes) => bytes.writeBigUInt64LE(BigInt(bytes.length - 2), 0x40))],
  ['a name at an address', changed((bytes) => bytes.writeBigUInt64LE(0x7fff_0000_0000n, 0x40))],
  ['a process id that no process has', changed((bytes) => bytes.writeBigUInt64LE(2n ** 40n, 0x50))],
  ['more processes than there can be', Buffer.concat([...Array.from({ length: 100_001 }, () => tiny(0x68)), tiny(0)])],
])('%s is refused', (_, bytes) => {
  expect(() => parseWindowsProcesses(bytes)).toThrow(expect.objectContaining({ code: 'INPUT_MALFORMED' }))
})

function tiny(next: number): Buffer {
  const bytes = Buffer.alloc(0x68)
  bytes.writeUInt32LE(next, 0)
  return bytes
}

test('a time before 1970 is the beginning', () => {
  expect(microsecondsOf(0n)).toBe(0)
  expect(microsecondsOf(116_444_736_000_000_010n)).toBe(1)
})

test.each<[string, string[]]>([
  ['', []],
  ['a.exe', ['a.exe']],
  ['"C:\\Program Files\\a.exe" b', ['C:\\Program Files\\a.exe', 'b']],
  ['"C:\\a.exe', ['C:\\a.exe']],
  ['C:\\a"b\\c.exe d', ['C:\\a"b\\c.exe', 'd']],
  ['a  b\t c ', ['a', 'b', 'c']],
  ['a "b c" d', ['a', 'b c', 'd']],
  ['a b" "c', ['a', 'b c']],
  ['a ""', ['a', '']],
  ['a "" b', ['a', '', 'b']],
  ['a \\\\server\\b', ['a', '\\\\server\\b']],
  ['a b\\"c', ['a', 'b"c']],
  ['a b\\\\"c d"', ['a', 'b\\c d']],
  ['a b\\\\\\"c', ['a', 'b\\"c']],
  ['a "C:\\dir\\\\" b', ['a', 'C:\\dir\\', 'b']],
  ['a "b ""c"" d"', ['a', 'b "c" d']],
  ['a "unended b', ['a', 'unended b']],
  ['a \\', ['a', '\\']],
])('the command line %j is %j', (line, words) => expect(splitCommandLine(line)).toEqual(words))

test('a command line of very many words is cut', () => {
  expect(splitCommandLine('a '.repeat(16_000))).toHaveLength(4_096)
})

/** Revision, count, authority, and the sub-authorities in little-endian order. */
function sidOf(authority: number, ...parts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + 4 * parts.length)
  bytes.set([1, parts.length])
  bytes.writeUIntBE(authority, 2, 6)
  for (const [at, part] of parts.entries()) bytes.writeUInt32LE(part, 8 + at * 4)
  return bytes
}

const ALICE_SID = sidOf(5, 21, 3_623_811_015, 3_361_044_348, 30_300_820, 1013)

test.each<[string, Buffer]>([
  ['S-1-5-21-3623811015-3361044348-30300820-1013', ALICE_SID],
  ['S-1-5-18', sidOf(5, 18)],
  ['S-1-0-0', sidOf(0, 0)],
  ['S-1-0x0123456789AB-4294967295', sidOf(0x0123_4567_89ab, 0xffff_ffff)],
])('the user id %s is read from a SID', (text, bytes) => {
  expect(parseSid(bytes)).toBe(text)
  expect(userIdReader.read(text)).toBe(text)
})

test.each<[string, Uint8Array]>([
  ['no bytes', new Uint8Array(0)],
  ['another revision', Buffer.from(sidOf(5, 18)).fill(2, 0, 1)],
  ['no sub-authority', sidOf(5)],
  ['more sub-authorities than there can be', sidOf(5, ...Array.from({ length: 16 }, (_, at) => at))],
  ['a cut SID', sidOf(5, 21, 7).subarray(0, 14)],
  ['bytes behind a SID', Buffer.concat([sidOf(5, 18), Buffer.alloc(1)])],
])('no user id is read from %s', (_, bytes) => expect(parseSid(bytes)).toBeUndefined())

interface About {
  readonly after?: bigint
  readonly line?: string
  readonly environment?: string
  readonly sid?: Buffer
  readonly parentId?: number
}

/** Answers as the addon does, from what a test says. */
class FakeAddon implements WindowsAddon {
  list = listOf([{ pid: 1 }])
  lists = 0
  reads: number[] = []
  readonly about = new Map<number, About>()
  executable: string | undefined = 'C:\\a.exe'
  folder: string | undefined = 'C:\\Windows'

  listProcesses(bytes: Uint8Array): number {
    this.lists++
    if (this.list.length <= bytes.length) bytes.set(this.list)
    return this.list.length
  }

  readProcess(pid: number, numbers: Float64Array, text: Uint8Array, environment: boolean): boolean {
    const found = this.about.get(pid)
    this.reads.push(pid)
    if (found === undefined) return false
    const created = BOOT + (found.after ?? 0n)
    const put = (at: number, value: string | undefined) => {
      const bytes = Buffer.from(value ?? '', 'utf16le')
      text.set(bytes, at)
      return value === undefined ? -1 : bytes.length
    }
    const { sid = ALICE_SID } = found
    text.set(sid, 16_384)
    numbers.set([
      ...[Number(created & 0xffff_ffffn), Number(created >> 32n), sid.length || -1],
      ...[put(0, this.executable), put(8_192, 'C:\\'), put(16_512, environment ? found.environment : found.line)],
      ...[found.parentId ?? 4, 1],
    ])
    return true
  }

  bootTime(halves: Float64Array): boolean {
    halves.set([Number(BOOT & 0xffff_ffffn), Number(BOOT >> 32n)])
    return true
  }

  systemFolder(): string | undefined {
    return this.folder
  }
}

test('reports one process without the list', () => {
  const addon = new FakeAddon()
  const table = windowsProcesses({ addon })
  addon.about.set(8, { after: 50n, line: 'a.exe --one', parentId: 12 })
  addon.about.set(12, { after: 10n })
  const entry = {
    pid: 8,
    parentPid: 12,
    startTicks: microsecondsOf(BOOT + 50n),
    sessionId: 1,
    ttyNumber: 0,
    comm: 'a.exe',
    userId: 'S-1-5-21-3623811015-3361044348-30300820-1013',
    executable: 'C:/a.exe',
    argv: ['a.exe', '--one'],
  }
  expect(table.entry(8)).toEqual(entry)
  // The number of its parent is another's by now.
  addon.about.set(12, { after: 90n })
  expect(table.entry(8)?.parentPid).toBe(0)
  addon.about.delete(12)
  expect(table.entry(8)?.parentPid).toBe(0)
  expect(addon.lists).toBe(0)
})

test('of a process that tells nothing of itself the list tells', () => {
  const addon = new FakeAddon()
  addon.list = listOf([{ pid: 4, parentPid: 0, name: 'System' }])
  const table = windowsProcesses({ addon })
  expect(table.entry(4)).toMatchObject({ pid: 4, comm: 'System', executable: undefined })
  addon.about.set(4, {})
  addon.executable = undefined
  expect(table.entry(4)).toMatchObject({ pid: 4, comm: 'System', executable: undefined })
  expect(table.entry(9)).toBeUndefined()
})

test.each([
  ['\\\\server\\share\\a.exe', undefined],
  ['\\\\?\\C:\\Tools\\a.exe', 'C:/Tools/a.exe'],
  ['d:\\tools\\NUL.exe', undefined],
  ['d:\\Tools\\A.EXE', 'D:/Tools/A.EXE'],
])('the executable %s is %s', (native, executable) => {
  const addon = new FakeAddon()
  addon.executable = native
  addon.about.set(8, {})
  expect(windowsProcesses({ addon }).entry(8)?.executable).toBe(executable)
})

test.each([
  ['C:/Windows/explorer.exe', true],
  ['C:/windows/SYSTEM32/svchost.exe', true],
  ['C:/Windows/System32/wbem/WmiPrvSE.exe', true],
  ['C:/Windows/System32/cmd.exe', false],
  ['C:/Windows/Temp/svchost.exe', false],
  ['D:/Windows/System32/svchost.exe', false],
  ['C:/WindowsX/explorer.exe', false],
  ['/windows/explorer.exe', false],
])('%s is part of Windows: %s', (executable, isPart) => {
  const addon = new FakeAddon()
  const table = windowsProcesses({ addon })
  expect(table.isPartOfSystem?.(executable)).toBe(isPart)
  addon.folder = undefined
  expect(windowsProcesses({ addon }).isPartOfSystem?.(executable)).toBe(false)
})

test('a process is looked at once, as long as it is the same', async () => {
  const addon = new FakeAddon()
  const table = windowsProcesses({ addon })
  addon.list = listOf([{ pid: 8, after: 10n }])
  addon.about.set(8, { after: 10n, line: 'a.exe --one' })
  expect((await table.scan({}))[0]?.argv).toEqual(['a.exe', '--one'])
  addon.about.set(8, { after: 10n, line: 'a.exe --rewritten' })
  expect((await table.scan({}))[0]?.argv).toEqual(['a.exe', '--one'])
  // The number is used again.
  addon.list = listOf([{ pid: 8, after: 99n }])
  addon.about.set(8, { after: 99n, line: 'b.exe' })
  expect((await table.scan({}))[0]?.argv).toEqual(['b.exe'])
  expect(addon.reads).toEqual([8, 8])
})

test('a number that is another process by the time it is looked at is left out', async () => {
  const addon = new FakeAddon()
  addon.list = listOf([{ pid: 8, after: 10n }])
  addon.about.set(8, { after: 20n, line: 'other.exe' })
  const table = windowsProcesses({ addon })
  expect(await table.scan({})).toEqual([])
  expect(table.entry(8)?.startTicks).toBe(microsecondsOf(BOOT + 20n))
})

test('a parent that is younger than its child is another process', async () => {
  const addon = new FakeAddon()
  addon.list = listOf([
    { pid: 8, after: 50n },
    { pid: 12, parentPid: 8, after: 10n },
    { pid: 16, parentPid: 8, after: 60n },
  ])
  for (const [pid, after] of [
    [8, 50n],
    [12, 10n],
    [16, 60n],
  ] as const)
    addon.about.set(pid, { after, line: '' })
  const scanned = await windowsProcesses({ addon }).scan({})
  expect(scanned.map(({ pid, parentPid }) => [pid, parentPid])).toEqual([
    [8, 0],
    [12, 0],
    [16, 8],
  ])
})

test('lists a process that may not be read, with the null user', async () => {
  const addon = new FakeAddon()
  addon.list = listOf([{ pid: 4, name: 'System' }, { pid: 8 }])
  addon.about.set(8, { sid: Buffer.alloc(0) })
  const scanned = await windowsProcesses({ addon }).scan({})
  expect(
    scanned.map(({ userId, argv, executable, argumentsUnread }) => [userId, argv, executable, argumentsUnread]),
  ).toEqual([
    ['S-1-0-0', [], undefined, undefined],
    ['S-1-0-0', [], 'C:/a.exe', true],
  ])
})

test('reports names of variables, and values only where they name a session', async () => {
  const addon = new FakeAddon()
  addon.about.set(8, { environment: '=C:=C:\\x\0PATH=C:\\secret\0THREAD=0199\0\0' })
  const table = windowsProcesses({ addon })
  expect(await table.environmentNames(8)).toEqual(['PATH', 'THREAD'])
  expect(table.surroundings(8, new Set(['THREAD']))).toEqual({
    startTicks: microsecondsOf(BOOT),
    environmentNames: ['PATH', 'THREAD'],
    sessionMarkers: { THREAD: '0199' },
    workingFolder: 'C:/',
  })
  expect(await table.environmentNames(9)).toBeUndefined()
  expect(table.surroundings(9, new Set())).toBeUndefined()
})

test('a list that grows while it is asked for is asked for again', async () => {
  const addon = new FakeAddon()
  addon.list = listOf(Array.from({ length: 4_000 }, (_, index) => ({ pid: index + 8 })))
  expect(windowsProcesses({ addon }).identities()).toHaveLength(4_000)
  expect(addon.lists).toBe(2)
})

test.each<[string, (addon: FakeAddon) => void]>([
  [
    'does not tell',
    (addon) => {
      addon.listProcesses = () => 0
    },
  ],
  [
    'tells of ever more',
    (addon) => {
      addon.listProcesses = (bytes) => bytes.length + 1
    },
  ],
  [
    'tells of more than any machine runs',
    (addon) => {
      addon.listProcesses = () => 2 ** 31
    },
  ],
])('when Windows %s, the scan fails: it must not look as if nothing ran', async (_, change) => {
  const addon = new FakeAddon()
  change(addon)
  const table = windowsProcesses({ addon })
  await expect(table.scan({})).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  expect(() => table.identities()).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})

test('a boot without a name is said', async () => {
  const addon = new FakeAddon()
  expect(await windowsProcesses({ addon }).bootId()).toBe(String(BOOT))
  addon.bootTime = () => false
  await expect(windowsProcesses({ addon }).bootId()).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})

test('a scan that is called off stops', async () => {
  const table = windowsProcesses({ addon: new FakeAddon() })
  await expect(table.scan({ signal: AbortSignal.abort(new TypeError('enough')) })).rejects.toThrow('enough')
})
