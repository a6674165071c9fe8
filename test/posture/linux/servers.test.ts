import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkRemoteLogin } from '../../../src/posture/linux/access/remote-login.ts'
import { checkSmb1 } from '../../../src/posture/linux/network/smb1.ts'
import { checkAntivirus } from '../../../src/posture/linux/programs/antivirus.ts'
import type { Answer } from '../fake-commands.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

type Commands = Readonly<Record<string, Answer>>

const fixture = (path: string) => readFileSync(join(import.meta.dirname, '../../fixtures', path), 'utf8')
const unit = (name: string): Commands => ({ systemctl: { stdout: fixture(`systemctl-show/${name}.txt`) } })

describe('access.remote-login', () => {
  const SSHD: Tree = { '/usr/sbin/sshd': '' }
  const ACTIVE = unit('timer-active')
  const settings = (stdout: string, exitCode = 0): Commands => ({ ...ACTIVE, sshd: { stdout, exitCode } })
  const KEYS_ONLY = 'passwordauthentication no\nkbdinteractiveauthentication no\n'

  test.each<[string, Tree, Commands, string]>([
    ['no server', {}, {}, 'The OpenSSH server is not installed. Other servers are not looked for.'],
    [
      'a stopped server',
      SSHD,
      unit('absent'),
      'The OpenSSH server is installed, but neither running nor started at boot.',
    ],
    [
      'keys only',
      SSHD,
      settings(KEYS_ONLY),
      'The OpenSSH server runs and accepts keys, not passwords. Match blocks are not read.',
    ],
  ])('%s: pass', async (_, tree, commands, detail) => {
    expect(await checkRemoteLogin(machine(tree, commands), context)).toEqual({ state: 'pass', detail })
  })

  test.each<[string, Commands, 'fail' | 'unknown']>([
    ['Debian as it comes', settings(fixture('sshd-effective/debian13-default.txt')), 'fail'],
    [
      'questions of PAM',
      settings(KEYS_ONLY.replace('kbdinteractiveauthentication no', 'kbdinteractiveauthentication yes')),
      'fail',
    ],
    ['systemd not answering', { ...settings('passwordauthentication yes\n'), systemctl: { exitCode: 1 } }, 'fail'],
    ['a server that does not answer', settings('', 1), 'unknown'],
    ['an answer without the setting', settings('port 22\n'), 'unknown'],
    ['half an answer', settings('passwordauthentication no\n'), 'unknown'],
    ['a setting twice', settings(`${KEYS_ONLY}passwordauthentication no\n`), 'unknown'],
    ['a value not known', settings(KEYS_ONLY.replace('no', 'perhaps')), 'unknown'],
  ])('%s', async (_, commands, state) => {
    expect((await checkRemoteLogin(machine(SSHD, commands), context)).state).toBe(state)
  })
})

describe('protection.antivirus', () => {
  test.each<[string, Tree, string]>([
    ['Microsoft', { '/opt/microsoft/mdatp/sbin/wdavdaemon': '' }, 'Microsoft Defender for Endpoint'],
    ['CrowdStrike', { '/opt/CrowdStrike/falcond': '' }, 'CrowdStrike Falcon'],
    ['ClamAV', { '/usr/sbin/clamd': '' }, 'ClamAV'],
  ])('%s: pass when it runs, fail when it does not, unknown when systemd does not say', async (_, tree, name) => {
    expect(await checkAntivirus(machine(tree, unit('timer-active')), context)).toEqual({
      state: 'pass',
      detail: `${name} runs. The age of its signatures is not read.`,
    })
    expect(await checkAntivirus(machine(tree, unit('absent')), context)).toEqual({
      state: 'fail',
      detail: `${name}: installed, but not running.`,
    })
    expect((await checkAntivirus(machine(tree), context)).state).toBe('unknown')
    expect((await checkAntivirus(machine(tree, { systemctl: { stdout: 'LoadState=lo' } }), context)).state).toBe(
      'unknown',
    )
  })

  test('no product: does not apply', async () => {
    expect((await checkAntivirus(machine(), context)).state).toBe('not-applicable')
  })
})

describe('network.smb1', () => {
  const SMBD = '/usr/sbin/smbd'
  const CONF = '/etc/samba/smb.conf'
  const config = (text: string): Tree => ({ [SMBD]: '', [CONF]: text })

  test.each<[string, Tree]>([
    ['no server', { [CONF]: '[global]\nserver min protocol = NT1\n' }],
    ['a server without settings', { [SMBD]: '' }],
    ['settings that say nothing of it', config('[global]\n   workgroup = WORKGROUP\n;  min protocol = NT1\n[homes]\n')],
    ['a lowest protocol that is new', config('[Global]\nServer Min  Protocol = smb3\n')],
    ['the last line wins', config('server min protocol = NT1\n[global]\nserver min protocol = SMB2\n')],
    ['a line of a share', config('[homes]\nserver min protocol = NT1\n')],
  ])('%s: pass', async (_, tree) => {
    expect((await checkSmb1(machine(tree))).state).toBe('pass')
  })

  test.each<[string, Tree, 'fail' | 'unknown']>([
    ['SMB 1', config('[global]\nserver min protocol = NT1\n'), 'fail'],
    ['its older name', config('[global]\nmin protocol = LANMAN1\n'), 'fail'],
    ['a line in two parts', config('[global]\nserver min \\\nprotocol = core\n'), 'fail'],
    ['an included file', config('[global]\ninclude = /etc/samba/%m.conf\n'), 'unknown'],
    ['settings in the registry', config('[global]\nconfig backend = registry\n'), 'unknown'],
    ['a line not understood', config('[global]\nserver min protocol\n'), 'unknown'],
    ['a name not understood', config('[global]\n?server min protocol = SMB2\n'), 'unknown'],
  ])('%s', async (_, tree, state) => {
    expect((await checkSmb1(machine(tree))).state).toBe(state)
  })

  test('settings that may not be read are an error of the check', async () => {
    const tree: Tree = { [SMBD]: '', [CONF]: { denied: true } }
    await expect(checkSmb1(machine(tree))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
