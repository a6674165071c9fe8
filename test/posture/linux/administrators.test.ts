import { checkAdministrators } from '../../../src/posture/linux/access/administrators.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const PASSWD =
  'root:x:0:0:root:/root:/bin/bash\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\nbob:x:1001:27::/home/bob:/bin/sh\n'
const GROUP = 'root:x:0:\nadm:x:4:eve\nsudo:x:27:ann,root\nwheel:x:998:ann\nann:x:1000:\n'
const SHADOW = 'root:!:19000:0:99999:7:::\nann:$y$hash:19000:0:99999:7:::\nbob:!:19000:0:99999:7:::\n'
const TREE: Tree = { '/etc/passwd': PASSWD, '/etc/group': GROUP, '/etc/shadow': SHADOW }

test('names who may become root, by group list and by primary group, without adm', async () => {
  expect(await checkAdministrators(machine(TREE))).toEqual({
    state: 'pass',
    detail: '2 accounts besides root may administer this machine: ann and bob; sudoers rules are not read.',
  })
})

test('no account besides root', async () => {
  expect(await checkAdministrators(machine({ ...TREE, '/etc/group': 'sudo:x:270:\n' }))).toEqual({
    state: 'pass',
    detail: 'No account besides root is in an admin group (sudo, wheel, admin); sudoers rules are not read.',
  })
})

test.each<[string, Tree, 'fail' | 'unknown']>([
  ['a second account with uid 0', { ...TREE, '/etc/passwd': `${PASSWD}toor:x:0:0::/root:/bin/sh\n` }, 'fail'],
  ['uid 0 written otherwise', { ...TREE, '/etc/passwd': `${PASSWD}toor:x:00:0::/root:/bin/sh\n` }, 'fail'],
  ['an administrator without a password', { ...TREE, '/etc/shadow': SHADOW.replace('$y$hash', '') }, 'fail'],
  ['root without a password', { ...TREE, '/etc/shadow': SHADOW.replace('root:!', 'root:') }, 'fail'],
  ['an empty password in passwd itself', { ...TREE, '/etc/passwd': PASSWD.replace('ann:x', 'ann:') }, 'fail'],
  ['shadow for root only', { ...TREE, '/etc/shadow': { denied: true } }, 'unknown'],
  ['no shadow', { '/etc/passwd': PASSWD, '/etc/group': GROUP }, 'unknown'],
  ['a shadow not understood', { ...TREE, '/etc/shadow': `${SHADOW}what\n` }, 'unknown'],
  ['NIS lines', { ...TREE, '/etc/passwd': `${PASSWD}+::::::\n` }, 'unknown'],
  ['a group file not understood', { ...TREE, '/etc/group': `${GROUP}sudo\n` }, 'unknown'],
])('%s', async (_, tree, state) => {
  expect((await checkAdministrators(machine(tree))).state).toBe(state)
})

test('an ordinary account without a password is not this check’s matter', async () => {
  const tree = {
    ...TREE,
    '/etc/passwd': `${PASSWD}kid:x:1002:1002::/home/kid:/bin/sh\n`,
    '/etc/shadow': `${SHADOW}kid::19000:0:99999:7:::\n`,
  }
  expect((await checkAdministrators(machine(tree))).state).toBe('pass')
})
