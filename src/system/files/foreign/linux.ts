import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  realpathSync,
  type Stats,
  statfsSync,
} from 'node:fs'
import { SuretyError } from '../../../base/errors.ts'
import { userIdOf } from '../../../base/text/user-id.ts'
import { readBounded } from '../bounded-read.ts'
import { errnoOf, fileError } from '../file-errors.ts'
import type { DirectoryEntry, FileReader, FileStat, TrustedFileReader } from '../files.ts'
import { decodeText, kindOf, requireKind, tooLarge, unlessAbsent } from './foreign-files.ts'
import { type NodeCalls, OpenWay } from './open-way.ts'

/**
 * System calls are synchronous on purpose: they never block on these descriptors, and four blocked reads would stop
 * Node's thread pool.
 */

/** fcntl.h, x86-64 and arm64: a descriptor that names a file without opening it, so that no FIFO or device is touched. */
const O_PATH = 0o10000000

/**
 * Reads foreign files: no link is followed anywhere on the way. See `FileReader`. The folders on the way to what was asked
 * for last stay open until something else is, or until it is disposed: what is asked for next mostly lies beside it.
 */
export function openFiles(): FileReader & Disposable {
  const way = new OpenWay(CALLS)
  const read = async (path: string, { maxBytes }: { maxBytes: number }) =>
    way.withNode(path, (fd) => readRegular(fd, path, maxBytes))
  return {
    read,
    readText: async (path, options) => decodeText(await read(path, options)),
    list: async (path, { maxEntries }) => way.withNode(path, (fd) => listFolder(fd, path, maxEntries)),
    stat: async (path) => unlessAbsent(() => way.withNode(path, (fd) => describe(fstatSync(fd)))),
    withRegular: async (path, use) =>
      way.withNode(path, (fd) => {
        requireRegular(fd, path)
        return use(`/proc/self/fd/${fd}`)
      }),
    [Symbol.dispose]: () => way.close(),
  }
}

/** Reads what only root can have placed: links are followed. See `TrustedFileReader`. */
export function trustedFiles(): TrustedFileReader {
  const withTrusted = <T>(path: string, use: (fd: number) => T): T => {
    componentsOf(path)
    return withDescriptor(path, () => openSync(path, O_PATH), use)
  }
  const read = async (path: string, { maxBytes }: { maxBytes: number }) =>
    withTrusted(path, (fd) => readRegular(fd, path, maxBytes))
  return {
    read,
    readText: async (path, options) => decodeText(await read(path, options)),
    list: async (path, { maxEntries }) => withTrusted(path, (fd) => listFolder(fd, path, maxEntries)),
    stat: async (path) => unlessAbsent(() => withTrusted(path, (fd) => describe(fstatSync(fd)))),
    async realPath(path) {
      componentsOf(path)
      try {
        return realpathSync.native(path)
      } catch (cause) {
        throw fileError(cause, path)
      }
    },
  }
}

const FOLDER = O_PATH | constants.O_DIRECTORY

/** openat(2) through /proc/self/fd. */
const CALLS: NodeCalls = {
  begin: (path) => ({ root: '/', names: componentsOf(path) }),
  openRoot: (root, path) => openNode(root, path, FOLDER),
  openFolder: (folder, name, path) => openNode(`/proc/self/fd/${folder}/${name}`, path, FOLDER),
  openNode: (folder, name, path) => openNode(`/proc/self/fd/${folder}/${name}`, path, O_PATH),
  close: closeSync,
}

function openNode(at: string, path: string, flags: number): number {
  try {
    return openSync(at, flags | constants.O_NOFOLLOW)
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') throw noFolder(at, path, cause)
    throw fileError(cause, path)
  }
}

/** O_DIRECTORY reports a link as ENOTDIR; says what it is. */
function noFolder(at: string, path: string, cause: unknown): SuretyError {
  const now = lstatSync(at, { throwIfNoEntry: false })
  if (now?.isSymbolicLink() === true) {
    return new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)}: a folder on the way is a link`, { cause })
  }
  // Not `absent`: the path cannot be seen, so nothing is known of it.
  if (now?.isDirectory() === true) {
    return new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)}: a folder on the way keeps changing`, { cause })
  }
  return fileError(cause, path)
}

function withDescriptor<T>(path: string, open: () => number, use: (fd: number) => T): T {
  let fd: number | undefined
  try {
    fd = open()
    return use(fd)
  } catch (cause) {
    throw fileError(cause, path)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** @throws `FILE_UNREADABLE` for a path that is not absolute, climbs, or holds a NUL. */
function componentsOf(path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  if (!path.startsWith('/') || path.includes('\0') || names.includes('..')) {
    throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} is not a plain absolute path`)
  }
  return names
}

function requireRegular(node: number, path: string): Stats {
  const stat = fstatSync(node)
  requireKind(kindOf(stat), 'file', path)
  return stat
}

function readRegular(node: number, path: string, maxBytes: number): Uint8Array {
  const stat = requireRegular(node, path)
  if (stat.size > maxBytes) throw tooLarge(path, `${maxBytes} bytes`)
  // Opens the inode that was checked, so that it cannot be swapped in between.
  const fd = openSync(`/proc/self/fd/${node}`, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  try {
    const bytes = readBounded(fd, { maxBytes, expectedBytes: stat.size })
    if (bytes === undefined) throw tooLarge(path, `${maxBytes} bytes`)
    return bytes
  } finally {
    closeSync(fd)
  }
}

function listFolder(node: number, path: string, maxEntries: number): readonly DirectoryEntry[] {
  const stat = fstatSync(node)
  requireKind(kindOf(stat), 'directory', path)
  const entries = isSmall(stat, node) ? readWhole(node) : readPatiently(node, path, maxEntries)
  if (entries.length > maxEntries) throw tooLarge(path, `${maxEntries} entries`)
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Statfs types of local file systems, on which a folder's size bounds its entries: at least two bytes each (btrfs; twelve
 * on ext4, twenty on tmpfs). Others may say anything. See statfs(2).
 */
const LOCAL_TYPES: readonly number[] = [0xef53, 0x58465342, 0x9123683e, 0x01021994, 0xf2f52010, 0x794c7630]
const SMALL_FOLDER_BYTES = 16 * 1024
/** May a folder be read at one go? That is ten times as fast as one by one, and no folder of these makes memory swell. */
function isSmall(stat: Stats, node: number): boolean {
  if (stat.size > SMALL_FOLDER_BYTES) return false
  return LOCAL_TYPES.includes(statfsSync(`/proc/self/fd/${node}`).type)
}

function readWhole(node: number): DirectoryEntry[] {
  const entries = readdirSync(`/proc/self/fd/${node}`, { withFileTypes: true })
  return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
}

function readPatiently(node: number, path: string, maxEntries: number): DirectoryEntry[] {
  using folder = opendirSync(`/proc/self/fd/${node}`)
  const entries: DirectoryEntry[] = []
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
    if (entries.length === maxEntries) throw tooLarge(path, `${maxEntries} entries`)
    entries.push({ name: entry.name, kind: kindOf(entry) })
  }
  return entries
}

function describe(stat: Stats): FileStat {
  return {
    kind: kindOf(stat),
    sizeBytes: stat.size,
    owner: userIdOf(stat.uid),
    group: userIdOf(stat.gid),
    mode: stat.mode & 0o7777,
    modifiedMs: stat.mtimeMs,
  }
}
