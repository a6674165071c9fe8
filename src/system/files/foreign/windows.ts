import { Buffer } from 'node:buffer'
import { SuretyError } from '../../../base/errors.ts'
import type { DirectoryEntry, FileReader, FileStat, TrustedFileReader } from '../files.ts'
import { type Grant, parseSecurityDescriptor } from '../security-descriptor.ts'
import { isPlainName, toPortablePath } from '../windows-path.ts'
import { WINDOWS_OWNERS } from '../windows-rights.ts'
import { decodeText, requireKind, tooLarge, unlessAbsent } from './foreign-files.ts'
import { type NodeCalls, OpenWay } from './open-way.ts'

/**
 * Files of others on Windows: opened name by name beside the folder that is open, so that no reparse point is followed (links,
 * junctions, mounted folders). What lies on another machine or in a cloud is not fetched.
 */

/** What the addon offers; see `native/windows/addon/files/files.h`. Numbers below zero are error codes of Windows. */
export interface WindowsFilesAddon {
  /** A handle. @param folder 0 for a root, whose name is `\??\C:\`. @param numbers is filled with six. */
  fileOpen(folder: number, name: string, mode: number, numbers: Float64Array): number
  /** Bytes read, 0 at the end. */
  fileRead(handle: number, offset: number, bytes: Uint8Array): number
  /** Bytes of FILE_FULL_DIR_INFORMATION, 0 behind the last. */
  fileList(handle: number, restart: boolean, bytes: Uint8Array): number
  /** Bytes of the security descriptor, in its self-relative form. */
  fileSecurity(handle: number, bytes: Uint8Array): number
  /** Where it lies now, as `\\?\C:\…`. */
  filePath(handle: number): string | number
  fileClose(handle: number): void
}

export const WINDOWS_FILES_FUNCTIONS = [
  ...(['fileOpen', 'fileRead', 'fileList', 'fileSecurity', 'filePath', 'fileClose'] as const),
] as const satisfies readonly (keyof WindowsFilesAddon)[]

/** As in `native/windows/addon/files/files.h`. */
const MODES = { folder: 0, look: 1, read: 2, keep: 3 } as const
type Mode = keyof typeof MODES
const NUMBERS = 6

const ATTRIBUTE = {
  directory: 0x10,
  device: 0x40,
  reparse: 0x400,
  offline: 0x1000,
  recall: 0x4_0000 | 0x40_0000,
} as const
/** Set in the tag of a reparse point that stands for another name: a link, a junction, a mounted folder. See [MS-FSCC] 2.1.2.1. */
const NAME_SURROGATE = 0x2000_0000
/** CD-ROM and disk, each as a device and as its file system. */
const DISKS: readonly number[] = [2, 3, 7, 8]
const REMOTE_DEVICE = 0x10

/** Codes of winerror.h. */
const ABSENT: readonly number[] = [2, 3, 161, 267]
const DENIED = 5
const BUSY: readonly number[] = [32, 33]

/** Nothing is kept from them. */
const TRUSTED: ReadonlySet<string> = new Set(WINDOWS_OWNERS)
const SYSTEM_ID = 'S-1-5-18'
/** Stand for the owner. */
const OWNER_ALIASES: readonly string[] = ['S-1-3-0', 'S-1-3-4']
/** winnt.h. Of a folder they are the rights to list it, and to make, replace and remove what lies in it. */
const READS = 0x1 | 0x1000_0000 | 0x8000_0000
const WRITES = 0x2 | 0x4 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000
/** The longest descriptor that Windows keeps. */
const SECURITY_BYTES = 64 * 1024
const LIST_BYTES = 64 * 1024
const FIRST_READ_BYTES = 4096

interface Node {
  readonly kind: DirectoryEntry['kind']
  readonly sizeBytes: number
  readonly modifiedMs: number
  readonly isElsewhere: boolean
}

/** Reads foreign files. See `FileReader`. */
export function openWindowsFiles(addon: WindowsFilesAddon): FileReader & Disposable {
  const files = new WindowsFiles(addon)
  return {
    read: async (path, { maxBytes }) => files.read(path, maxBytes),
    readText: async (path, { maxBytes }) => decodeText(files.read(path, maxBytes)),
    list: async (path, { maxEntries }) => files.list(path, maxEntries),
    stat: async (path) => unlessAbsent(() => files.stat(path)),
    withRegular: async (path, use) => files.withRegular(path, use),
    [Symbol.dispose]: () => files.close(),
  }
}

/**
 * Files of the machine. Links are not followed here either: any user may make a folder, or a junction, at the root of a drive and in
 * `ProgramData`. See `TrustedFileReader`.
 */
export function trustedWindowsFiles(addon: WindowsFilesAddon): TrustedFileReader {
  const fresh = <T>(act: (files: WindowsFiles) => T): T => {
    const files = new WindowsFiles(addon)
    try {
      return act(files)
    } finally {
      // The daemon lives for long, and would keep folders from being renamed.
      files.close()
    }
  }
  return {
    read: async (path, { maxBytes }) => fresh((files) => files.read(path, maxBytes)),
    readText: async (path, { maxBytes }) => decodeText(fresh((files) => files.read(path, maxBytes))),
    list: async (path, { maxEntries }) => fresh((files) => files.list(path, maxEntries)),
    stat: async (path) => unlessAbsent(() => fresh((files) => files.stat(path))),
    realPath: async (path) => fresh((files) => files.realPath(path)),
  }
}

class WindowsFiles {
  readonly #addon: WindowsFilesAddon
  readonly #way: OpenWay
  readonly #numbers = new Float64Array(NUMBERS)
  /** What was opened last. */
  #node: Node = { kind: 'other', sizeBytes: 0, modifiedMs: 0, isElsewhere: false }
  #mode: Mode = 'look'

  constructor(addon: WindowsFilesAddon) {
    this.#addon = addon
    const calls: NodeCalls = {
      begin: componentsOf,
      openRoot: (root, path, isEnd) => this.#openRoot(root, path, isEnd),
      openFolder: (folder, name, path) => this.#openFolder(folder, name, path),
      openNode: (folder, name, path) => this.#open(folder, name, this.#mode, path),
      close: (handle) => addon.fileClose(handle),
    }
    this.#way = new OpenWay(calls)
  }

  close(): void {
    this.#way.close()
  }

  read(path: string, maxBytes: number): Uint8Array {
    return this.#with(path, 'read', 'file', (handle, node) => {
      if (node.sizeBytes > maxBytes) throw tooLarge(path, `${maxBytes} bytes`)
      return this.#readWhole(handle, path, node.sizeBytes, maxBytes)
    })
  }

  list(path: string, maxEntries: number): readonly DirectoryEntry[] {
    return this.#with(path, 'read', 'directory', (handle) => {
      const buffer = Buffer.allocUnsafeSlow(LIST_BYTES)
      const entries: DirectoryEntry[] = []
      for (let restart = true; ; restart = false) {
        const filled = this.#addon.fileList(handle, restart, buffer)
        if (filled < 0) throw windowsFault(path, -filled)
        if (filled === 0) break
        entries.push(...entriesIn(buffer.subarray(0, filled)))
        if (entries.length > maxEntries) throw tooLarge(path, `${maxEntries} entries`)
      }
      return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    })
  }

  /** Links are said to be links. */
  stat(path: string): FileStat {
    return this.#with(path, 'look', undefined, (handle, { kind, sizeBytes, modifiedMs }) => {
      const bytes = new Uint8Array(SECURITY_BYTES)
      const filled = this.#addon.fileSecurity(handle, bytes)
      if (filled < 0) throw windowsFault(path, -filled)
      return { kind, sizeBytes, ...rightsIn(bytes.subarray(0, filled), path), modifiedMs }
    })
  }

  /** Neither the file nor a folder above it can be renamed or deleted while it is open without that share. */
  withRegular<T>(path: string, use: (open: string) => T): T {
    return this.#with(path, 'keep', 'file', (handle) => use(this.#pathOf(handle, path)))
  }

  realPath(path: string): string {
    return this.#with(path, 'look', undefined, (handle) => {
      const found = toPortablePath(this.#pathOf(handle, path))
      if (found === undefined) throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies on no drive`)
      return found
    })
  }

  #pathOf(handle: number, path: string): string {
    const found = this.#addon.filePath(handle)
    if (typeof found === 'number') throw windowsFault(path, -found)
    return found
  }

  #with<T>(
    path: string,
    mode: Mode,
    wanted: 'file' | 'directory' | undefined,
    use: (handle: number, node: Node) => T,
  ): T {
    this.#mode = mode
    return this.#way.withNode(path, (handle) => {
      const node = this.#node
      if (wanted !== undefined) requireKind(node.kind, wanted, path)
      if (wanted !== undefined && node.isElsewhere) {
        throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies in a cloud: it is not fetched`)
      }
      return use(handle, node)
    })
  }

  #readWhole(handle: number, path: string, expectedBytes: number, maxBytes: number): Uint8Array {
    // One byte more than expected, so that the common case ends without growing.
    let buffer = new Uint8Array(Math.min(maxBytes, Math.max(expectedBytes, FIRST_READ_BYTES)) + 1)
    let filled = 0
    for (;;) {
      const got = this.#addon.fileRead(handle, filled, buffer.subarray(filled))
      if (got < 0) throw windowsFault(path, -got)
      if (got === 0) return buffer.slice(0, filled)
      filled += got
      if (filled > maxBytes) throw tooLarge(path, `${maxBytes} bytes`)
      if (filled < buffer.length) continue
      const larger = new Uint8Array(Math.min(maxBytes + 1, buffer.length * 2))
      larger.set(buffer)
      buffer = larger
    }
  }

  #openRoot(root: string, path: string, isEnd: boolean): number {
    const handle = this.#open(0, `\\??\\${root}\\`, isEnd ? this.#mode : 'folder', path)
    const [, , , , type = 0, flags = 0] = this.#numbers
    if (DISKS.includes(type) && (flags & REMOTE_DEVICE) === 0) return handle
    this.#addon.fileClose(handle)
    throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} lies on another machine, or on no disk`)
  }

  #openFolder(folder: number, name: string, path: string): number {
    const handle = this.#open(folder, name, 'folder', path)
    if (this.#node.kind === 'directory') return handle
    this.#addon.fileClose(handle)
    const what = this.#node.kind === 'link' ? 'link' : 'reparse point'
    throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)}: a folder on the way is a ${what}`)
  }

  #open(folder: number, name: string, mode: Mode, path: string): number {
    const handle = this.#addon.fileOpen(folder, name, MODES[mode], this.#numbers)
    if (handle < 0) throw windowsFault(path, -handle)
    this.#node = nodeOf(this.#numbers)
    return handle
  }
}

function nodeOf([attributes = 0, tag = 0, sizeBytes = 0, modifiedMs = 0]: Float64Array): Node {
  const isElsewhere = (attributes & (ATTRIBUTE.offline | ATTRIBUTE.recall)) !== 0
  return { kind: kindOf(attributes, tag), sizeBytes, modifiedMs, isElsewhere }
}

/** A reparse point that stands for no other name is a file or folder of a cloud, of a store or of another program. */
function kindOf(attributes: number, tag: number): DirectoryEntry['kind'] {
  if ((attributes & ATTRIBUTE.reparse) !== 0) return (tag & NAME_SURROGATE) !== 0 ? 'link' : 'other'
  if ((attributes & ATTRIBUTE.device) !== 0) return 'other'
  return (attributes & ATTRIBUTE.directory) !== 0 ? 'directory' : 'file'
}

/** Rights of others as bits of a mode; a file of the system or of its administrators is the system's. */
function rightsIn(bytes: Uint8Array, path: string): Pick<FileStat, 'owner' | 'group' | 'mode'> {
  let descriptor: ReturnType<typeof parseSecurityDescriptor>
  try {
    descriptor = parseSecurityDescriptor(bytes)
  } catch (cause) {
    throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)}: its rights cannot be read`, { cause })
  }
  const { owner = NOBODY_ID, grants } = descriptor
  const isOfOthers = ({ sid, isInheritOnly }: Grant) =>
    !isInheritOnly && sid !== owner && !TRUSTED.has(sid) && !OWNER_ALIASES.includes(sid)
  // Without a list everybody may do everything.
  const mask = grants?.filter(isOfOthers).reduce((all, grant) => all | grant.mask, 0) ?? -1
  const mode = 0o700 | ((mask & READS) === 0 ? 0 : 0o044) | ((mask & WRITES) === 0 ? 0 : 0o022)
  const told = TRUSTED.has(owner) ? SYSTEM_ID : owner
  return { owner: told, group: told, mode }
}

const NOBODY_ID = 'S-1-0-0'

/** FILE_FULL_DIR_INFORMATION ([MS-FSCC] 2.4.14): the name begins at byte 68, and its length is in bytes. */
const ENTRY = { attributes: 56, nameBytes: 60, tag: 64, name: 68 } as const

function entriesIn(bytes: Buffer): DirectoryEntry[] {
  const entries: DirectoryEntry[] = []
  for (let at = 0; at + ENTRY.name <= bytes.length; ) {
    const next = bytes.readUInt32LE(at)
    const nameBytes = bytes.readUInt32LE(at + ENTRY.nameBytes)
    const end = at + ENTRY.name + nameBytes
    if (end > bytes.length || nameBytes % 2 !== 0) break
    const name = bytes.toString('utf16le', at + ENTRY.name, end)
    const kind = kindOf(bytes.readUInt32LE(at + ENTRY.attributes), bytes.readUInt32LE(at + ENTRY.tag))
    if (name !== '.' && name !== '..') entries.push({ name, kind })
    if (next === 0) break
    at += next
  }
  return entries
}

/** @throws `FILE_UNREADABLE` for a path that is not on a drive, climbs, or holds what no name may. */
function componentsOf(path: string): { readonly root: string; readonly names: string[] } {
  const names = path
    .slice(2)
    .split('/')
    .filter((name) => name !== '' && name !== '.')
  if (!/^[A-Z]:\//.test(path) || !names.every(isPlainName)) {
    throw new SuretyError('FILE_UNREADABLE', `${JSON.stringify(path)} is not a plain path on a drive`)
  }
  return { root: path.slice(0, 2), names }
}

function windowsFault(path: string, code: number): SuretyError {
  const shown = JSON.stringify(path)
  if (ABSENT.includes(code)) return new SuretyError('FILE_ABSENT', `${shown}: absent`)
  if (code === DENIED) return new SuretyError('FILE_UNREADABLE', `${shown}: access denied`)
  if (BUSY.includes(code)) return new SuretyError('FILE_UNREADABLE', `${shown}: another program keeps it for itself`)
  return new SuretyError('FILE_UNREADABLE', `${shown}: error ${code} of Windows`)
}
