import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkMandatoryAccessControl } from '../../../src/posture/linux/access/mandatory-access-control.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const PROFILES = readFileSync(join(import.meta.dirname, '../../fixtures/apparmor/debian13-profiles.txt'), 'utf8')
const ON = { '/sys/module/apparmor/parameters/enabled': 'Y\n' }
const LIST = '/sys/kernel/security/apparmor/profiles'

test('AppArmor with the profiles of Debian 13', async () => {
  expect(await checkMandatoryAccessControl(machine({ ...ON, [LIST]: PROFILES }))).toEqual({
    state: 'pass',
    detail: 'AppArmor enforces 3 profiles; 99 more in other modes.',
  })
})

test.each<[string, Tree, 'pass' | 'fail' | 'unknown']>([
  ['SELinux enforcing', { '/sys/fs/selinux/enforce': '1' }, 'pass'],
  ['SELinux permissive', { '/sys/fs/selinux/enforce': '0' }, 'fail'],
  ['SELinux permissive beside AppArmor', { '/sys/fs/selinux/enforce': '0', ...ON, [LIST]: PROFILES }, 'fail'],
  ['SELinux in a mode not known', { '/sys/fs/selinux/enforce': '2' }, 'unknown'],
  ['AppArmor that only complains', { ...ON, [LIST]: 'a (complain)\nb (unconfined)\n' }, 'fail'],
  ['AppArmor without profiles', { ...ON, [LIST]: '' }, 'fail'],
  ['AppArmor profiles for root only', { ...ON, [LIST]: { denied: true } }, 'unknown'],
  ['AppArmor without securityfs', ON, 'unknown'],
  ['AppArmor profiles in a form not known', { ...ON, [LIST]: 'a (enforce)\nb\n' }, 'unknown'],
  ['AppArmor built in and switched off', { '/sys/module/apparmor/parameters/enabled': 'N\n' }, 'fail'],
  [
    'only modules that confine nothing',
    { '/sys/kernel/security/lsm': 'lockdown,capability,landlock,yama,bpf' },
    'fail',
  ],
  ['TOMOYO', { '/sys/kernel/security/lsm': 'capability,tomoyo' }, 'unknown'],
  ['nothing', {}, 'fail'],
])('%s', async (_, tree, state) => {
  expect((await checkMandatoryAccessControl(machine(tree))).state).toBe(state)
})
