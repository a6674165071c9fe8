import { Buffer } from 'node:buffer'
import { type MountLine, parseMountLines } from './mountinfo.ts'

/**
 * File systems that answer by themselves: those of `native/local-mounts.c`, and disks that a program of root's reads. Any
 * other may keep its reader waiting.
 */
const LOCAL: ReadonlySet<string> = new Set([
  ...['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'f2fs', 'tmpfs', 'ramfs', 'rootfs', 'overlay', 'squashfs', 'erofs'],
  ...[
    'vfat',
    'exfat',
    'ntfs3',
    'iso9660',
    'udf',
    'bcachefs',
    'zfs',
    'jfs',
    'reiserfs',
    'nilfs2',
    'hfsplus',
    'devtmpfs',
  ],
  'fuseblk',
])

export interface ForeignMount {
  readonly place: string
  readonly type: string
}

/** Which paths lead to file systems that are not local, by what is mounted alone: none of them is touched. */
export interface LocalMounts {
  /** The first on the way to `path`, as it is spelt. What the whole system stands on (`/`) is taken as it is. */
  onWayTo(path: string): ForeignMount | undefined
  /** All below `path`, in an order of their own; also such that something else hides. */
  below(path: string): readonly ForeignMount[]
}

/** @returns undefined where it cannot be told what the root is. */
export function localMounts(mountinfo: Uint8Array): LocalMounts | undefined {
  // Byte by byte: a name need not be UTF-8.
  const mounts = parseMountLines(Buffer.from(mountinfo).toString('latin1'))
  const roots = mounts.filter(({ place }) => place === '/')
  // The first of all may lie on itself.
  const root = roots.find(({ id, parent }) => id === parent || !roots.some((other) => other.id === parent))
  if (root === undefined) return undefined
  const above = mounts.filter((mount) => mount !== root)
  const mountedOn = new Map(above.map((mount) => [`${mount.parent} ${mount.place}`, mount]))
  const topAt = (place: string, under: MountLine) => {
    let top = under
    for (;;) {
      const next = mountedOn.get(`${top.id} ${place}`)
      if (next === undefined) return top
      top = next
    }
  }
  return {
    onWayTo(path) {
      let at = topAt('/', root)
      let place = ''
      for (const name of bytesOf(path).split('/').slice(1)) {
        place += `/${name}`
        const top = topAt(place, at)
        if (top !== at && !LOCAL.has(top.type)) return told(top)
        at = top
      }
      return undefined
    },
    below(path) {
      const start = `${bytesOf(path)}/`
      const found = mounts.filter(({ place, type }) => place.startsWith(start) && !LOCAL.has(type))
      return found.map(told).sort((a, b) => (a.place < b.place ? -1 : 1))
    },
  }
}

function bytesOf(path: string): string {
  return Buffer.from(path).toString('latin1')
}

function told({ place, type }: MountLine): ForeignMount {
  return { place: Buffer.from(place, 'latin1').toString('utf8'), type }
}
