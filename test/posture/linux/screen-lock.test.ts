import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScreenLockReport } from '../../../src/posture/components.ts'
import { checkScreenLock } from '../../../src/posture/linux/session/session-screen-lock.ts'
import { parseDconfDatabase } from '../../../src/posture/parsers/gvdb.ts'
import { readScreenLock, type ScreenLockSettings, screenLockSettings } from '../../../src/posture/screen-lock.ts'
import { openFiles } from '../../../src/system/files/foreign/linux.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const dconf = (name: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../fixtures/dconf', `${name}.bin`)))

describe('dconf databases', () => {
  test('one that dconf-service wrote', () => {
    expect(parseDconfDatabase(dconf('written-by-dconf-service'))).toEqual({
      values: new Map<string, unknown>([
        ['/org/gnome/desktop/screensaver/lock-delay', 3600],
        ['/org/gnome/desktop/interface/clock-format', '24h'],
        ['/org/gnome/desktop/interface/text-scaling-factor', undefined],
        ['/org/gnome/shell/favorite-apps', undefined],
        ['/org/gnome/desktop/session/idle-delay', 900],
      ]),
      locks: new Set(),
    })
  })

  test('one that an administrator compiled, with locks', () => {
    expect(parseDconfDatabase(dconf('system-locked'))).toEqual({
      values: new Map<string, unknown>([
        ['/org/gnome/desktop/screensaver/lock-enabled', true],
        ['/org/gnome/desktop/screensaver/lock-delay', 30],
        ['/org/gnome/desktop/session/idle-delay', 600],
      ]),
      locks: new Set(['/org/gnome/desktop/screensaver/lock-enabled', '/org/gnome/desktop/session/idle-delay']),
    })
  })

  test('an empty one', () => {
    expect(parseDconfDatabase(dconf('empty'))).toEqual({ values: new Map(), locks: new Set() })
  })

  test.each([
    ['nothing', new Uint8Array()],
    ['another file', new TextEncoder().encode('SQLite format 3\0 and so on, long enough')],
    ['a header alone', dconf('lock-off').slice(0, 24)],
    ['one cut short', dconf('lock-off').slice(0, -40)],
    ['a version not known', dconf('lock-off').with(8, 1)],
    ['a root past the end', dconf('lock-off').with(21, 0xff)],
    ['more buckets than bytes', dconf('lock-off').with(31, 0x7f)],
  ])('%s is refused', (_, bytes) => {
    expect(parseDconfDatabase(bytes)).toBeUndefined()
  })
})

describe('what a person set', () => {
  let home: string
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'surety-lock-'))
    await mkdir(join(home, '.config/dconf'), { recursive: true })
  })
  afterEach(() => rm(home, { recursive: true }))
  const look = async () => {
    using files = openFiles()
    return await readScreenLock(files, home)
  }

  test('nothing', async () => {
    expect(await look()).toEqual({ gnome: {}, kde: {} })
  })

  test('GNOME and KDE', async () => {
    await writeFile(join(home, '.config/dconf/user'), dconf('lock-off'))
    await writeFile(
      join(home, '.config/kscreenlockerrc'),
      '[Daemon]\nAutolock=false\nTimeout=30\nLockGrace[$i]=60\n\n[Greeter]\nTheme=x\n',
    )
    const settings = await look()
    expect(settings).toEqual({
      gnome: { lockEnabled: false, lockDisabled: true, idleDelaySeconds: 0 },
      kde: { autolock: false, timeoutMinutes: 30, graceSeconds: 60 },
    })
    expect(screenLockSettings.readJson(JSON.stringify(settings))).toEqual(settings)
  })

  test('a database that is not one is refused', async () => {
    await writeFile(join(home, '.config/dconf/user'), 'x')
    await expect(look()).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  })

  test('a KDE file that is not one is refused', async () => {
    await writeFile(join(home, '.config/kscreenlockerrc'), 'x')
    await expect(look()).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  })

  test('a link is not followed', async () => {
    await symlink('/etc/passwd', join(home, '.config/dconf/user'))
    await expect(look()).rejects.toMatchObject({ code: 'FILE_IS_LINK' })
  })
})

describe('session.screen-lock', () => {
  const GNOME: Tree = { '/usr/share/wayland-sessions/gnome.desktop': '' }
  const KDE: Tree = { '/usr/share/wayland-sessions/plasma.desktop': '' }
  const MANAGED: Tree = {
    ...GNOME,
    '/etc/dconf/profile/user': 'user-db:user\nsystem-db:local\n',
    '/etc/dconf/db/local': dconf('system-locked'),
  }
  const report = (settings: Partial<ScreenLockSettings>): ScreenLockReport => ({
    user: 'ann',
    settings: { gnome: {}, kde: {}, ...settings },
  })
  const check = (tree: Tree, ...reports: readonly ScreenLockReport[]) =>
    checkScreenLock(machine(tree, {}, { screenLocks: async () => reports }), context)

  test('GNOME as it comes', async () => {
    expect(await check(GNOME, report({}))).toEqual({
      state: 'pass',
      detail: 'The screen locks automatically within 15 minutes for 1 account (GNOME).',
    })
  })

  test('what the administrator locked holds against the user', async () => {
    expect((await check(MANAGED, report({ gnome: { lockEnabled: false, idleDelaySeconds: 0 } }))).state).toBe('pass')
  })

  test('what the administrator did not lock is the user’s', async () => {
    expect(await check(MANAGED, report({ gnome: { lockDelaySeconds: 3600 } }))).toEqual({
      state: 'fail',
      detail: 'The screen does not lock as it should for ann (GNOME: locks only after 70 minutes).',
    })
  })

  test.each<[string, Tree, ScreenLockReport[], 'pass' | 'fail' | 'unknown']>([
    ['no graphical session', {}, [], 'pass'],
    ['a display manager without a session', { '/etc/systemd/system/display-manager.service': '' }, [], 'unknown'],
    ['nobody’s settings', GNOME, [], 'unknown'],
    ['the lock off', GNOME, [report({ gnome: { lockEnabled: false } })], 'fail'],
    ['the lock forbidden', GNOME, [report({ gnome: { lockDisabled: true } })], 'fail'],
    ['never idle', GNOME, [report({ gnome: { idleDelaySeconds: 0 } })], 'fail'],
    ['fifteen minutes', GNOME, [report({ gnome: { idleDelaySeconds: 900 } })], 'pass'],
    [
      'fifteen minutes and a second',
      GNOME,
      [report({ gnome: { idleDelaySeconds: 900, lockDelaySeconds: 1 } })],
      'fail',
    ],
    ['one good, one bad', GNOME, [report({}), report({ gnome: { lockEnabled: false } })], 'fail'],
    ['one unreadable', GNOME, [report({}), { user: 'bob', unreadable: 'timed out' }], 'unknown'],
    [
      'one unreadable, one bad',
      GNOME,
      [{ user: 'bob', unreadable: 'x' }, report({ gnome: { lockEnabled: false } })],
      'fail',
    ],
    ['KDE as it comes', KDE, [report({})], 'pass'],
    ['KDE off', KDE, [report({ kde: { autolock: false } })], 'fail'],
    ['KDE after an hour', KDE, [report({ kde: { timeoutMinutes: 60 } })], 'fail'],
    [
      'KDE off for everybody',
      { ...KDE, '/etc/xdg/kscreenlockerrc': '[Daemon]\nAutolock=false\n' },
      [report({})],
      'fail',
    ],
    ['GNOME settings do not matter in KDE', KDE, [report({ gnome: { lockEnabled: false } })], 'pass'],
    ['both, KDE bad', { ...GNOME, ...KDE }, [report({ kde: { autolock: false } })], 'fail'],
    ['a desktop not known', { '/usr/share/xsessions/i3.desktop': '' }, [report({})], 'unknown'],
    ['a desktop not known beside GNOME', { ...GNOME, '/usr/share/xsessions/i3.desktop': '' }, [report({})], 'unknown'],
    [
      'a database the profile names and nobody compiled',
      { ...GNOME, '/etc/dconf/profile/user': 'user-db:user\nsystem-db:none\n' },
      [report({})],
      'pass',
    ],
  ])('%s', async (_, tree, reports, state) => {
    expect((await check(tree, ...reports)).state).toBe(state)
  })

  test('a system database that is not one is an error of the check', async () => {
    await expect(check({ ...MANAGED, '/etc/dconf/db/local': 'x' }, report({}))).rejects.toMatchObject({
      code: 'INPUT_MALFORMED',
    })
  })
})
