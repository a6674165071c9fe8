import { darwinMounts, parseMounts, STATFS_BYTES } from '../../../src/system/mounts/darwin.ts'
import { type MountFacts, mountList, put } from '../../support/platforms/darwin/structures.ts'

/** After a public list of mounts with macFUSE and autofs (facebook/sapling, eden/fs apfs helper), and a Mac as it is delivered. */
const MOUNTS: readonly MountFacts[] = [
  { type: 'apfs', mountPoint: '/', source: '/dev/disk3s1s1' },
  { type: 'devfs', mountPoint: '/dev', source: 'devfs' },
  { type: 'apfs', mountPoint: '/System/Volumes/Data', source: '/dev/disk3s5' },
  { type: 'autofs', mountPoint: '/System/Volumes/Data/home', source: 'map auto_home', local: false },
  { type: 'osxfuse_eden', mountPoint: '/Users/wez/fbsource', source: 'eden@osxfuse0', owner: 501, local: false },
  { type: 'apfs', mountPoint: '/Users/wez/fbsource/buck-out', source: '/dev/disk1s5' },
  { type: 'smbfs', mountPoint: '/Volumes/Share', source: '//ann@server/Share', owner: 501, local: false },
  { type: 'msdos', mountPoint: '/Volumes/STICK', source: '/dev/disk4s1', owner: 501, fskit: true },
]

function mountsOf(facts: readonly MountFacts[]) {
  return darwinMounts({
    addon: {
      listMounts(bytes) {
        put(bytes, mountList(facts))
        return facts.length
      },
    },
  })
}

test('a structure of macOS is read', () => {
  expect(parseMounts(mountList(MOUNTS))[4]).toEqual({
    type: 'osxfuse_eden',
    mountPoint: '/Users/wez/fbsource',
    source: 'eden@osxfuse0',
    owner: 501,
    isLocal: false,
    isServedByProgram: false,
  })
  expect(() => parseMounts(new Uint8Array(STATFS_BYTES - 1))).toThrow(
    expect.objectContaining({ code: 'INPUT_MALFORMED' }),
  )
})

test('what a network or a program serves may hang', () => {
  expect(mountsOf(MOUNTS).hanging()).toEqual(
    new Map([
      ['/System/Volumes/Data/home', 'autofs'],
      ['/Users/wez/fbsource', 'osxfuse_eden'],
      ['/Volumes/Share', 'smbfs'],
      ['/Volumes/STICK', 'msdos'],
    ]),
  )
})

test('a program of a user serves what that user mounted by FUSE or FSKit', () => {
  expect(mountsOf(MOUNTS).userServed()).toEqual([
    { mountPoint: '/Users/wez/fbsource', type: 'osxfuse_eden' },
    { mountPoint: '/Volumes/STICK', type: 'msdos' },
  ])
})

test.each([
  ['/Users/ann/x', undefined],
  ['/Users/wez/fbsource/a', '/Users/wez/fbsource'],
  // Another file system below one that may hang: the way leads over it.
  ['/Users/wez/fbsource/buck-out/a', '/Users/wez/fbsource'],
  ['/users/WEZ/FBSource/a', '/Users/wez/fbsource'],
  ['/Users/wez/fbsource2', undefined],
])('on the way to %s is %s', (path, mountPoint) => {
  expect(mountsOf(MOUNTS).local()?.onWayTo(path)?.mountPoint).toBe(mountPoint)
})

test('mounts below a folder are sorted, and those of this Mac are left out', () => {
  const local = mountsOf(MOUNTS).local()
  expect(local?.below('/Volumes').map(({ mountPoint }) => mountPoint)).toEqual(['/Volumes/STICK', '/Volumes/Share'])
  expect(local?.below('/Users/ann')).toEqual([])
})

test('many mounts are read with more room', () => {
  const many = Array.from({ length: 200 }, (_, at) => ({ type: 'nfs', mountPoint: `/net/${at}`, local: false }))
  expect(mountsOf([...MOUNTS, ...many]).hanging().size).toBe(204)
})

test.each<[string, number]>([
  ['fails', -1],
  ['lists nothing', 0],
  ['lists ever more', 1_000_000],
])('when macOS %s, nothing is held to be local', (_, answer) => {
  const mounts = darwinMounts({ addon: { listMounts: () => answer } })
  expect(() => mounts.hanging()).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
  expect(mounts.local()).toBeUndefined()
  expect(mounts.userServed()).toEqual([])
})

test('without a root nothing is held to be local', () => {
  expect(mountsOf([{ type: 'devfs', mountPoint: '/dev' }]).local()).toBeUndefined()
})
