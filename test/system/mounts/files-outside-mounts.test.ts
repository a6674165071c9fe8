import { utf8 } from '../../../src/base/bytes.ts'
import { filesOutsideMounts, mountHolding } from '../../../src/system/mounts/files-outside-mounts.ts'
import { userServedMounts } from '../../../src/system/mounts/linux.ts'
import { codeThrown } from '../../support/code-thrown.ts'
import { FakeFileReader } from '../../support/fake-file-reader.ts'

const ROOT = '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw'
const mountsOf = (...lines: readonly string[]) => userServedMounts(utf8(`${[ROOT, ...lines].join('\n')}\n`))

test.each<[string, string, string | undefined]>([
  [
    'sshfs of a user',
    '30 20 0:30 / /home/a/far rw shared:9 - fuse.sshfs a@b: rw,user_id=1000,group_id=1000',
    '/home/a/far',
  ],
  ['one without a name', '30 20 0:30 / /home/a/far rw - fuse none rw,user_id=1000,group_id=0', '/home/a/far'],
  ['a blank in its name', '30 20 0:30 / /home/a/my\\040far rw - fuse.x x rw,group_id=0,user_id=7', '/home/a/my far'],
  [
    'one that root mounted',
    '30 20 0:30 / /srv/far rw - fuse.glusterfs x rw,user_id=0,group_id=0,allow_other',
    undefined,
  ],
  ['a disk', '30 20 8:2 / /media/a rw - fuseblk /dev/sdb1 rw,user_id=1000,group_id=0', undefined],
  ['a network folder', '30 20 0:30 / /home/a/far rw - nfs4 server:/x rw,user_id=1000', undefined],
  ['one without a user id', '30 20 0:30 / /home/a/far rw - fuse.x x rw', undefined],
  ['a name that only begins alike', '30 20 0:30 / /home/a/far rw - fusectl none rw,user_id=1000', undefined],
  ['an option that only ends alike', '30 20 0:30 / /home/a/far rw - fuse.x x rw,super_user_id=1000', undefined],
  ['half a line', '30 20 0:30 / /home/a/far rw - fuse.x', undefined],
  ['no line', 'user_id=1000', undefined],
])('%s', (_, line, point) =>
  expect(mountsOf(line).map((mount) => mount.mountPoint)).toEqual(point === undefined ? [] : [point]),
)

test('a file on such a mount is not touched, one beside it is read', async () => {
  const mounts = mountsOf('30 20 0:30 / /home/a/far rw - fuse.sshfs a@b: rw,user_id=1000,group_id=1000')
  const inner = new FakeFileReader({ '/home/a/far/x': 'far', '/home/a/farther': 'near' })
  const files = filesOutsideMounts(mounts, inner)
  for (const path of ['/home/a/far', '/home/a/far/x']) {
    expect(await codeThrown(() => files.readText(path, { maxBytes: 9 }))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.stat(path))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.list(path, { maxEntries: 9 }))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.withRegular(path, () => 0))).toBe('FILE_UNREADABLE')
  }
  expect(await files.readText('/home/a/farther', { maxBytes: 9 })).toBe('near')
  expect([mountHolding(mounts, '/home/a'), mountHolding(mounts, '/home/a/far/y')?.type]).toEqual([
    undefined,
    'fuse.sshfs',
  ])
  expect(filesOutsideMounts([], inner)).toBe(inner)
})
