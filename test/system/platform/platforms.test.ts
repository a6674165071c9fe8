import { silentLog } from '../../../src/base/log.ts'
import { darwinReaderPlatform } from '../../../src/system/platform/darwin-reader.ts'
import { DEFAULT_PATHS } from '../../../src/system/platform/default-paths.ts'
import { defaultPaths, openPlatform, platformName, readerPlatform } from '../../../src/system/platform/this-platform.ts'
import { type WindowsPlatformAddon, windowsPlatform } from '../../../src/system/platform/windows.ts'
import type { Platform } from '../../../src/system/platform.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { fakeDarwinFiles } from '../../support/platforms/darwin/files.ts'
import { NO_WINDOWS, recordedWindows } from '../../support/platforms/recorded-windows.ts'
import { SILENT_WINDOWS_PROCESSES } from '../../support/platforms/silent-windows-addon.ts'
import { fakeWindowsFiles } from '../../support/platforms/windows-files.ts'
import { localUser, OWN_ID } from '../../support/users/local-user.ts'

/** Each system behind the seam. Windows answers with an addon that sees no process; macOS has a file of its own. */

const SILENT_WINDOWS = {
  ...SILENT_WINDOWS_PROCESSES,
  ...recordedWindows(NO_WINDOWS),
  ownToken: () => ({ userId: 'S-1-5-18', isAdministrator: true }),
  pipeListen: () => 5,
  pipeClient: () => 6,
  pipePeer: () => 6,
  pipeOpen: () => 2,
  pipeClientEnded: () => true,
  pipeClientClose: () => undefined,
  restrictedSessions: () => [],
  restrictedStart: () => 5,
  userProfiles: () => Promise.reject(new Error()),
  userAdministrators: () => Promise.reject(new Error()),
  drives: () => [],
  ...fakeWindowsFiles({ 'C:/ProgramData/x': { text: 'x' } }).addon,
} satisfies WindowsPlatformAddon

const clock = new FakeClock()
const OTHERS: readonly (readonly [string, () => Platform])[] = [
  ['Windows', () => windowsPlatform({ clock }, { addon: SILENT_WINDOWS })],
]

describe.each(OTHERS)('%s', (_, open) => {
  test('lists processes and polls for events, or says why it cannot', async () => {
    const platform = open()
    // An addon that lists nothing cannot even begin to compare.
    expect(codeOfCall(() => platform.processEvents?.watch(['exec'], () => undefined))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => platform.processes.scan({}))).toBe('FILE_UNREADABLE')
    const { service, trimMemory } = platform
    expect([service, trimMemory]).toEqual(Array(2).fill(undefined))
  })

  test('reads files of the machine and knows who is where', async () => {
    const platform = open()
    expect(await platform.trustedFiles.readText('C:/ProgramData/x', { maxBytes: 1 })).toBe('x')
    expect(platform.mounts.userServed()).toEqual([])
    expect(platform.ownUserId).toBe('S-1-5-18')
  })
})

test('the platform of Windows is whole: each part asks the addon', async () => {
  const platform = windowsPlatform({ clock }, { addon: SILENT_WINDOWS })
  expect(await codeThrown(() => platform.users.list(() => true))).toBe('FILE_UNREADABLE')
  expect(platform.mounts.local()?.onWayTo('C:/x')).toBeUndefined()
  expect(platform.peers.areKnown).toBe(true)
  const started = platform.startReader?.({ path: 'C:\\node.exe', args: [] }, { id: 'S-1-5-18' })
  await expect(started).rejects.toMatchObject({ code: 'COMMAND_FAILED' })
  const pipe = { path: '\\\\.\\pipe\\x', forAll: true }
  const listening = platform.listenLocal?.(pipe, { onConnection: () => undefined, onError: () => undefined })
  await expect(listening).rejects.toMatchObject({ code: 'SOCKET_IN_USE' })
})

test('the reader of macOS reads the home of its own user, and no other', async () => {
  const { id, posix } = localUser({ name: 'ann', home: '/Users/ann' })
  const reader = darwinReaderPlatform({ addon: { ...fakeDarwinFiles(), listMounts: () => -1 } })
  using files = reader.openHomeFiles()
  expect(await files.stat(import.meta.filename)).toMatchObject({ kind: 'file' })
  expect([reader.name, reader.readMark('/nowhere')]).toEqual(['darwin', 'absent'])
  expect(codeOfCall(() => reader.becomeUser({ id: `${id}1`, ...(posix === undefined ? {} : { posix }) }))).toBe(
    'NOT_PERMITTED',
  )
})

const onLinux = process.platform === 'linux' ? describe : describe.skip
onLinux('the platform of this machine', () => {
  test('is Linux, with every part', async () => {
    const platform = await openPlatform({ log: silentLog, clock })
    expect([platformName(), platform.name, platform.ownUserId]).toEqual(['linux', 'linux', OWN_ID])
    const users = await platform.users.list(() => false)
    expect(users.some(({ kind }) => kind === 'root')).toBe(true)
    expect((await platform.processes.scan({})).some(({ pid }) => pid === platform.ownPid)).toBe(true)
    expect(platform.mounts.local()?.onWayTo('/')).toBeUndefined()
    expect(await platform.trustedFiles.stat('/etc')).toMatchObject({ kind: 'directory' })
    platform.trimMemory?.()
    // Without `NOTIFY_SOCKET` there is nothing to notify, and no call fails.
    expect([platform.service?.ready(), platform.service?.stopping()]).toEqual([undefined, undefined])
    expect(Object.keys(platform.service ?? {})).toEqual(['startsAgain', 'ready', 'stopping'])
    expect(platform.service?.startsAgain).toBe(false)
  })

  test('reads homes', async () => {
    const reader = await readerPlatform()
    using files = reader.openHomeFiles()
    expect(await files.stat(import.meta.filename)).toMatchObject({ kind: 'file' })
    expect(reader.readMark('/nowhere')).toBe('absent')
    expect(defaultPaths()).toBe(DEFAULT_PATHS.linux)
  })
})

test.each(Object.entries(DEFAULT_PATHS))('the default paths of %s are absolute there', (_, paths) => {
  const isAbsolute = new RegExp(paths.absolutePath, 'u')
  const { socket, managed, ...files } = paths.daemon
  const daemon = { ...files, ...(managed !== undefined && 'preferences' in managed ? managed : {}) }
  const all = [...Object.values(daemon), ...Object.values(paths.directory)]
  expect(all.filter((path) => !isAbsolute.test(path))).toEqual([])
  expect(new RegExp(paths.socketPath, 'u').test(socket)).toBe(true)
  expect(new Set([...all, socket]).size).toBe(all.length + 1)
})

test.each(['\\\\server\\pipe\\x', '\\\\.\\pipe\\', '\\\\.\\C:\\x', 'C:\\x', '/x', 'surety'])(
  '%j is no pipe of this machine',
  (path) => {
    expect(new RegExp(DEFAULT_PATHS.windows.socketPath, 'u').test(path)).toBe(false)
  },
)

test('every system ranks software keys last, and knows its TPM', () => {
  for (const { keyKinds } of Object.values(DEFAULT_PATHS)) expect(keyKinds.at(-1)).toBe('software')
  expect(Object.values(DEFAULT_PATHS).map(({ tpmDevice }) => tpmDevice)).toEqual(['/dev/tpmrm0', '/dev/tpmrm0', 'tbs'])
})

test.each(['state', './state', 'C:state', '..\\state', '\\\\server\\share\\state', 'C:\\NUL', ''])(
  'the path %j is not absolute on any system',
  (path) => {
    const patterns = Object.values(DEFAULT_PATHS).map(({ absolutePath }) => new RegExp(absolutePath, 'u'))
    expect(patterns.some((pattern) => pattern.test(path))).toBe(false)
  },
)
