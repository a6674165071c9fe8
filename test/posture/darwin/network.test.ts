import { checkManagement } from '../../../src/posture/darwin/management.ts'
import { checkFirewall, checkSmb1 } from '../../../src/posture/darwin/network.ts'
import { checkRemoteLogin, checkSshRootLogin } from '../../../src/posture/darwin/remote-access.ts'
import { context } from '../fake-components.ts'
import { fixture, mac, plist } from './mac.ts'

test.each([
  ['Firewall is enabled. (State = 1)\n', 'pass'],
  [fixture('socketfilterfw-14.txt'), 'pass'],
  ['Firewall is disabled. (State = 0)\n', 'fail'],
  ['Die Firewall ist deaktiviert. (State = 0)\n', 'fail'],
  ['Firewall is enabled.\n', 'unknown'],
  ['Firewall is enabled. (State = 7)\n', 'unknown'],
  ['', 'unknown'],
])('a firewall that says %j is %s', async (stdout, state) => {
  expect(await checkFirewall(mac({}, { socketfilterfw: { stdout } }), context)).toMatchObject({ state })
})

const SMB = '/Library/Preferences/SystemConfiguration/com.apple.smb.server.plist'

test.each<[string, Parameters<typeof mac>[0], string]>([
  ['no settings', {}, 'pass'],
  ['versions 2 and 3', { [SMB]: plist({ ProtocolVersionMap: 6 }) }, 'pass'],
  ['version 1 besides', { [SMB]: plist({ ProtocolVersionMap: 7 }) }, 'fail'],
  ['versions as text', { [SMB]: plist({ ProtocolVersionMap: '7' }) }, 'unknown'],
])('an SMB server with %s is %s', async (_, tree, state) => {
  expect(await checkSmb1(mac(tree))).toMatchObject({ state })
})

const overrides = (lines: Readonly<Record<string, string>>) =>
  `disabled services = {\n${Object.entries(lines)
    .map(([label, state]) => `\t"${label}" => ${state}\n`)
    .join('')}}\n`
const sshd = (password: string, interactive = password) => ({
  sshd: {
    stdout: `port 22\npasswordauthentication ${password}\nkbdinteractiveauthentication ${interactive}\npermitrootlogin prohibit-password\n`,
  },
})
const launchctl = (stdout: string) => ({ launchctl: { stdout } })
const SSH = 'com.openssh.sshd'
const SCREEN = 'com.apple.screensharing'
const QUIET = fixture('mdmclient-security-info.txt').replace('RemoteDesktopEnabled = 1', 'RemoteDesktopEnabled = 0')

test.each<[string, Parameters<typeof mac>[1], string]>([
  ['nothing on', launchctl(overrides({})), 'pass'],
  ['both off', launchctl(overrides({ [SSH]: 'disabled', [SCREEN]: 'disabled' })), 'pass'],
  ['both off in the words of macOS 12', launchctl(overrides({ [SSH]: 'true', [SCREEN]: 'true' })), 'pass'],
  ['SSH with keys alone', { ...launchctl(overrides({ [SSH]: 'enabled' })), ...sshd('no') }, 'pass'],
  ['SSH with passwords', { ...launchctl(fixture('launchctl-print-disabled-26.5.txt')), ...sshd('yes', 'no') }, 'fail'],
  ['SSH that asks', { ...launchctl(overrides({ [SSH]: 'false' })), ...sshd('no', 'yes') }, 'fail'],
  ['screen sharing', launchctl(overrides({ [SCREEN]: 'enabled' })), 'fail'],
  [
    'SSH whose settings are not told',
    { ...launchctl(overrides({ [SSH]: 'enabled' })), sshd: { exitCode: 1 } },
    'unknown',
  ],
  ['services that are not told', launchctl(''), 'unknown'],
  ['a list that is cut', launchctl('disabled services = {\n\t"com.openssh.sshd" => disa'), 'unknown'],
  ['a line that is not known', launchctl(overrides({ [SSH]: 'maybe' })), 'unknown'],
])('remote log-in with %s is %s', async (_, commands, state) => {
  expect(await checkRemoteLogin(mac({}, { mdmclient: { stdout: QUIET }, ...commands }), context)).toMatchObject({
    state,
  })
})

test('remote management counts as screen sharing', async () => {
  const commands = { ...launchctl(overrides({})), mdmclient: { stdout: fixture('mdmclient-security-info.txt') } }
  expect(await checkRemoteLogin(mac({}, commands), context)).toEqual({
    state: 'fail',
    detail: expect.stringContaining('remote management is on'),
  })
})

const rootLogin = (value: string) => ({ sshd: { stdout: `port 22\npermitrootlogin ${value}\n` } })

test.each<[string, Parameters<typeof mac>[0], Parameters<typeof mac>[1], string]>([
  ['off', {}, launchctl(overrides({ [SSH]: 'disabled' })), 'pass'],
  ['on, without root', {}, { ...launchctl(overrides({ [SSH]: 'enabled' })), ...rootLogin('no') }, 'pass'],
  ['on, with root', {}, { ...launchctl(overrides({ [SSH]: 'enabled' })), ...rootLogin('yes') }, 'fail'],
  [
    'on, with root for some',
    { '/etc/ssh/sshd_config': 'Match User ops\n  PermitRootLogin yes\n' },
    { ...launchctl(overrides({ [SSH]: 'enabled' })), ...rootLogin('no') },
    'fail',
  ],
  ['not told', {}, launchctl('?'), 'unknown'],
])('SSH that is %s', async (_, tree, commands, state) => {
  expect(await checkSshRootLogin(mac(tree, commands), context)).toMatchObject({ state })
})

test.each([
  [
    'Enrolled via DEP: No\nMDM enrollment: Yes (User Approved)\nMDM server: https://mdm.example.com/mdm/apple\n',
    'pass',
    'mdm.example.com',
  ],
  ['Enrolled via DEP: Yes\nMDM enrollment: Yes\n', 'pass', 'account of the company'],
  ['Enrolled via DEP: No\nMDM enrollment: Yes\n', 'fail', 'no user has approved'],
  ['Enrolled via DEP: No\nMDM enrollment: No\n', 'fail', 'not enrolled'],
])('%j is %s', async (stdout, state, detail) => {
  expect(await checkManagement(mac({}, { profiles: { stdout } }), context)).toEqual({
    state,
    detail: expect.stringContaining(detail),
  })
})

test.each(['', 'Enrolled via DEP: No\n', 'MDM enrollment: Yes\n', 'Error fetching Device Enrollment configuration'])(
  'an enrolment reported as %j is unknown',
  async (stdout) => {
    expect(await checkManagement(mac({}, { profiles: { stdout } }), context)).toMatchObject({ state: 'unknown' })
  },
)
