import { closeSync, constants, fstatSync, lstatSync, opendirSync, openSync, realpathSync, type Stats } from 'node:fs'
import { SuretyError } from '../base/errors.ts'
import { readBounded } from './bounded-read.ts'
import { errnoOf, fileError } from './file-errors.ts'
import type { DirectoryEntry, FileReader, FileStat, TrustedFileReader } from './files.ts'

/**
 * System calls are synchronous on purpose: they never block on these descriptors, and four blocked reads would stop
 * Node's thread pool.
 */

/** fcntl.h, x86-64 and arm64: a descriptor that names a file without opening it, so that no FIFO or device is touched. */
const O_PATH = 0o10000000

/** Reads foreign files: no link is followed anywhere on the way. See `FileReader`. */
export function openFiles(): FileReader {
  const read = async (path: string, { maxBytes }: { maxBytes: number }) =>
    withNode(path, (fd) => readRegular(fd, path, maxBytes))
  return {
    read,
    readText: async (path, options) => decode(await read(path, options)),
    list: async (path, { maxEntries }) => withNode(path, (fd) => listFolder(fd, path, maxEntries)),
    async stat(path) {
      try {
        return withNode(path, (fd) => describe(fstatSync(fd)))
      } catch (error) {
        if (error instanceof SuretyError && error.code === 'FILE_ABSENT') return undefined
        throw error
      }
    },
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
    readText: async (path, options) => decode(await read(path, options)),
    list: async (path, { maxEntries }) => withTrusted(path, (fd) => listFolder(fd, path, maxEntries)),
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

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** Walks to `path` component by component (openat through /proc/self/fd) and hands over an O_PATH descriptor. */
function withNode<T>(path: string, use: (fd: number) => T): T {
  const names = componentsOf(path)
  const last = names.pop()
  let folder = openNode('/', path, O_PATH | constants.O_DIRECTORY)
  try {
    for (const name of names) {
      const next = openNode(`/proc/self/fd/${folder}/${name}`, path, O_PATH | constants.O_DIRECTORY)
      closeSync(folder)
      folder = next
    }
    if (last === undefined) return use(folder)
    return withDescriptor(path, () => openNode(`/proc/self/fd/${folder}/${last}`, path, O_PATH), use)
  } finally {
    closeSync(folder)
  }
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
  // Absent would be a word about what lies there, and somebody keeps us from seeing it.
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

function readRegular(node: number, path: string, maxBytes: number): Uint8Array {
  const stat = fstatSync(node)
  if (stat.isSymbolicLink()) throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
  if (!stat.isFile()) throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a regular file`)
  if (stat.size > maxBytes) throw tooLarge(path, `${maxBytes} bytes`)
  // The same inode that was looked at: nobody can swap it between the check and the opening.
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
  if (stat.isSymbolicLink()) throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
  if (!stat.isDirectory()) throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a directory`)
  using folder = opendirSync(`/proc/self/fd/${node}`)
  const entries: DirectoryEntry[] = []
  for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
    if (entries.length === maxEntries) throw tooLarge(path, `${maxEntries} entries`)
    entries.push({ name: entry.name, kind: kindOf(entry) })
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function tooLarge(path: string, limit: string): SuretyError {
  return new SuretyError('FILE_TOO_LARGE', `${JSON.stringify(path)} has more than ${limit}`)
}

function describe(stat: Stats): FileStat {
  return {
    kind: kindOf(stat),
    sizeBytes: stat.size,
    uid: stat.uid,
    mode: stat.mode & 0o7777,
    modifiedMs: stat.mtimeMs,
  }
}

function kindOf(node: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): DirectoryEntry['kind'] {
  if (node.isFile()) return 'file'
  if (node.isDirectory()) return 'directory'
  return node.isSymbolicLink() ? 'link' : 'other'
}
