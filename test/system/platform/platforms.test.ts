import { silentLog } from '../../../src/base/log.ts'
import { darwinPlatform } from '../../../src/system/platform/darwin.ts'
import { DEFAULT_PATHS } from '../../../src/system/platform/default-paths.ts'
import {
  defaultPaths,
  openPlatform,
  platformName,
  readerPlatform,
  requireDaemonPlatform,
} from '../../../src/system/platform/this-platform.ts'
import { refuseDaemon, unsupportedReaderPlatform } from '../../../src/system/platform/unsupported.ts'
import { windowsPlatform } from '../../../src/system/platform/windows.ts'
import type { Platform } from '../../../src/system/platform.ts'
import type { DarwinAddon } from '../../../src/system/processes/darwin.ts'
import type { WindowsAddon } from '../../../src/system/processes/windows.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { OWN_ID } from '../../support/homes/local-user.ts'
import { NO_WINDOWS, recordedWindows } from '../../support/platforms/recorded-windows.ts'

/** Each system behind the seam. Those that we do not run on answer with addons that see no process. */

const NO_PROCESSES = {
  listPids: () => 0,
  readProcess: () => -1,
  executable: () => -1,
  workingFolder: () => -1,
  arguments: () => -1,
  bootSession: () => -1,
} satisfies DarwinAddon
const NO_LIST = { listProcesses: () => 0, readProcess: () => false, bootTime: () => false } satisfies WindowsAddon

const clock = new FakeClock()
const OTHERS: readonly (readonly [string, () => Platform])[] = [
  ['macOS', () => darwinPlatform({ clock }, { addon: NO_PROCESSES })],
  ['Windows', () => windowsPlatform({ clock }, { addon: { ...NO_LIST, ...recordedWindows(NO_WINDOWS) } })],
]

describe.each(OTHERS)('%s', (title, open) => {
  test('lists processes and polls for events, or says why it cannot', async () => {
    const platform = open()
    // An addon that lists nothing cannot even begin to compare.
    expect(codeOfCall(() => platform.processEvents?.watch(['exec'], () => undefined))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => platform.processes.scan({}))).toBe('FILE_UNREADABLE')
    const { processDetails, programs, service, trimMemory } = platform
    expect([processDetails, programs, service, trimMemory]).toEqual(Array(4).fill(undefined))
  })

  test.each<[string, (platform: Platform) => unknown]>([
    ['users', ({ users }) => users.list(() => true)],
    ['files of the system', ({ trustedFiles }) => trustedFiles.readText('/etc/hosts', { maxBytes: 1 })],
    ['mounts that may hang', ({ mounts }) => mounts.hanging()],
    ['local mounts', ({ mounts }) => mounts.local()],
    ['mounts of users', ({ mounts }) => mounts.userServed()],
    ['peers of the local socket', ({ peers }) => peers.of(undefined as never)],
  ])('says that it has no %s yet', async (_, use) => {
    await expect(async () => use(open())).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(`not built for ${title} yet`),
    })
  })

  test('refuses the daemon in one line that names what is missing', () => {
    const { name } = open()
    expect(() => refuseDaemon(name)).toThrow(`suretyd does not run on ${title} yet: it lacks reading homes with the`)
  })

  test('reads no home', async () => {
    const reader = unsupportedReaderPlatform(open().name)
    const uses = [
      () => reader.openHomeFiles(),
      () => reader.readMark('/x'),
      () => reader.becomeUser({ id: '1' }),
      () => reader.mounts.local(),
    ]
    for (const use of uses) expect(await codeThrown(use)).toBe('NOT_SUPPORTED')
  })
})

const onLinux = process.platform === 'linux' ? describe : describe.skip
onLinux('the platform of this machine', () => {
  test('is Linux, with every part', async () => {
    await requireDaemonPlatform()
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
    expect(Object.keys(platform.service ?? {})).toEqual(['ready', 'stopping'])
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
  const all = [...Object.values(paths.daemon), ...Object.values(paths.directory)]
  expect(all.filter((path) => !isAbsolute.test(path))).toEqual([])
  expect(new Set(all).size).toBe(all.length)
})

test.each(['state', './state', 'C:state', '..\\state', ''])('the path %j is not absolute on any system', (path) => {
  const patterns = Object.values(DEFAULT_PATHS).map(({ absolutePath }) => new RegExp(absolutePath, 'u'))
  expect(patterns.some((pattern) => pattern.test(path))).toBe(false)
})
