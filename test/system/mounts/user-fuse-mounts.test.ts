import { utf8 } from '../../../src/base/bytes.ts'
import { filesApartFrom, mountUnder, personsMounts } from '../../../src/system/mounts/user-fuse-mounts.ts'
import { FakeFileReader } from '../../fakes/fake-file-reader.ts'
import { codeThrown } from '../../support/code-thrown.ts'

const ROOT = '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw'
const mountsOf = (...lines: readonly string[]) => personsMounts(utf8(`${[ROOT, ...lines].join('\n')}\n`))

test.each<[string, string, string | undefined]>([
  [
    'sshfs of a person',
    '30 20 0:30 / /home/a/far rw shared:9 - fuse.sshfs a@b: rw,user_id=1000,group_id=1000',
    '/home/a/far',
  ],
  ['one without a name', '30 20 0:30 / /home/a/far rw - fuse none rw,user_id=1000,group_id=0', '/home/a/far'],
  ['a blank in its name', '30 20 0:30 / /home/a/my\\040far rw - fuse.x x rw,group_id=0,user_id=7', '/home/a/my far'],
  ['what root mounted', '30 20 0:30 / /srv/far rw - fuse.glusterfs x rw,user_id=0,group_id=0,allow_other', undefined],
  ['a disk', '30 20 8:2 / /media/a rw - fuseblk /dev/sdb1 rw,user_id=1000,group_id=0', undefined],
  ['a network folder', '30 20 0:30 / /home/a/far rw - nfs4 server:/x rw,user_id=1000', undefined],
  ['one whose owner is not told', '30 20 0:30 / /home/a/far rw - fuse.x x rw', undefined],
  ['a name that only begins alike', '30 20 0:30 / /home/a/far rw - fusectl none rw,user_id=1000', undefined],
  ['an option that only ends alike', '30 20 0:30 / /home/a/far rw - fuse.x x rw,super_user_id=1000', undefined],
  ['half a line', '30 20 0:30 / /home/a/far rw - fuse.x', undefined],
  ['no line', 'user_id=1000', undefined],
])('%s', (_, line, place) =>
  expect(mountsOf(line).map((mount) => mount.place)).toEqual(place === undefined ? [] : [place]),
)

test('what lies on one is not touched, what lies beside it is', async () => {
  const mounts = mountsOf('30 20 0:30 / /home/a/far rw - fuse.sshfs a@b: rw,user_id=1000,group_id=1000')
  const inner = new FakeFileReader({ '/home/a/far/x': 'far', '/home/a/farther': 'near' })
  const files = filesApartFrom(mounts, inner)
  for (const path of ['/home/a/far', '/home/a/far/x']) {
    expect(await codeThrown(() => files.readText(path, { maxBytes: 9 }))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.stat(path))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.list(path, { maxEntries: 9 }))).toBe('FILE_UNREADABLE')
    expect(await codeThrown(() => files.withRegular(path, () => 0))).toBe('FILE_UNREADABLE')
  }
  expect(await files.readText('/home/a/farther', { maxBytes: 9 })).toBe('near')
  expect([mountUnder(mounts, '/home/a'), mountUnder(mounts, '/home/a/far/y')?.type]).toEqual([undefined, 'fuse.sshfs'])
  expect(filesApartFrom([], inner)).toBe(inner)
})
