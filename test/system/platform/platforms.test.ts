import { silentLog } from '../../../src/base/log.ts'
import { DEFAULT_PATHS } from '../../../src/system/platform/default-paths.ts'
import {
  defaultPaths,
  openPlatform,
  platformName,
  readerPlatform,
  requireDaemonPlatform,
} from '../../../src/system/platform/this-platform.ts'
import { refuseDaemon, unsupportedReaderPlatform } from '../../../src/system/platform/unsupported.ts'
import { type WindowsPlatformAddon, windowsPlatform } from '../../../src/system/platform/windows.ts'
import type { Platform } from '../../../src/system/platform.ts'
import { codeOfCall } from '../../support/code-of-call.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { OWN_ID } from '../../support/homes/local-user.ts'
import { NO_WINDOWS, recordedWindows } from '../../support/platforms/recorded-windows.ts'
import { SILENT_WINDOWS_PROCESSES } from '../../support/platforms/silent-windows-addon.ts'

/** Each system behind the seam. Windows answers with an addon that sees no process; macOS has a file of its own. */

const SILENT_WINDOWS = {
  ...SILENT_WINDOWS_PROCESSES,
  ...recordedWindows(NO_WINDOWS),
  ownToken: () => ({ userId: 'S-1-5-18', isAdministrator: true }),
  ...{ pipeListen: () => 5, pipeClient: () => 6, pipePeer: () => 6, pipeOpen: () => 2 },
  ...{ pipeClientEnded: () => true, pipeClientClose: () => undefined },
  ...{ restrictedSessions: () => [], restrictedStart: () => 5 },
  ...{ userProfiles: () => Promise.reject(new Error()), userAdministrators: () => Promise.reject(new Error()) },
  drives: () => [],
} satisfies WindowsPlatformAddon

const clock = new FakeClock()
const OTHERS: readonly (readonly [string, () => Platform])[] = [
  ['Windows', () => windowsPlatform({ clock }, { addon: SILENT_WINDOWS })],
]

describe.each(OTHERS)('%s', (title, open) => {
  test('lists processes and polls for events, or says why it cannot', async () => {
    const platform = open()
    // An addon that lists nothing cannot even begin to compare.
    expect(codeOfCall(() => platform.processEvents?.watch(['exec'], () => undefined))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => platform.processes.scan({}))).toBe('FILE_UNREADABLE')
    const { service, trimMemory } = platform
    expect([service, trimMemory]).toEqual(Array(2).fill(undefined))
  })

  test.each(missingOn(title))('says that it has no %s yet', async (_, use) => {
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

function missingOn(title: string): [string, (platform: Platform) => unknown][] {
  const files = [
    'files of the system',
    ({ trustedFiles }: Platform) => trustedFiles.readText('/x', { maxBytes: 1 }),
  ] as const
  if (title === 'Windows') return [[...files]]
  return [
    [...files],
    ['users', ({ users }) => users.list(() => true)],
    ['mounts that may hang', ({ mounts }) => mounts.hanging()],
    ['local mounts', ({ mounts }) => mounts.local()],
    ['mounts of users', ({ mounts }) => mounts.userServed()],
    ['peers of the local socket', ({ peers }) => peers.of(undefined as never)],
  ]
}

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
  const { socket, ...daemon } = paths.daemon
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
