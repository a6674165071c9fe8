import { utf8 } from '../../../src/base/bytes.ts'
import { linuxMounts, localMounts, readMountinfo } from '../../../src/system/mounts/linux.ts'

const ROOT = '20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw'
const tableOf = (...lines: readonly string[]) => localMounts(utf8(`${[ROOT, ...lines].join('\n')}\n`))

test.each<[string, readonly string[], string, string | undefined]>([
  ['of the system itself', [], '/data/work', undefined],
  ['on another disk', ['30 20 8:2 / /data rw - xfs /dev/sdb1 rw'], '/data/work', undefined],
  ['in memory', ['30 20 0:30 / /dev/shm rw - tmpfs shm rw'], '/dev/shm/x', undefined],
  ['on a disk that a program of root reads', ['30 20 8:2 / /data rw - fuseblk /dev/sdb1 rw'], '/data/x', undefined],
  ['beside a mount', ['30 20 0:30 / /data rw - nfs4 server:/x rw'], '/database/x', undefined],
  ['above one', ['30 20 0:30 / /data/far rw - nfs4 server:/x rw'], '/data', undefined],
  ['on a network', ['30 20 0:30 / /data rw - nfs4 server:/x rw'], '/data/work', 'nfs4'],
  ['that is the mount itself', ['30 20 0:30 / /data rw - cifs //server/x rw'], '/data', 'cifs'],
  ['of a program', ['30 20 0:30 / /mnt/me rw - fuse.sshfs me@there: rw'], '/mnt/me/x', 'fuse.sshfs'],
  ['of a type that is not known', ['30 20 0:30 / /data rw - newfs x rw'], '/data/x', 'newfs'],
  ['of the kernel', ['30 20 0:30 / /proc rw - proc proc rw'], '/proc/1/root/data', 'proc'],
  ['where something waits to be mounted', ['30 20 0:30 / /net rw - autofs x rw'], '/net/host/x', 'autofs'],
  [
    'on a disk that lies on a network folder',
    ['30 20 0:30 / /data rw - nfs4 server:/x rw', '31 30 8:2 / /data/disk rw - ext4 /dev/sdb1 rw'],
    '/data/disk/x',
    'nfs4',
  ],
  [
    'of a disk that is mounted over a network folder',
    ['31 30 8:2 / /data rw - ext4 /dev/sdb1 rw', '30 20 0:30 / /data rw - nfs4 server:/x rw'],
    '/data/x',
    undefined,
  ],
  [
    'of a network folder that is mounted over a disk, whatever the order',
    ['31 30 0:30 / /data rw - nfs4 server:/x rw', '30 20 8:2 / /data rw - ext4 /dev/sdb1 rw'],
    '/data/x',
    'nfs4',
  ],
  [
    'of a disk that hides a network folder below it',
    ['30 20 0:30 / /data/far rw - nfs4 server:/x rw', '31 20 8:2 / /data rw - ext4 /dev/sdb1 rw'],
    '/data/far/x',
    undefined,
  ],
  ['below a place with a blank', [String.raw`30 20 0:30 / /my\040place rw - nfs s:/x rw`], '/my place/x', 'nfs'],
  ['below a place with an umlaut', ['30 20 0:30 / /dät rw - nfs s:/x rw'], '/dät/x', 'nfs'],
  ['among lines of another form', ['x', ' - ', '30 20 0:30 / /data rw - nfs4 server:/x rw'], '/data/x', 'nfs4'],
])('a folder %s', (_name, lines, path, type) => {
  expect(tableOf(...lines)?.onWayTo(path)?.type).toBe(type)
})

test('the root of the system passes, also where it lies on itself or on another mount', () => {
  const line = (id: number, parent: number, type: string) => `${id} ${parent} 0:5 / / rw - ${type} x rw`
  for (const lines of [
    [line(20, 1, 'nfs4')],
    [line(1, 1, 'rootfs')],
    [line(1, 1, 'rootfs'), line(20, 1, '9p')],
    [line(20, 1, '9p'), line(1, 1, 'rootfs')],
  ]) {
    const mounts = localMounts(utf8([...lines, '30 20 0:30 / /data rw - nfs s:/x rw'].join('\n')))
    expect([mounts?.onWayTo('/home/x'), mounts?.onWayTo('/')]).toEqual([undefined, undefined])
    if (lines.at(-1)?.startsWith('20')) expect(mounts?.onWayTo('/data/x')?.type).toBe('nfs')
  }
})

test('nothing is known without a root', () => {
  expect(localMounts(utf8('30 20 0:30 / /data rw - nfs4 server:/x rw\n'))).toBeUndefined()
  expect(localMounts(utf8(''))).toBeUndefined()
})

test('mounts below a folder are sorted by mount point', () => {
  const [one, two] = ['30 20 0:30 / /d/b rw - nfs s:/x rw', '31 20 0:31 / /d/a/c rw - fuse x rw']
  const told = [
    { mountPoint: '/d/a/c', type: 'fuse' },
    { mountPoint: '/d/b', type: 'nfs' },
  ]
  expect(tableOf(one, two)?.below('/d')).toEqual(told)
  expect(tableOf(two, one, '32 20 8:2 / /d/e rw - ext4 x rw', '33 20 0:3 / /dd rw - nfs x rw')?.below('/d')).toEqual(
    told,
  )
})

test('the list of this machine is understood', () => {
  const mounts = linuxMounts().local()
  expect(localMounts(readMountinfo())?.onWayTo('/')).toBeUndefined()
  expect([mounts?.onWayTo('/'), mounts?.onWayTo('/proc/self')?.type]).toEqual([undefined, 'proc'])
})
