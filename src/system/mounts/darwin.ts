import { Buffer } from 'node:buffer'
import { SuretyError } from '../../base/errors.ts'
import type { ForeignMount, LocalMounts, Mounts } from './mounts.ts'

/** What the addon offers on macOS; see `native/darwin/system-state.c`. */
export interface DarwinMountsAddon {
  /** Writes as many of struct statfs as fit. @returns how many mounts there are; -1 when macOS does not tell. */
  listMounts(bytes: Uint8Array): number
}

export interface DarwinMount extends ForeignMount {
  /** The file system that is mounted there. */
  readonly source: string
  /** The user who mounted it. */
  readonly owner: number
  /** MNT_LOCAL: the file system says that its bytes lie on this machine. */
  readonly isLocal: boolean
  /** A program outside of the kernel answers; FSKit. */
  readonly isServedByProgram: boolean
}

/** struct statfs with 64-bit inodes; see sys/mount.h. */
export const STATFS_BYTES = 2_168
const OWNER = 56
const FLAGS = 64
const TYPE = 72
const TYPE_BYTES = 16
const MOUNT_POINT = 88
const SOURCE = 1_112
const PATH_BYTES = 1_024
const EXTENDED_FLAGS = 2_136
const MNT_LOCAL = 0x1000
const MNT_EXT_FSKIT = 2

const FIRST_MOUNTS = 64
const MAX_MOUNTS = 16_384
/** Types that the kernel of macOS answers itself, from memory or a disk of this machine. */
const ANSWERING = new Set(['apfs', 'hfs', 'msdos', 'exfat', 'ntfs', 'udf', 'cd9660', 'devfs', 'bindfs', 'ufs'])

/** Mounts by getfsstat(2) without waiting: no file system is asked. */
export function darwinMounts({ addon }: { readonly addon: DarwinMountsAddon }): Mounts {
  const read = () => readMounts(addon)
  return {
    hanging() {
      const others = read().filter((mount) => !answers(mount) && mount.mountPoint !== '/')
      return new Map(others.map(({ mountPoint, type }) => [mountPoint, type]))
    },
    local: () => orUndefined(() => localMounts(read())),
    userServed: () => (orUndefined(read) ?? []).filter(isUserServed).map(foreign),
  }
}

/** @throws `FILE_UNREADABLE` when macOS does not tell all of them. */
function readMounts(addon: DarwinMountsAddon): readonly DarwinMount[] {
  for (let room = FIRST_MOUNTS; room <= MAX_MOUNTS; room *= 2) {
    const bytes = Buffer.alloc(room * STATFS_BYTES)
    const count = addon.listMounts(bytes)
    if (count <= 0) break
    // Full: there may be more.
    if (count < room) return parseMounts(bytes.subarray(0, count * STATFS_BYTES))
  }
  throw new SuretyError('FILE_UNREADABLE', 'macOS does not tell what is mounted')
}

/** @throws `INPUT_MALFORMED` for a part of a structure. */
export function parseMounts(bytes: Uint8Array): readonly DarwinMount[] {
  if (bytes.length % STATFS_BYTES !== 0) throw new SuretyError('INPUT_MALFORMED', 'a list of mounts that is cut')
  return Array.from({ length: bytes.length / STATFS_BYTES }, (_, index) => mountAt(bytes, index * STATFS_BYTES))
}

function mountAt(bytes: Uint8Array, start: number): DarwinMount {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, STATFS_BYTES)
  return {
    type: textAt(bytes, start + TYPE, TYPE_BYTES),
    mountPoint: textAt(bytes, start + MOUNT_POINT, PATH_BYTES),
    source: textAt(bytes, start + SOURCE, PATH_BYTES),
    owner: view.getUint32(OWNER, true),
    isLocal: (view.getUint32(FLAGS, true) & MNT_LOCAL) !== 0,
    isServedByProgram: (view.getUint32(EXTENDED_FLAGS, true) & MNT_EXT_FSKIT) !== 0,
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length)
  const end = field.indexOf(0)
  return Buffer.from(field.subarray(0, end === -1 ? length : end)).toString('utf8')
}

function answers({ type, isLocal, isServedByProgram }: DarwinMount): boolean {
  return isLocal && !isServedByProgram && ANSWERING.has(type)
}

/** Programs of root, such as those of FSKit modules that Apple ships, are not of a user. */
function isUserServed(mount: DarwinMount): boolean {
  const isFuse = /^(?:mac|osx)?fuse/.test(mount.type)
  return (isFuse || mount.isServedByProgram) && mount.owner !== 0
}

function localMounts(mounts: readonly DarwinMount[]): LocalMounts | undefined {
  if (!mounts.some(({ mountPoint }) => mountPoint === '/')) return undefined
  // Of several at one point the last one counts.
  const byPoint = new Map(mounts.map((mount) => [foldCase(mount.mountPoint), mount]))
  return {
    onWayTo(path) {
      let point = ''
      for (const name of path.split('/').slice(1)) {
        point += `/${name}`
        const mount = byPoint.get(foldCase(point))
        if (mount !== undefined && !answers(mount)) return foreign(mount)
      }
      return undefined
    },
    below(path) {
      const start = `${foldCase(path)}/`
      const found = mounts.filter((mount) => foldCase(mount.mountPoint).startsWith(start) && !answers(mount))
      return found.map(foreign).sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1))
    },
  }
}

/** APFS mostly ignores case and the form of accents. A volume that does not loses nothing: a path is only held to be farther away. */
function foldCase(path: string): string {
  return path.normalize('NFD').toLowerCase()
}

function foreign({ mountPoint, type }: DarwinMount): ForeignMount {
  return { mountPoint, type }
}

function orUndefined<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof SuretyError) return undefined
    throw error
  }
}
