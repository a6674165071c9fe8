import { checkRebootPending } from '../../../src/posture/linux/os/reboot-pending.ts'
import { parseKernelRelease } from '../../../src/posture/parsers/os/kernel-release.ts'
import { machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const OLD = '6.12.41+deb13-amd64'
const NEW = '6.12.48+deb13-amd64'
const running = (release: string): Tree => ({ '/proc/sys/kernel/osrelease': `${release}\n` })
const installed = (...releases: readonly string[]): Tree =>
  Object.fromEntries(
    releases.flatMap((release) => [
      [`/lib/modules/${release}/modules.dep`, ''],
      [`/boot/vmlinuz-${release}`, ''],
    ]),
  )
const HOOK: Tree = { '/etc/kernel/postinst.d/unattended-upgrades': '#!/bin/sh\n' }

test.each<[string, Tree, string]>([
  [
    'the newest kernel runs',
    { ...running(NEW), ...installed(OLD, NEW) },
    `No package asks for a restart, and the newest installed kernel runs (${NEW}).`,
  ],
  [
    'a kernel of another flavour is newer',
    { ...running(NEW), ...installed(NEW, '6.12.73+deb13-cloud-amd64') },
    `No package asks for a restart, and the newest installed kernel runs (${NEW}).`,
  ],
  [
    'a folder of a removed kernel is newer',
    { ...running(NEW), ...installed(NEW), '/lib/modules/6.99.0+deb13-amd64/updates/dkms/x.ko': '' },
    `No package asks for a restart, and the newest installed kernel runs (${NEW}).`,
  ],
  ['a container whose packages would say it', { ...running(NEW), ...HOOK }, 'No package asks for a restart.'],
])('%s: pass', async (_, tree, detail) => {
  expect(await checkRebootPending(machine(tree))).toEqual({ state: 'pass', detail })
})

test.each<[string, Tree, string]>([
  [
    'packages ask for it',
    { '/run/reboot-required': '', '/run/reboot-required.pkgs': 'linux-image-amd64\nlinux-image-amd64\n\nlibc6\n' },
    'A restart is needed for updates that are installed: linux-image-amd64 and libc6.',
  ],
  [
    'a mark alone',
    { '/run/reboot-required': '', ...running(NEW), ...installed(NEW) },
    'A restart is needed for updates that are installed.',
  ],
  [
    'a newer kernel is installed',
    { ...running(OLD), ...installed(OLD, NEW) },
    `A newer kernel is installed than the running ${OLD}: ${NEW}. A restart is needed.`,
  ],
  [
    'the kernel of Fedora lies beside its modules',
    {
      ...running('6.17.4-200.fc42.x86_64'),
      '/lib/modules/6.17.4-200.fc42.x86_64/vmlinuz': '',
      '/lib/modules/6.17.8-300.fc43.x86_64/vmlinuz': '',
    },
    'A newer kernel is installed than the running 6.17.4-200.fc42.x86_64: 6.17.8-300.fc43.x86_64. A restart is needed.',
  ],
  [
    'the running kernel was removed',
    { ...running('6.10.3-arch1-1'), '/lib/modules/6.10.9-arch1-2/vmlinuz': '' },
    'The running kernel 6.10.3-arch1-1 is no longer installed: a restart is needed.',
  ],
])('%s: fail', async (_, tree, detail) => {
  expect(await checkRebootPending(machine(tree))).toEqual({ state: 'fail', detail })
})

test.each<[string, Tree]>([
  ['nothing to compare with', running(NEW)],
  ['nothing at all', {}],
  ['a version in a form not known', { ...running('rolling'), ...installed('rolling') }],
])('%s: unknown', async (_, tree) => {
  expect((await checkRebootPending(machine(tree))).state).toBe('unknown')
})

test('a mark that may not be read is an error of the check', async () => {
  const tree = { '/run/reboot-required': { denied: true as const } }
  await expect(checkRebootPending(machine(tree))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})

test.each([
  ['6.12.48+deb13-amd64', [6, 12, 48, 13], 'amd64'],
  ['6.1.0-26-amd64', [6, 1, 0, 26], 'amd64'],
  ['6.8.0-45-generic', [6, 8, 0, 45], 'generic'],
  ['5.14.0-503.el9_5.x86_64', [5, 14, 0, 503, 9, 5], 'x86_64'],
  ['6.13-rc5-amd64', [6, 13, 5], 'amd64'],
  ['6.12.0', [6, 12, 0], ''],
])('reads the release %s', (release, numbers, flavour) => {
  expect(parseKernelRelease(release)).toEqual({ numbers, flavour })
})

test.each(['', 'linux', '6', 'v6.12', '6.12\n6.13', `6.${'1'.repeat(200)}`, '6.1 ; x'])('does not read %j', (text) => {
  expect(parseKernelRelease(text)).toBeUndefined()
})
