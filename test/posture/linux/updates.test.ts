import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkAutomaticUpdates } from '../../../src/posture/linux/os/automatic-updates.ts'
import { checkSecurityUpdates } from '../../../src/posture/linux/os/security-updates.ts'
import type { CommandOutput } from '../../../src/system/program/command-runner.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import type { Answer } from '../fake-commands.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const fixture = (path: string) => readFileSync(join(import.meta.dirname, '../../fixtures', path), 'utf8')

const DEBIAN: Tree = {
  '/var/lib/dpkg/status': '',
  '/var/lib/apt/lists/deb.debian.org_debian-security_dists_trixie-security_InRelease': fixture(
    'apt-release/debian13-security.txt',
  ),
}
const TARGETS =
  '/var/lib/apt/lists/deb.debian.org_debian-security_dists_trixie-security_main_binary-amd64_Packages.lz4\n'
const answering = (output: Partial<CommandOutput>, targets = TARGETS): Readonly<Record<string, Answer>> => ({
  'apt-get': ([word]) => (word === 'indextargets' ? { stdout: targets } : output),
})
const apt = (name: string, targets?: string) => answering({ stdout: fixture(`apt-get/${name}.txt`) }, targets)

describe('security updates by apt', () => {
  test('none is waiting, as apt of Debian 13 says it', async () => {
    expect(await checkSecurityUpdates(machine(DEBIAN, apt('nothing-waiting')), context)).toEqual({
      state: 'pass',
      detail: 'No security update is waiting (package list of 2026-11-23).',
    })
  })

  test('some are waiting: how many and which', async () => {
    expect(await checkSecurityUpdates(machine(DEBIAN, apt('debian13-security-waiting')), context)).toEqual({
      state: 'fail',
      detail: expect.stringMatching(
        /^\d+ packages with security updates waiting: libbrotli-dev, libbrotli1, .* and \d+ more/,
      ),
    })
  })

  test('reports a restart that is due', async () => {
    const tree = { ...DEBIAN, '/run/reboot-required': '*** System restart required ***\n' }
    expect(await checkSecurityUpdates(machine(tree, apt('other-updates-waiting')), context)).toEqual({
      state: 'pass',
      detail: expect.stringMatching(/other updates waiting\. A restart is needed/),
    })
  })

  test.each<[string, Tree, Readonly<Record<string, Answer>>, string]>([
    ['updates held back', DEBIAN, apt('all-held-back'), 'held back'],
    [
      'no list of a security archive',
      {
        '/var/lib/dpkg/status': '',
        '/var/lib/apt/lists/x_dists_trixie_InRelease': fixture('apt-release/debian13-security.txt'),
      },
      apt('nothing-waiting'),
      'no package list of a security archive',
    ],
    [
      'a list without a date',
      { '/var/lib/dpkg/status': '', '/var/lib/apt/lists/x_dists_trixie-security_InRelease': 'Origin: x\n' },
      apt('nothing-waiting'),
      'no package list of a security archive',
    ],
    [
      'the list of a source no longer configured',
      DEBIAN,
      apt('nothing-waiting', '/var/lib/apt/lists/deb.debian.org_debian_dists_trixie_main_binary-amd64_Packages\n'),
      'no package list of a security archive',
    ],
    ['an answer cut short', DEBIAN, answering({ stdout: 'Reading package lists...\n' }), 'not understood'],
    [
      'an answer that hides an Inst line',
      DEBIAN,
      answering({ stdout: '1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n' }),
      'not understood',
    ],
    [
      'an Inst line not understood',
      DEBIAN,
      answering({ stdout: `${fixture('apt-get/nothing-waiting.txt')}Inst what\n` }),
      'not understood',
    ],
    ['broken packages', DEBIAN, answering({ exitCode: 100 }), 'broken'],
  ])('%s: unknown', async (_, tree, commands, words) => {
    expect(await checkSecurityUpdates(machine(tree, commands), context)).toEqual({
      state: 'unknown',
      reason: expect.stringContaining(words),
    })
  })

  test('a list of the week before last cannot vouch for today', async () => {
    const clock = new FakeClock(Date.UTC(2026, 11, 5))
    expect(await checkSecurityUpdates(machine(DEBIAN, apt('nothing-waiting'), { clock }), context)).toEqual({
      state: 'unknown',
      reason: 'the security package list is 11 days old (of 2026-11-23), so newer updates would not be seen',
    })
  })
})

describe('security updates by dnf', () => {
  const FEDORA: Tree = {
    '/etc/os-release': 'ID=fedora\nVERSION_ID=44\nPRETTY_NAME="Fedora Linux 44"\n',
    '/var/cache/libdnf5/updates-1/repodata/repomd.xml': `<repomd><revision>${Date.UTC(2026, 10, 24) / 1000}</revision></repomd>`,
  }
  const stale = { ...FEDORA, '/var/cache/libdnf5/updates-1/repodata/repomd.xml': '<revision>1700000000</revision>' }
  test.each<[string, Tree, Answer, 'pass' | 'fail' | 'unknown']>([
    ['none', FEDORA, { stdout: '' }, 'pass'],
    ['two, dnf 4', FEDORA, { stdout: fixture('dnf-updateinfo/dnf4-two.txt') }, 'fail'],
    ['one, dnf 5', FEDORA, { stdout: fixture('dnf-updateinfo/dnf5-one.txt') }, 'fail'],
    ['a line not known', FEDORA, { stdout: fixture('dnf-updateinfo/no-cache.txt') }, 'unknown'],
    ['failing', FEDORA, { exitCode: 1 }, 'unknown'],
    ['old lists', stale, { stdout: '' }, 'unknown'],
    ['no lists', { '/etc/os-release': 'ID=fedora\n' }, { stdout: '' }, 'unknown'],
    ['another system', { '/etc/os-release': 'ID=arch\n' }, { stdout: '' }, 'unknown'],
  ])('%s', async (_, tree, dnf, state) => {
    expect((await checkSecurityUpdates(machine(tree, { dnf }), context)).state).toBe(state)
  })
})

describe('automatic updates', () => {
  const D = '/etc/apt/apt.conf.d'
  const ON: Tree = {
    '/var/lib/dpkg/status': '',
    '/usr/bin/unattended-upgrade': '',
    [`${D}/20auto-upgrades`]: fixture('apt-config/debian13-20auto-upgrades.txt'),
    [`${D}/50unattended-upgrades`]: fixture('apt-config/debian13-50unattended-upgrades.txt'),
  }
  const active = { systemctl: { stdout: fixture('systemctl-show/timer-active.txt') } }
  const absent = { systemctl: { stdout: fixture('systemctl-show/absent.txt') } }

  test('unattended-upgrades as Debian 13 sets it up', async () => {
    expect(await checkAutomaticUpdates(machine(ON, active), context)).toEqual({
      state: 'pass',
      detail: 'Security updates are installed automatically (unattended-upgrades).',
    })
  })

  test.each<[string, Tree, Readonly<Record<string, Answer>>, 'pass' | 'fail' | 'unknown']>([
    ['not installed', { '/var/lib/dpkg/status': '' }, active, 'fail'],
    ['never switched on', { ...ON, [`${D}/20auto-upgrades`]: '' }, active, 'fail'],
    [
      'lists not fetched',
      { ...ON, [`${D}/20auto-upgrades`]: 'APT::Periodic::Unattended-Upgrade "1";' },
      active,
      'fail',
    ],
    [
      'switched off by a later file',
      { ...ON, [`${D}/99off`]: 'APT { Periodic { Unattended-Upgrade "0"; } }' },
      active,
      'fail',
    ],
    ['switched off in apt.conf', { ...ON, '/etc/apt/apt.conf': 'apt::periodic::enable "0";' }, active, 'fail'],
    [
      'a later file with a name apt ignores',
      { ...ON, [`${D}/99off.bak`]: 'APT::Periodic::Enable "0";' },
      active,
      'pass',
    ],
    [
      'a later file that only comments',
      { ...ON, [`${D}/99off`]: '// APT::Periodic::Enable "0";\n/* APT::Periodic::Enable "0"; */\n# x\n' },
      active,
      'pass',
    ],
    [
      'no security archive allowed',
      {
        ...ON,
        [`${D}/60`]:
          '#clear Unattended-Upgrade::Origins-Pattern;\nUnattended-Upgrade::Origins-Pattern { "origin=Debian,label=Debian"; };',
      },
      active,
      'fail',
    ],
    ['a file that includes another', { ...ON, [`${D}/60`]: '#include "/etc/other";' }, active, 'unknown'],
    ['a file not understood', { ...ON, [`${D}/60`]: 'APT { Periodic' }, active, 'unknown'],
    ['a timer that does not run', ON, absent, 'fail'],
    ['no systemd', ON, {}, 'unknown'],
    ['systemd that does not answer', ON, { systemctl: { exitCode: 1 } }, 'unknown'],
    ['another system', {}, active, 'unknown'],
  ])('%s', async (_, tree, commands, state) => {
    expect((await checkAutomaticUpdates(machine(tree, commands), context)).state).toBe(state)
  })

  const only =
    (unit: string): Answer =>
    (args) => ({
      stdout: fixture(`systemctl-show/${args.at(-1) === unit ? 'timer-active' : 'absent'}.txt`),
    })
  test.each<[string, Tree, Answer | undefined, 'pass' | 'fail' | 'unknown']>([
    [
      'installs',
      { '/etc/dnf/automatic.conf': '[commands]\napply_updates = yes\n' },
      only('dnf-automatic.timer'),
      'pass',
    ],
    [
      'installs, dnf 5',
      { '/etc/dnf/automatic.conf': '[commands]\napply_updates=true\n' },
      only('dnf5-automatic.timer'),
      'pass',
    ],
    [
      'installs by its own timer',
      { '/etc/dnf/automatic.conf': '[commands]\napply_updates=no\n' },
      only('dnf-automatic-install.timer'),
      'pass',
    ],
    [
      'only announces',
      { '/etc/dnf/automatic.conf': '[commands]\napply_updates=no\n' },
      only('dnf-automatic.timer'),
      'fail',
    ],
    [
      'says nothing about installing',
      { '/etc/dnf/automatic.conf': '[commands]\n' },
      only('dnf-automatic.timer'),
      'fail',
    ],
    ['is not installed', { '/etc/dnf/dnf.conf': '' }, only('x'), 'fail'],
    ['has no timer running', { '/etc/dnf/automatic.conf': '[commands]\napply_updates=yes\n' }, only('x'), 'fail'],
    ['is not understood', { '/etc/dnf/automatic.conf': 'apply updates\n' }, only('dnf-automatic.timer'), 'unknown'],
    ['cannot be asked for', { '/etc/dnf/automatic.conf': '[commands]\napply_updates=yes\n' }, undefined, 'unknown'],
    ['cannot be asked for, and announces', { '/etc/dnf/automatic.conf': '[commands]\n' }, undefined, 'fail'],
  ])('dnf-automatic %s', async (_, tree, systemctl, state) => {
    expect(
      (await checkAutomaticUpdates(machine(tree, systemctl === undefined ? {} : { systemctl }), context)).state,
    ).toBe(state)
  })
})
