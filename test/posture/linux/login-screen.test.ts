import { checkAutomaticLogin } from '../../../src/posture/linux/access/automatic-login.ts'
import { checkGuestAccount } from '../../../src/posture/linux/access/guest-account.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

describe('access.automatic-login', () => {
  const GDM = '/etc/gdm3/daemon.conf'
  const CONSOLE = '/etc/systemd/system/getty@tty1.service.d/override.conf'

  test.each<[string, Tree]>([
    ['no login screen', {}],
    [
      'GDM as it comes',
      { [GDM]: '[daemon]\n#  AutomaticLoginEnable = true\n#  AutomaticLogin = user1\n\n[security]\n' },
    ],
    ['a user of GDM who is not switched on', { [GDM]: '[daemon]\nAutomaticLogin=ann\n' }],
    ['GDM switched on without a user', { [GDM]: '[daemon]\nAutomaticLoginEnable=true\n' }],
    [
      'SDDM, where the file of the administrator takes it back',
      { '/usr/lib/sddm/sddm.conf.d/a.conf': '[Autologin]\nUser=ann\n', '/etc/sddm.conf': '[Autologin]\nUser=\n' },
    ],
    [
      'LightDM without a user',
      { '/etc/lightdm/lightdm.conf': '[Seat:*]\nautologin-user=\n[LightDM]\nautologin-user=x\n' },
    ],
    ['a console that asks', { [CONSOLE]: '[Service]\nExecStart=-/sbin/agetty --noclear %I $TERM\n' }],
    ['a comment of a console', { [CONSOLE]: '[Service]\n# ExecStart=-/sbin/agetty --autologin ann %I\n' }],
  ])('%s: pass', async (_, tree) => {
    expect(await checkAutomaticLogin(machine(tree))).toEqual({
      state: 'pass',
      detail: 'No account is logged in automatically by GDM, SDDM, LightDM or a console.',
    })
  })

  test.each<[string, Tree, string]>([
    ['GDM', { [GDM]: '[daemon]\nAutomaticLoginEnable = True\nAutomaticLogin = ann\n' }, 'ann (GDM)'],
    ['GDM of Fedora', { '/etc/gdm/custom.conf': '[daemon]\nTimedLoginEnable=1\nTimedLogin=bob\n' }, 'bob (GDM)'],
    ['SDDM', { '/etc/sddm.conf.d/kde.conf': '[Autologin]\nUser=ann\nSession=plasma\n' }, 'ann (SDDM)'],
    ['LightDM', { '/etc/lightdm/lightdm.conf': '[Seat:*]\nautologin-user=ann\n' }, 'ann (LightDM)'],
    [
      'LightDM of old',
      { '/etc/lightdm/lightdm.conf.d/9.conf': '[SeatDefaults]\nautologin-user=ann\n' },
      'ann (LightDM)',
    ],
    ['LightDM and guests', { '/etc/lightdm/lightdm.conf': '[Seat:*]\nautologin-guest=true\n' }, 'a guest (LightDM)'],
    [
      'a console',
      { [CONSOLE]: '[Service]\nExecStart=\nExecStart=-/sbin/agetty --autologin ann %I\n' },
      'ann (console)',
    ],
    [
      'a console by a unit of its own',
      { '/etc/systemd/system/serial-getty@ttyS0.service': 'ExecStart=/sbin/agetty -a root -L %I\n' },
      'root (console)',
    ],
  ])('%s: fail', async (_, tree, who) => {
    const detail = `The system logs in without asking: ${who}.`
    expect(await checkAutomaticLogin(machine(tree))).toEqual({ state: 'fail', detail })
  })

  test.each<[string, Tree, string]>([
    ['settings before the first group', { [GDM]: 'AutomaticLoginEnable=true\n[daemon]\n' }, 'INPUT_MALFORMED'],
    ['a file not understood', { [GDM]: '[daemon]\nAutomaticLogin\n' }, 'INPUT_MALFORMED'],
    ['a file that may not be read', { '/etc/sddm.conf': { denied: true } }, 'FILE_UNREADABLE'],
    ['a file too large', { '/etc/lightdm/lightdm.conf': '#'.repeat(300_000) }, 'FILE_TOO_LARGE'],
  ])('%s is an error of the check', async (_, tree, code) => {
    await expect(checkAutomaticLogin(machine(tree))).rejects.toMatchObject({ code })
  })
})

describe('access.guest-account', () => {
  const PASSWD = 'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\n'

  test.each<[string, Tree]>([
    ['no guest', { '/etc/passwd': PASSWD }],
    ['a guest without a shell', { '/etc/passwd': `${PASSWD}guest:x:1001:1001::/:/usr/sbin/nologin\n` }],
    ['a name that only begins so', { '/etc/passwd': `${PASSWD}guestbook:x:1001:1001::/srv:/bin/sh\n` }],
    ['LightDM without guests', { '/etc/passwd': PASSWD, '/etc/lightdm/lightdm.conf': '[Seat:*]\nallow-guest=false\n' }],
  ])('%s: pass', async (_, tree) => {
    expect(await checkGuestAccount(machine(tree))).toEqual({
      state: 'pass',
      detail: 'No account for guests can log in.',
    })
  })

  test.each<[string, Tree, string]>([
    [
      'an account',
      { '/etc/passwd': `${PASSWD}guest:x:1001:1001::/home/guest:/bin/sh\n` },
      'An account for guests can log in: guest.',
    ],
    [
      'an account of Fedora and one of LightDM',
      { '/etc/passwd': `${PASSWD}xguest:x:1001:1001::/home/x:/bin/sh\nguest-Ab12:x:1002:1002::/tmp/g:/bin/bash\n` },
      'An account for guests can log in: xguest and guest-Ab12.',
    ],
    [
      'a session of LightDM',
      { '/etc/passwd': PASSWD, '/usr/share/lightdm/lightdm.conf.d/50-guest.conf': '[Seat:*]\nallow-guest=true\n' },
      'LightDM offers a guest session: anyone at the screen can use this device.',
    ],
  ])('%s: fail', async (_, tree, detail) => {
    expect(await checkGuestAccount(machine(tree))).toEqual({ state: 'fail', detail })
  })

  test('accounts with one that cannot be read: unknown', async () => {
    expect((await checkGuestAccount(machine({ '/etc/passwd': `${PASSWD}+::::::\n` }))).state).toBe('unknown')
  })

  test('no accounts at all are an error of the check', async () => {
    await expect(checkGuestAccount(machine({}))).rejects.toMatchObject({ code: 'FILE_ABSENT' })
  })
})
