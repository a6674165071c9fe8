import type { ScreenLockReport } from '../../../src/posture/components.ts'
import { checkAdministrators, checkAutomaticLogin, checkGuestAccount } from '../../../src/posture/darwin/accounts.ts'
import { checkScreenLock } from '../../../src/posture/darwin/session-screen-lock.ts'
import { context } from '../fake-components.ts'
import { fixture, mac, plist } from './mac.ts'

const group = (stdout: string) => ({ dscl: { stdout } })
const ADMIN = fixture('dscl-admin.plist')

test('administrators are named, but for root and the setup of macOS', async () => {
  expect(await checkAdministrators(mac({}, group(ADMIN)), context)).toEqual({
    state: 'pass',
    detail: '1 account besides root may administer this Mac: ann.',
  })
})

test('groups within the group are said', async () => {
  const nested = ADMIN.replace(
    '</dict>',
    '<key>dsAttrTypeStandard:NestedGroups</key><array><string>ABCDEFAB-CDEF</string></array></dict>',
  )
  expect(await checkAdministrators(mac({}, group(nested)), context)).toMatchObject({
    detail: expect.stringContaining('Members of groups in it are not named'),
  })
})

test.each<[string, Parameters<typeof mac>[1]]>([
  ['nothing', group('')],
  ['an error', { dscl: { exitCode: 56, stderr: 'eDSRecordNotFound' } }],
  ['an answer that is cut', group(ADMIN.slice(0, -20))],
  ['a group without members', group('<plist><dict/></plist>')],
])('with %s the administrators are unknown', async (_, commands) => {
  expect(await checkAdministrators(mac({}, commands), context)).toMatchObject({ state: 'unknown' })
})

const LOGIN = '/Library/Preferences/com.apple.loginwindow.plist'
const MCX = '/Library/Managed Preferences/com.apple.MCX.plist'

test.each<[string, Parameters<typeof mac>[0], string]>([
  ['no settings', {}, 'pass'],
  ['guests off', { [LOGIN]: plist({ GuestEnabled: false }) }, 'pass'],
  ['guests on', { [LOGIN]: plist({ GuestEnabled: true }) }, 'fail'],
  ['guests on as a number', { [LOGIN]: plist({ GuestEnabled: 1 }) }, 'fail'],
  [
    'guests off by management',
    { [LOGIN]: plist({ GuestEnabled: true }), [MCX]: plist({ DisableGuestAccount: true }) },
    'pass',
  ],
])('with %s the guest account is %s', async (_, tree, state) => {
  expect(await checkGuestAccount(mac(tree))).toMatchObject({ state })
})

test.each<[string, Parameters<typeof mac>[0], Readonly<Record<string, number>>, string]>([
  ['no settings', {}, {}, 'pass'],
  ['a user', { [LOGIN]: plist({ autoLoginUser: 'ann' }) }, {}, 'fail'],
  ['an empty name', { [LOGIN]: plist({ autoLoginUser: '' }) }, {}, 'pass'],
  ['a password without a user', {}, { '/etc/kcpassword': 1 }, 'fail'],
])('with %s automatic log-in is %s', async (_, tree, changed, state) => {
  expect(await checkAutomaticLogin(mac(tree, {}, { changed }))).toMatchObject({ state })
})

test('settings that are not understood are an error', async () => {
  const components = mac({ [LOGIN]: 'bplist00 and no more' })
  await expect(checkGuestAccount(components)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
  await expect(checkAutomaticLogin(components)).rejects.toMatchObject({ code: 'INPUT_MALFORMED' })
})

const SAVER = '/Library/Managed Preferences/com.apple.screensaver.plist'
const idle = (seconds?: number): ScreenLockReport => ({
  user: 'ann',
  settings: { gnome: {}, kde: {}, mac: seconds === undefined ? {} : { idleSeconds: seconds } },
})
const managed = (settings: Parameters<typeof plist>[0]) => ({ [SAVER]: plist(settings) })

test.each<[string, Parameters<typeof mac>[0], readonly ScreenLockReport[], string]>([
  [
    'a management that demands it',
    managed({ askForPassword: true, askForPasswordDelay: 5, idleTime: 600 }),
    [],
    'pass',
  ],
  ['a management that lets it be', managed({ askForPassword: false }), [idle(60)], 'fail'],
  ['a management that waits long', managed({ askForPassword: true, idleTime: 3_600 }), [], 'fail'],
  ['a grace that is long', managed({ askForPassword: true, askForPasswordDelay: 800, idleTime: 600 }), [], 'fail'],
  ['a password and a user who waits', managed({ askForPassword: true }), [idle(600)], 'pass'],
  ['a password and a user who waits long', managed({ askForPassword: true }), [idle(1_800)], 'fail'],
  ['a password and a user who never locks', managed({ askForPassword: true }), [idle(0)], 'fail'],
  ['a password and a user without settings', managed({ askForPassword: true }), [idle()], 'unknown'],
  ['a password and no users', managed({ askForPassword: true }), [], 'unknown'],
  ['a user alone', {}, [idle(60)], 'unknown'],
  ['a user who never locks', {}, [idle(0)], 'fail'],
  ['a user who cannot be read', managed({ askForPassword: true }), [{ user: 'ann', unreadable: 'TCC' }], 'unknown'],
])('a screen with %s is %s', async (_, tree, reports, state) => {
  const components = mac(tree, {}, { screenLocks: async () => reports })
  expect(await checkScreenLock(components, context)).toMatchObject({ state })
})
