import { Buffer } from 'node:buffer'
import { closeSync, constants, fstatSync, openSync, realpathSync, type Stats } from 'node:fs'
import { SuretyError } from '../../../base/errors.ts'
import { userIdOf } from '../../../base/text/user-id.ts'
import { readBounded } from '../bounded-read.ts'
import { errnoOf, fileError } from '../file-errors.ts'
import type { DirectoryEntry, FileReader, FileStat, TrustedFileReader } from '../files.ts'
import { decodeText, kindOf, requireKind, tooLarge, unlessAbsent } from './foreign-files.ts'

/**
 * Files of others on macOS. The kernel refuses a path with a link in it when it is asked to (O_NOFOLLOW_ANY, since macOS 11), so no
 * folder is opened on the way. Never run on a Mac: see `native/darwin/files.c`.
 */

/** What the addon offers; see `native/darwin/files.c`. Numbers below zero are errors of the system, negated. */
export interface DarwinFilesAddon {
  /** lstat(2) that follows no link on the way either. Fills the bytes with five doubles, see `statOf`, and answers 0. */
  fileStat(path: string, bytes: Uint8Array): number
  /** Bytes that all entries take: a type of dirent(5), a name in UTF-8, NUL. More than there are when they did not fit. */
  fileList(path: string, bytes: Uint8Array): number
  /** readlinkat(2) in a folder without a link on the way. Bytes that it says. */
  fileLink(path: string, bytes: Uint8Array): number
}

export const DARWIN_FILES_FUNCTIONS = [
  'fileStat',
  'fileList',
  'fileLink',
] as const satisfies readonly (keyof DarwinFilesAddon)[]

/** sys/fcntl.h of macOS. */
const O_NOFOLLOW_ANY = 0x2000_0000
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | O_NOFOLLOW_ANY

/** What `fileStat` fills: mode, size, uid, gid, milliseconds since 1970. */
const NUMBERS = 5
/** sys/errno.h. `ENOTDIR` and `ELOOP` differ from those of Linux, so codes are read here and not by Node's names. */
const ERRNO = { EPERM: 1, ENOENT: 2, EACCES: 13, ENOTDIR: 20, EOVERFLOW: 84, ELOOP: 62 } as const
/** sys/dirent.h */
const DIRENT: Readonly<Record<number, DirectoryEntry['kind']>> = { 4: 'directory', 8: 'file', 10: 'link' }
/** sys/stat.h */
const S_IFMT = 0o170000
const FORMATS: ReadonlyMap<number, DirectoryEntry['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'link'],
])
const PATH_MAX = 1024
const FIRST_LIST_BYTES = 64 * 1024
const MAX_LIST_BYTES = 32 * 1024 * 1024

/** Reads foreign files. See `FileReader`. */
export function openDarwinFiles(addon: DarwinFilesAddon): FileReader & Disposable {
  return {
    read: async (path, { maxBytes }) => readRegular(addon, path, maxBytes),
    readText: async (path, { maxBytes }) => decodeText(readRegular(addon, path, maxBytes)),
    list: async (path, { maxEntries }) => listFolder(addon, path, maxEntries),
    stat: async (path) => unlessAbsent(() => statOf(addon, path)),
    withRegular: async (path, use) => withRegular(addon, path, (fd) => use(`/dev/fd/${fd}`)),
    [Symbol.dispose]: () => undefined,
  }
}

/** Links are followed, but only before anything is opened. See `TrustedFileReader`. */
export function trustedDarwinFiles(addon: DarwinFilesAddon): TrustedFileReader {
  const real = (path: string) => {
    requirePlain(path)
    try {
      return realpathSync.native(path)
    } catch (cause) {
      throw darwinError(cause, path)
    }
  }
  return {
    read: async (path, { maxBytes }) => readRegular(addon, real(path), maxBytes),
    readText: async (path, { maxBytes }) => decodeText(readRegular(addon, real(path), maxBytes)),
    list: async (path, { maxEntries }) => listFolder(addon, real(path), maxEntries),
    stat: async (path) => unlessAbsent(() => statOf(addon, real(path))),
    realPath: async (path) => real(path),
  }
}

/** @throws as `FileReader.read`. */
export function readRegular(addon: DarwinFilesAddon, path: string, maxBytes: number): Uint8Array {
  return withRegular(addon, path, (fd, { size }) => {
    if (size > maxBytes) throw tooLarge(path, `${maxBytes} bytes`)
    const bytes = readBounded(fd, { maxBytes, expectedBytes: size })
    if (bytes === undefined) throw tooLarge(path, `${maxBytes} bytes`)
    return bytes
  })
}

function withRegular<T>(addon: DarwinFilesAddon, path: string, use: (fd: number, stat: Stats) => T): T {
  // A device is not opened. What takes the place of the file meanwhile is found to be another kind below.
  requireKind(statOf(addon, path).kind, 'file', path)
  let fd: number | undefined
  try {
    fd = openSync(path, OPEN_FLAGS)
    const stat = fstatSync(fd)
    requireKind(kindOf(stat), 'file', path)
    return use(fd, stat)
  } catch (cause) {
    throw darwinError(cause, path)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** Of a link itself. @throws as `FileReader.stat`, and `FILE_ABSENT`. */
export function statOf(addon: DarwinFilesAddon, path: string): FileStat {
  requirePlain(path)
  const numbers = new Float64Array(NUMBERS)
  const error = addon.fileStat(path, new Uint8Array(numbers.buffer))
  if (error < 0) throw darwinFault(path, -error)
  const [mode = 0, sizeBytes = 0, uid = 0, gid = 0, modifiedMs = 0] = numbers
  return {
    kind: FORMATS.get(mode & S_IFMT) ?? 'other',
    sizeBytes,
    owner: userIdOf(uid),
    group: userIdOf(gid),
    mode: mode & 0o7777,
    modifiedMs,
  }
}

/** Where a link leads, as it is written. @throws as `statOf`. */
export function linkTargetOf(addon: DarwinFilesAddon, path: string): string {
  requirePlain(path)
  const bytes = Buffer.alloc(PATH_MAX)
  const length = addon.fileLink(path, bytes)
  if (length < 0) throw darwinFault(path, -length)
  return bytes.toString('utf8', 0, length)
}

function listFolder(addon: DarwinFilesAddon, path: string, maxEntries: number): readonly DirectoryEntry[] {
  requireKind(statOf(addon, path).kind, 'directory', path)
  let buffer = Buffer.allocUnsafeSlow(FIRST_LIST_BYTES)
  for (;;) {
    const bytes = addon.fileList(path, buffer)
    if (bytes < 0) throw darwinFault(path, -bytes)
    if (bytes > buffer.length) {
      if (bytes > MAX_LIST_BYTES) throw tooLarge(path, `${MAX_LIST_BYTES} bytes of names`)
      buffer = Buffer.allocUnsafeSlow(bytes)
      continue
    }
    const entries = entriesIn(buffer.subarray(0, bytes))
    if (entries.length > maxEntries) throw tooLarge(path, `${maxEntries} entries`)
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

function entriesIn(bytes: Buffer): DirectoryEntry[] {
  const entries: DirectoryEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(0, at + 1)
    if (end === -1) break
    const name = bytes.toString('utf8', at + 1, end)
    if (name !== '.' && name !== '..') entries.push({ name, kind: DIRENT[bytes[at] ?? 0] ?? 'other' })
    at = end + 1
  }
  return entries
}

/** @throws `FILE_UNREADABLE` for a path that is not absolute, climbs, holds a NUL, or is longer than macOS takes. */
function requirePlain(path: string): void {
  const isPlain = path.startsWith('/') && !path.includes('\0') && !path.split('/').includes('..')
  if (isPlain && Buffer.byteLength(path) < PATH_MAX) return
  throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} is not a plain absolute path`)
}

/** Privacy protection (TCC) refuses with EPERM what rights of the file allow; those themselves refuse with EACCES. */
const REFUSED_BY_TCC = 'macOS keeps it private (TCC): this program has no Full Disk Access'

function darwinFault(path: string, errno: number): SuretyError {
  const shown = JSON.stringify(path)
  switch (errno) {
    case ERRNO.ENOENT:
    case ERRNO.ENOTDIR:
      return new SuretyError('FILE_ABSENT', `${shown}: absent`)
    case ERRNO.ELOOP:
      return new SuretyError('FILE_IS_LINK', `${shown}: a folder on the way is a link`)
    case ERRNO.EPERM:
      return new SuretyError('FILE_UNREADABLE', `${shown}: ${REFUSED_BY_TCC}`)
    case ERRNO.EACCES:
      return new SuretyError('FILE_UNREADABLE', `${shown}: EACCES`)
    default:
      return new SuretyError('FILE_UNREADABLE', `${shown}: error ${errno} of macOS`)
  }
}

/** Of a call that Node made. */
function darwinError(cause: unknown, path: string): SuretyError {
  if (errnoOf(cause) !== 'EPERM') return fileError(cause, path)
  return new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)}: ${REFUSED_BY_TCC}`, { cause })
}
