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
import { SuretyError } from '../../base/errors.ts'
import { userIdOf } from '../../base/user-id.ts'
import { readBounded } from './bounded-read.ts'
import { errnoOf, fileError } from './file-errors.ts'
import type { DirectoryEntry, FileMark, FileReader, FileStat, TrustedFileReader } from './files.ts'

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
  const way = new OpenWay()
  const read = async (path: string, { maxBytes }: { maxBytes: number }) =>
    way.withNode(path, (fd) => readRegular(fd, path, maxBytes))
  return {
    read,
    readText: async (path, options) => decode(await read(path, options)),
    list: async (path, { maxEntries }) => way.withNode(path, (fd) => listFolder(fd, path, maxEntries)),
    stat: async (path) => unlessAbsent(() => way.withNode(path, (fd) => describe(fstatSync(fd)))),
    withRegular: async (path, use) =>
      way.withNode(path, (fd) => {
        requireRegular(fd, path)
        return use(`/proc/self/fd/${fd}`)
      }),
    [Symbol.dispose]: () => way.close(0),
  }
}

/** See `FileMark`. Links on the way are followed, because nothing is opened; the mark of a link ends with ` link`. */
export function readMark(path: string): FileMark | 'absent' | undefined {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return 'absent'
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = stat
    const mark = `${dev} ${ino} ${size} ${mode} ${mtimeNs} ${ctimeNs}${stat.isSymbolicLink() ? ' link' : ''}`
    return { mark, changedAtMs: Number(ctimeNs / 1_000_000n) }
  } catch (error) {
    return errnoOf(error) === 'ENOTDIR' ? 'absent' : undefined
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

function unlessAbsent<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof SuretyError && error.code === 'FILE_ABSENT') return undefined
    throw error
  }
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .replace(/^\ufeff/, '')
}

/** So many folders of one way stay open; on a longer way the deeper ones are opened for each who asks. */
const MAX_OPEN_FOLDERS = 24

/** Walks component by component (openat through /proc/self/fd), from the folder that it has in common with the walk before. */
class OpenWay {
  readonly #names: string[] = []
  /** The root, then one for each name. */
  readonly #folders: number[] = []

  /** Hands over an O_PATH descriptor of `path`. */
  withNode<T>(path: string, use: (fd: number) => T): T {
    const names = componentsOf(path)
    const last = names.pop()
    const kept = names.slice(0, MAX_OPEN_FOLDERS)
    let folder = this.#walk(kept, path)
    let own: number | undefined
    try {
      for (const name of names.slice(kept.length)) {
        const next = openNode(`/proc/self/fd/${folder}/${name}`, path, O_PATH | constants.O_DIRECTORY)
        if (own !== undefined) closeSync(own)
        own = next
        folder = next
      }
      if (last === undefined) return use(folder)
      return withDescriptor(path, () => openNode(`/proc/self/fd/${folder}/${last}`, path, O_PATH), use)
    } finally {
      if (own !== undefined) closeSync(own)
    }
  }

  /** Closes the folders behind the first `count`. */
  close(count: number): void {
    this.#names.length = Math.min(this.#names.length, Math.max(0, count - 1))
    while (this.#folders.length > count) closeSync(this.#folders.pop() ?? -1)
  }

  #walk(names: readonly string[], path: string): number {
    let common = 0
    while (common < this.#names.length && this.#names[common] === names[common]) common++
    this.close(common + 1)
    let folder = this.#folders.at(-1) ?? this.#push(openNode('/', path, O_PATH | constants.O_DIRECTORY))
    for (const name of names.slice(common)) {
      folder = this.#push(openNode(`/proc/self/fd/${folder}/${name}`, path, O_PATH | constants.O_DIRECTORY))
      this.#names.push(name)
    }
    return folder
  }

  #push(folder: number): number {
    this.#folders.push(folder)
    return folder
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
  if (stat.isSymbolicLink()) throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
  if (!stat.isFile()) throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a regular file`)
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
  if (stat.isSymbolicLink()) throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
  if (!stat.isDirectory()) throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not a directory`)
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

function tooLarge(path: string, limit: string): SuretyError {
  return new SuretyError('FILE_TOO_LARGE', `${JSON.stringify(path)} has more than ${limit}`)
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

function kindOf(node: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): DirectoryEntry['kind'] {
  if (node.isFile()) return 'file'
  if (node.isDirectory()) return 'directory'
  return node.isSymbolicLink() ? 'link' : 'other'
}
