import { checkElevation } from '../../../src/posture/linux/access/elevation.ts'
import { parseSudoers } from '../../../src/posture/parsers/access/sudoers.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

/** After the file of the package sudo 1.9.16 of Debian 13. */
const DEBIAN = `#
# This file MUST be edited with the 'visudo' command as root.
Defaults	env_reset
Defaults	secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#Defaults:%sudo env_keep += "http_proxy"
# User_Alias ADMINS = millert
root	ALL=(ALL:ALL) ALL
%sudo	ALL=(ALL:ALL) ALL
# See sudoers(5) for more information on "@include" directives:
@includedir /etc/sudoers.d
`
const SOUND: Tree = { '/etc/sudoers': DEBIAN }
const rules = (text: string): Tree => ({ ...SOUND, '/etc/sudoers.d/ours': text })

test.each<[string, Tree, string]>([
  ['Debian as it comes', SOUND, 'sudo asks for a password before it gives all rights of root.'],
  ['no sudo', {}, 'sudo is not set up here. Other programs, such as doas, are not read.'],
  [
    'some commands',
    rules('%print ALL=(root) NOPASSWD: /usr/bin/lpadmin, /usr/sbin/cupsctl\n'),
    'sudo asks for a password before it gives all rights of root. For some commands it does not ask %print.',
  ],
  [
    'everything as another user',
    rules('ann ALL=(postgres) NOPASSWD: ALL\n'),
    'sudo asks for a password before it gives all rights of root. For some commands it does not ask ann.',
  ],
  [
    'root itself',
    rules('root ALL=(ALL) NOPASSWD: ALL\n'),
    'sudo asks for a password before it gives all rights of root.',
  ],
  [
    'files that sudo passes over',
    { ...SOUND, '/etc/sudoers.d/a.conf': 'ann ALL=NOPASSWD: ALL\n', '/etc/sudoers.d/b~': 'bob ALL=NOPASSWD: ALL\n' },
    'sudo asks for a password before it gives all rights of root.',
  ],
])('%s: pass', async (_, tree, detail) => {
  expect(await checkElevation(machine(tree))).toEqual({ state: 'pass', detail })
})

test.each<[string, Tree, string]>([
  ['an account', rules('ann ALL=(ALL) NOPASSWD:ALL\n'), 'ann'],
  ['a group with a space', rules('%domain\\ users ALL = (ALL : ALL) NOPASSWD: ALL\n'), '%domain\\ users'],
  ['two accounts', rules('ann, bob ALL=(ALL) NOPASSWD: ALL # until spring\n'), 'ann and bob'],
  ['a rule over two lines', rules('ann ALL = \\\n  (ALL) NOPASSWD: ALL\n'), 'ann'],
  ['a user id', rules('#1000 ALL=(ALL) NOPASSWD: ALL\n'), '#1000'],
  ['all behind one command', rules('ann ALL=(root) NOPASSWD: /bin/ls, ALL\n'), 'ann'],
  ['an alias of all', rules('Cmnd_Alias EVERY = ALL\nann ALL=(ALL) NOPASSWD: EVERY\n'), 'ann'],
  ['an alias defined later', rules('ann ALL=(ALL) NOPASSWD: EVERY\nCmnd_Alias EVERY = /bin/ls, ALL\n'), 'ann'],
  ['other tags before it', rules('ann ALL=(ALL) SETENV: NOPASSWD: ALL\n'), 'ann'],
  ['another host in the same line', rules('ann web = /bin/ls : db = (ALL) NOPASSWD: ALL\n'), 'ann'],
  ['a default for all', rules('Defaults !authenticate\n'), 'everyone (Defaults !authenticate)'],
  [
    'an included file',
    { '/etc/sudoers': '@include "sudoers.ours"\n', '/etc/sudoers.ours': 'ann ALL=NOPASSWD: ALL\n' },
    'ann',
  ],
  ['the file that openSUSE ships', { '/usr/etc/sudoers': 'ann ALL=(ALL) NOPASSWD: ALL\n' }, 'ann'],
])('%s: fail', async (_, tree, who) => {
  const detail = `sudo gives all rights of root without a password to ${who}.`
  expect(await checkElevation(machine(tree))).toEqual({ state: 'fail', detail })
})

test.each<[string, Tree]>([
  ['a subject with a strange letter', rules('?ann ALL=(ALL) ALL\n')],
  ['a line without rights', rules('ann\n')],
  ['a rule without a host', rules('ann=NOPASSWD: ALL\n')],
  ['a rule without a command', rules('ann ALL=\n')],
  ['a name of the host in an included file', { '/etc/sudoers': '@include /etc/sudoers.%h\n' }],
  ['files that include each other', { '/etc/sudoers': '@include /etc/sudoers\n' }],
])('%s: unknown', async (_, tree) => {
  expect((await checkElevation(machine(tree))).state).toBe('unknown')
})

test('rules that only root may read are an error of the check', async () => {
  const tree = { '/etc/sudoers': { denied: true as const } }
  await expect(checkElevation(machine(tree))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})

test('a password asked again ends the tag', () => {
  const { open, limited } = parseSudoers('ann ALL=(ALL) NOPASSWD: /bin/ls, PASSWD: ALL\n') ?? {}
  expect({ open, limited }).toEqual({ open: [], limited: ['ann'] })
})
