import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkFixedEncrypted, checkRootEncrypted } from '../../../src/posture/linux/disk/disk-encryption.ts'
import type { Answer } from '../fake-commands.ts'
import { context, machine } from '../fake-components.ts'
import type { Tree } from '../tree-files.ts'

const FOLDER = join(import.meta.dirname, '../../fixtures/block-devices')

function json(name: string) {
  return JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))
}

const captured = readdirSync(FOLDER).filter((name) => !name.endsWith('.expected.json'))

test.each(captured)('judges the volumes of %s', async (name) => {
  const components = machine(json(name))
  expect({
    root: await checkRootEncrypted(components, context),
    fixed: await checkFixedEncrypted(components, context),
  }).toEqual(json(name.replace('.json', '.expected.json')))
})

const NO_SWAPS = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'

function mounts(...lines: readonly string[]): Tree {
  return {
    '/proc/self/mountinfo': lines.map((line, index) => `${20 + index} 1 ${line}\n`).join(''),
    '/proc/swaps': NO_SWAPS,
  }
}

/** A device with its attributes, under the number `major:minor`. */
function device(
  number: string,
  path: string,
  attributes: Readonly<Record<string, string>> = {},
  below: readonly string[] = [],
): Tree {
  const folder = `/sys/devices/${path}`
  const name = path.slice(path.lastIndexOf('/') + 1)
  return {
    [`/sys/dev/block/${number}`]: { link: folder },
    [`/sys/class/block/${name}`]: { link: folder },
    [folder]: { folder: true },
    [`/dev/${name}`]: '',
    ...Object.fromEntries(
      Object.entries(attributes).map(([attribute, text]) => [`${folder}/${attribute}`, `${text}\n`]),
    ),
    ...Object.fromEntries(
      below.map((slave) => [
        `${folder}/slaves/${slave.slice(slave.lastIndexOf('/') + 1)}`,
        { link: `/sys/devices/${slave}` },
      ]),
    ),
  }
}

const ROOT_DM = '253:0 / / rw - ext4 /dev/mapper/root rw'
const LUKS2 = 'CRYPT-LUKS2-0123456789abcdef0123456789abcdef-root'

async function states(tree: Tree, commands: Readonly<Record<string, Answer>> = {}) {
  const components = machine(tree, commands)
  const root = await checkRootEncrypted(components, context)
  const fixed = await checkFixedEncrypted(components, context)
  return { root: root.state, fixed: fixed.state, words: JSON.stringify([root, fixed]) }
}

describe('what is not proven encrypted never passes', () => {
  test.each<[string, Tree, 'fail' | 'unknown', string]>([
    [
      'a device-mapper device with nothing below it',
      { ...mounts(ROOT_DM), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': 'LVM-abc' }) },
      'unknown',
      'kind of device not known',
    ],
    [
      'a drive that encrypts itself',
      {
        ...mounts(ROOT_DM),
        ...device('253:0', 'virtual/block/dm-0', {
          'dm/uuid': 'CRYPT-LUKS2-OPAL-0123456789abcdef0123456789abcdef-root',
        }),
      },
      'unknown',
      'OPAL',
    ],
    [
      'a mapper named to look like LUKS',
      { ...mounts(ROOT_DM), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': 'CRYPT-LUKS2-mine' }) },
      'unknown',
      'type not known',
    ],
    [
      'a mapper of a type not known',
      { ...mounts(ROOT_DM), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': 'NEWTHING-1' }) },
      'unknown',
      'NEWTHING',
    ],
    [
      'verity, which hides nothing',
      {
        ...mounts(ROOT_DM),
        ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': 'CRYPT-VERITY-ab-root' }, ['pci/block/sda']),
        ...device('8:0', 'pci/block/sda'),
      },
      'fail',
      'sda',
    ],
    [
      'a network block device of a kind not known',
      { ...mounts('147:0 / / rw - ext4 /dev/drbd0 rw'), ...device('147:0', 'virtual/block/drbd0') },
      'unknown',
      'drbd0',
    ],
    ['a device the kernel does not show', mounts(ROOT_DM), 'unknown', 'no device'],
    [
      'a loop without a known file',
      {
        ...mounts('7:0 / / rw - ext4 /dev/loop0 rw'),
        ...device('7:0', 'virtual/block/loop0', { 'loop/backing_file': '/gone (deleted)' }),
      },
      'unknown',
      'deeper',
    ],
    [
      'devices stacked in a ring',
      { ...mounts(ROOT_DM), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': 'LVM-a' }, ['virtual/block/dm-0']) },
      'unknown',
      'deeper',
    ],
    ['a container', mounts('0:50 / / rw - overlay overlay rw,lowerdir=/l'), 'unknown', 'container'],
    ['a live system in memory', mounts('0:50 / / rw - tmpfs tmpfs rw'), 'unknown', 'tmpfs'],
    ['a bcachefs', mounts('0:50 / / rw - bcachefs /dev/sda:/dev/sdb rw'), 'unknown', 'bcachefs'],
    [
      'a btrfs whose devices the kernel does not list',
      {
        ...mounts('0:50 / / rw - btrfs /dev/mapper/root rw'),
        ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }),
        '/dev/mapper/root': { link: '../dm-0' },
      },
      'unknown',
      'btrfs',
    ],
    ['a btrfs on a source out of /dev', mounts('0:50 / / rw - btrfs /dev/root rw'), 'unknown', '/dev/root'],
    [
      'a list of mounts that is not understood',
      { ...mounts(ROOT_DM, 'what is this'), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }) },
      'unknown',
      'understood',
    ],
  ])('%s', async (_, tree, state, words) => {
    const found = await states(tree)
    expect(found).toEqual({ root: state, fixed: state, words: expect.stringContaining(words) })
  })

  test('a second root mounted over an encrypted one is the one that counts', async () => {
    const tree = {
      ...mounts(ROOT_DM, '8:1 / / rw - ext4 /dev/sda1 rw'),
      ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }),
      ...device('8:1', 'pci/block/sda/sda1', { partition: '1' }),
    }
    expect(await states(tree)).toEqual({ root: 'fail', fixed: 'fail', words: expect.stringContaining('sda') })
  })

  test('a file system with its journal on a plain disk', async () => {
    const tree = {
      ...mounts('253:0 / / rw - xfs /dev/mapper/root rw,logdev=/dev/sda,noquota'),
      ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }),
      ...device('8:0', 'pci/block/sda'),
    }
    expect(await states(tree)).toEqual({ root: 'fail', fixed: 'fail', words: expect.stringContaining('sda') })
  })

  test.each([
    ['LUKS', { 'dm/uuid': LUKS2 }, 'pass'],
    ['LVM alone', { 'dm/uuid': 'LVM-a' }, 'unknown'],
  ] as const)('a swap file follows its btrfs, on %s', async (_, attributes, state) => {
    const tree: Tree = {
      ...mounts('0:30 /@ / rw - btrfs /dev/dm-0 rw,subvol=/@'),
      ...device('253:0', 'virtual/block/dm-0', attributes),
      '/sys/fs/btrfs/1-2/devices/dm-0': { link: '/sys/devices/virtual/block/dm-0' },
      '/proc/swaps': `${NO_SWAPS}/swap/swapfile file 1024 0 -2\n`,
    }
    expect(await states(tree)).toEqual({ root: state, fixed: state, words: expect.any(String) })
  })

  test('zram that writes back to a plain disk', async () => {
    const tree = {
      ...mounts(ROOT_DM),
      ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }),
      ...device('252:0', 'virtual/block/zram0', { backing_dev: '/dev/sda' }),
      ...device('8:0', 'pci/block/sda'),
      '/proc/swaps': `${NO_SWAPS}/dev/zram0 partition 1024 0 100\n`,
    }
    expect(await states(tree)).toEqual({
      root: 'pass',
      fixed: 'fail',
      words: expect.stringContaining('swap on /dev/zram0 (on sda)'),
    })
  })
})

describe('what is no business of the fixed disks', () => {
  const encrypted = { ...mounts(ROOT_DM), ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }) }
  const withMount = (line: string, more: Tree = {}): Tree => ({ ...encrypted, ...more, ...mounts(ROOT_DM, line) })

  test.each<[string, Tree]>([
    [
      'a stick on USB',
      withMount(
        '8:17 / /media/stick rw - vfat /dev/sdb1 rw',
        device('8:17', 'pci0/usb1/1-2/block/sdb/sdb1', { partition: '1' }),
      ),
    ],
    [
      'a card in a reader',
      withMount('179:1 / /media/card rw - vfat /dev/mmcblk0p1 rw', {
        ...device('179:1', 'pci0/block/mmcblk0/mmcblk0p1', { partition: '1' }),
        '/sys/devices/pci0/block/mmcblk0/device/type': 'SD\n',
      }),
    ],
    [
      'a DVD',
      withMount('11:0 / /media/dvd ro - iso9660 /dev/sr0 ro', device('11:0', 'pci0/block/sr0', { removable: '1' })),
    ],
    ['a network share', withMount('0:60 / /srv rw - nfs4 server:/srv rw')],
    ['a FUSE mount without a device', withMount('0:61 / /run/user/1000/doc rw - fuse.portal portal rw')],
    [
      'a snap',
      withMount(
        '7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro',
        device('7:3', 'virtual/block/loop3', { 'loop/backing_file': '/var/lib/snapd/snaps/core_1.snap' }),
      ),
    ],
    [
      'the boot folder',
      withMount('8:2 / /boot rw - ext4 /dev/sda2 rw', device('8:2', 'pci0/block/sda/sda2', { partition: '2' })),
    ],
  ])('%s', async (_, tree) => {
    expect(await states(tree)).toEqual({ root: 'pass', fixed: 'pass', words: expect.any(String) })
  })

  test.each<[string, Tree]>([
    [
      'a hard disk in a case that pretends to be fixed elsewhere',
      withMount('8:17 / /data rw - ext4 /dev/sdb1 rw', device('8:17', 'pci0/ata2/block/sdb/sdb1', { partition: '1' })),
    ],
    [
      'NTFS through FUSE on a disk',
      withMount(
        '8:18 / /windows rw - fuseblk /dev/sdb2 rw',
        device('8:18', 'pci0/ata2/block/sdb/sdb2', { partition: '2' }),
      ),
    ],
    [
      'the boot partition mounted for data as well',
      {
        ...encrypted,
        ...device('8:2', 'pci0/block/sda/sda2', { partition: '2' }),
        ...mounts(ROOT_DM, '8:2 / /boot rw - ext4 /dev/sda2 rw', '8:2 /d /data rw - ext4 /dev/sda2 rw'),
      },
    ],
  ])('but %s is', async (_, tree) => {
    expect(await states(tree)).toEqual({ root: 'pass', fixed: 'fail', words: expect.any(String) })
  })
})

describe('ZFS', () => {
  const root = mounts('0:30 / / rw - zfs rpool/ROOT/debian rw')
  const get = (value: string) => ({ stdout: `rpool\tencryption\toff\nrpool/ROOT/debian\tencryption\t${value}\n` })
  const list = { stdout: 'rpool\t1\t1\n\t/dev/sda3\t1\t1\nother\t1\t1\n\t/dev/sdb\t1\n' }
  const disk = device('8:3', 'pci/block/sda/sda3', { partition: '3' })

  test.each<[string, Tree, Readonly<Record<string, Answer>>, 'pass' | 'fail' | 'unknown']>([
    ['encrypted by itself', root, { zfs: get('aes-256-gcm') }, 'pass'],
    ['off, on a plain disk', { ...root, ...disk }, { zfs: get('off'), zpool: list }, 'fail'],
    [
      'off, on LUKS',
      { ...root, ...device('253:0', 'virtual/block/dm-0', { 'dm/uuid': LUKS2 }), '/dev/sda3': { link: 'dm-0' } },
      { zfs: get('off'), zpool: list },
      'pass',
    ],
    ['off, and zpool silent', root, { zfs: get('off'), zpool: { exitCode: 1 } }, 'unknown'],
    ['a cipher not known', root, { zfs: get('rot13') }, 'unknown'],
    ['the dataset not named', root, { zfs: { stdout: 'rpool\tencryption\taes-256-gcm\n' } }, 'unknown'],
    ['zfs failing', root, { zfs: { exitCode: 1, stdout: get('aes-256-gcm').stdout } }, 'unknown'],
  ])('%s', async (_, tree, commands, state) => {
    expect(await states(tree, commands)).toEqual({ root: state, fixed: state, words: expect.any(String) })
  })

  test('without the zfs command the error names it', async () => {
    await expect(checkRootEncrypted(machine(root), context)).rejects.toMatchObject({ code: 'COMMAND_ABSENT' })
  })
})
