import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkSshRootLogin } from '../../../src/posture/linux/access/ssh-root-login.ts'
import type { Answer } from '../fake-commands.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const fixture = (path: string) => readFileSync(join(import.meta.dirname, '../../fixtures', path), 'utf8')
const DEBIAN: Tree = { '/usr/sbin/sshd': '', '/etc/ssh/sshd_config': fixture('sshd-config/debian13-default.txt') }
const sshd = (name: string): Readonly<Record<string, Answer>> => ({
  sshd: { stdout: fixture(`sshd-effective/${name}.txt`) },
})
const config = (text: string): Tree => ({ ...DEBIAN, '/etc/ssh/sshd_config': text })
const noHostKeys: Readonly<Record<string, Answer>> = {
  sshd: { exitCode: 1, stderr: 'sshd: no hostkeys available -- exiting.\n' },
}
const units = (name: string): Readonly<Record<string, Answer>> => ({
  systemctl: { stdout: fixture(`systemctl-show/${name}.txt`) },
})

test.each<[string, Tree, Readonly<Record<string, Answer>>, string]>([
  ['no server', {}, {}, 'The OpenSSH server is not installed. Other SSH servers are not looked for.'],
  [
    'a server that never runs',
    config('PermitRootLogin yes\n'),
    units('absent'),
    'The OpenSSH server is installed, but neither running nor started at boot.',
  ],
  [
    'Debian as it comes',
    DEBIAN,
    { ...sshd('debian13-default'), ...units('timer-active') },
    'Root can log in over SSH only with a key, not with a password (PermitRootLogin prohibit-password).',
  ],
  [
    'Debian as it comes, before its first host keys',
    DEBIAN,
    noHostKeys,
    'Root can log in over SSH only with a key, not with a password (PermitRootLogin prohibit-password).',
  ],
  ['forbidden', config('PermitRootLogin no\n'), sshd('root-denied'), 'Root cannot log in over SSH.'],
  [
    'bound to commands',
    config('PermitRootLogin forced-commands-only\n'),
    sshd('root-forced-commands'),
    'Root can use SSH only with a key that is bound to one command (PermitRootLogin forced-commands-only).',
  ],
  [
    'the first line wins',
    config('PermitRootLogin no\nPermitRootLogin yes\n'),
    noHostKeys,
    'Root cannot log in over SSH.',
  ],
])('%s: pass', async (_, tree, commands, detail) => {
  expect(await checkSshRootLogin(machine(tree, commands), context)).toEqual({ state: 'pass', detail })
})

const D = '/etc/ssh/sshd_config.d'
test.each<[string, Tree, Readonly<Record<string, Answer>>, 'fail' | 'unknown']>([
  ['sshd itself says yes', config('PermitRootLogin no\n'), sshd('root-with-password'), 'fail'],
  ['the file says yes', config('permitrootlogin=YES\n'), noHostKeys, 'fail'],
  [
    'an included file says yes first',
    { ...DEBIAN, [`${D}/10-root.conf`]: 'PermitRootLogin yes\n', [`${D}/20-root.conf`]: 'PermitRootLogin no\n' },
    noHostKeys,
    'fail',
  ],
  ['a Match block says yes', config(fixture('sshd-config/match-block.txt')), sshd('root-denied'), 'fail'],
  ['Match all is no condition', config('Match all\nPermitRootLogin yes\n'), noHostKeys, 'fail'],
  [
    'an included file in a Match block says yes',
    { ...config(`Match user x\nInclude ${D}/*.conf\n`), [`${D}/a.conf`]: 'PermitRootLogin yes\n' },
    noHostKeys,
    'fail',
  ],
  [
    'systemd not answering does not excuse it',
    config('PermitRootLogin yes\n'),
    { ...noHostKeys, systemctl: { exitCode: 1 } },
    'fail',
  ],
  ['a value sshd would refuse', config('PermitRootLogin maybe\n'), noHostKeys, 'unknown'],
  ['a file not understood', config(fixture('sshd-config/open-quote.txt')), sshd('root-denied'), 'unknown'],
  ['files that include each other', config('Include /etc/ssh/sshd_config\n'), noHostKeys, 'unknown'],
  ['an Include with a wildcard in its folder', config('Include /etc/ssh/*/x.conf\n'), sshd('root-denied'), 'unknown'],
])('%s', async (_, tree, commands, state) => {
  expect((await checkSshRootLogin(machine(tree, commands), context)).state).toBe(state)
})

test('a config that may not be read is an error of the check', async () => {
  const tree = { ...DEBIAN, '/etc/ssh/sshd_config': { denied: true as const } }
  await expect(checkSshRootLogin(machine(tree, noHostKeys), context)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
