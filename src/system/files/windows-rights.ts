import { lstatSync, realpathSync, statSync } from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { win32 } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import type { Distrust, FileRights, OwnRights } from './own-rights.ts'
import { type Grant, parseSecurityDescriptor, type SecurityDescriptor } from './security-descriptor.ts'
import { toNativePath, toPortablePath } from './windows-path.ts'
import type { WindowsTokenAddon } from './windows-token.ts'

/** Rights by owner and access list. Node's modes say nothing of them. */

/** See `native/windows/addon/rights/security.h`. */
export interface WindowsSecurityAddon extends WindowsTokenAddon {
  securityRead(path: string): Uint8Array
  securityWrite(path: string, sddl: string): void
  securityMakeFolder(path: string, sddl: string): void
  securityMakeFile(path: string, sddl: string): void
  securityWindowsFolder(): string
  securityFlushFolder(path: string): void
}

export const WINDOWS_SECURITY_FUNCTIONS: readonly (keyof WindowsSecurityAddon)[] = [
  'securityRead',
  'securityWrite',
  'securityMakeFolder',
  'securityMakeFile',
  'ownToken',
  'securityWindowsFolder',
  'securityFlushFolder',
]

/** The system, its administrators, and the service that installs Windows. */
export const WINDOWS_OWNERS: readonly string[] = [
  'S-1-5-18',
  'S-1-5-32-544',
  'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464',
]
/** Stand for the owner, who is looked at on its own. */
const OWNER_ALIASES: readonly string[] = ['S-1-3-0', 'S-1-3-4']

/** winnt.h: rights to a file, of which those to a folder are other names. */
const READ_DATA = 0x1
const WRITE_DATA = 0x2
const APPEND_DATA = 0x4
const DELETE_CHILD = 0x40
const DELETE = 0x10000
const WRITE_DAC = 0x40000
const WRITE_OWNER = 0x80000
const GENERIC_ALL = 0x10000000
const GENERIC_WRITE = 0x40000000
const GENERIC_READ = 0x80000000
const TAKE_OVER = DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_ALL
const WRITE = TAKE_OVER | WRITE_DATA | APPEND_DATA | DELETE_CHILD | GENERIC_WRITE
const READ = READ_DATA | GENERIC_READ | GENERIC_ALL
/** Of a folder in which something of ours lies: what others add lies beside it. */
const REPLACE = TAKE_OVER | DELETE_CHILD

/** FILE_GENERIC_READ and FILE_GENERIC_EXECUTE for all users, handed down to nothing. */
const USERS_RUN = '(A;;0x1200a9;;;BU)'

/** MAX_PATH, with room for what SQLite appends. */
const LONG_PATH = 240

/** Somebody who looks at a file, such as a virus scanner, holds up its replacement for a moment. */
const HELD: readonly string[] = ['EPERM', 'EACCES', 'EBUSY']
const RETRIES = 12
const FIRST_RETRY_MS = 5
const LONGEST_RETRY_MS = 500

export function windowsRights(addon: WindowsSecurityAddon): OwnRights {
  let ownUser: string | undefined
  const own = () => (ownUser ??= addon.ownToken().userId)
  const isTrusted = (sid: string) => WINDOWS_OWNERS.includes(sid) || sid === own()
  const read = (path: string): SecurityDescriptor => {
    try {
      return parseSecurityDescriptor(asFileCall(() => addon.securityRead(nativePath(path))))
    } catch (cause) {
      const why = errnoOf(cause) ?? 'they cannot be read'
      throw new SuretyError('STORE_FAILED', `the rights of ${JSON.stringify(path)}: ${why}`, { cause })
    }
  }
  const othersIn = (grants: readonly Grant[], mask: number) =>
    grants.filter((grant) => isOfOthers(grant, isTrusted) && (grant.mask & mask) !== 0)
  const othersCan = ({ grants }: SecurityDescriptor, mask: number) =>
    grants === undefined || othersIn(grants, mask).length > 0
  /** Undefined where everybody has all rights, or the list cannot be read. */
  const othersWith = (path: string, mask: number): readonly string[] | undefined => {
    try {
      const { grants } = read(path)
      return grants && [...new Set(othersIn(grants, mask).map(({ sid }) => sid))]
    } catch {
      return undefined
    }
  }
  const rightsOf = (path: string): FileRights => {
    const descriptor = read(path)
    const owner = descriptor.owner ?? 'nobody'
    return {
      owner,
      isOurs: isTrusted(owner),
      isOfService: false,
      canOthersWrite: othersCan(descriptor, WRITE),
      canOthersRead: othersCan(descriptor, READ),
      isClosed: !othersCan(descriptor, -1),
    }
  }
  /** Whether a list names us, as that of a person's own folders does and those of the machine do not. */
  const namesUs = (folder: string) => {
    try {
      return read(folder).grants?.some(({ sid, isInheritOnly }) => sid === own() && !isInheritOnly) === true
    } catch {
      return false
    }
  }
  /**
   * For the system, administrators and us; in a folder also for all that is made there. What an administrator makes in a folder of the
   * machine belongs to all of them, so that the service takes it for its own.
   */
  const closed = (path: string, isFolder: boolean, more = '') => {
    const isOfMachine = addon.ownToken().isAdministrator && !namesUs(win32.dirname(win32.resolve(path)))
    const users = isOfMachine ? ['SY', 'BA'] : ['SY', 'BA', own()]
    return `${isOfMachine ? 'O:BA' : ''}D:P${users.map((user) => `(A;${isFolder ? 'OICI' : ''};FA;;;${user})`).join('')}${more}`
  }
  const syncFolderNow = (path: string) => asFileCall(() => addon.securityFlushFolder(nativePath(path)))
  return {
    of(path, stat) {
      if (!stat.isSymbolicLink() && isLink(path)) {
        throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} is a link, which is not followed: remove it`)
      }
      return rightsOf(path)
    },
    refuseLink(path) {
      if (isLink(path)) throw Object.assign(new Error('ELOOP'), { code: 'ELOOP' })
    },
    distrust: (path) => distrustBy(path, rightsOf),
    canOthersReplaceIn: (folder) => othersCan(read(folder), REPLACE),
    foldersAbove: (path, name) => foldersAbove(path, name, rightsOf),
    close: async (path, stat) =>
      asFileCall(() => addon.securityWrite(nativePath(path), closed(path, stat.isDirectory()))),
    closeFile(path) {
      // In a folder that is closed it is so from the beginning.
      if (!rightsOf(path).isClosed) asFileCall(() => addon.securityWrite(nativePath(path), closed(path, false)))
    },
    async makeFolder(path, { recursive }) {
      const make = (folder: string) =>
        asFileCall(() => addon.securityMakeFolder(nativePath(folder), closed(folder, true)))
      if (recursive) return makeFolders(path, make)
      make(path)
      return undefined
    },
    async openNew(path) {
      asFileCall(() => addon.securityMakeFile(nativePath(path), closed(path, false)))
      return await open(path, 'r+')
    },
    readersStartAsUsers: true,
    letUsersRun: async (path, stat) =>
      asFileCall(() => addon.securityWrite(nativePath(path), closed(path, stat.isDirectory(), USERS_RUN))),
    rename: renamePatiently,
    syncFolder: async (path) => syncFolderNow(path),
    syncFolderNow,
    plainPath: (path) => (win32.resolve(path).length < LONG_PATH ? path : nativePath(path)),
    privileged: 'an administrator',
    remedy: (path, what, shown = JSON.stringify(path)) =>
      remedyFor(shown, othersWith(path, what === 'all' ? -1 : WRITE)),
  }
}

/** What is inherited becomes an entry of its own, and the entries of others go. */
function remedyFor(shown: string, others: readonly string[] | undefined): string {
  if (others === undefined || others.length === 0) return `icacls ${shown} /reset`
  return `icacls ${shown} /inheritance:d /remove:g ${others.map((sid) => `*${sid}`).join(' ')}`
}

function isOfOthers({ sid, isInheritOnly }: Grant, isTrusted: (sid: string) => boolean): boolean {
  return !isInheritOnly && !isTrusted(sid) && !OWNER_ALIASES.includes(sid)
}

/** @throws `STORE_FAILED` for what is no plain path on a drive. */
function nativePath(path: string): string {
  const portable = toPortablePath(win32.resolve(path))
  if (portable === undefined) {
    throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} is no plain path on a drive: choose another place`)
  }
  return toNativePath(portable)
}

/** Node cannot open a file and refuse a link in one call there. Only those who may write to the folder can place one. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
}

function distrustBy(path: string, rightsOf: (path: string) => FileRights): Distrust | undefined {
  const shown = JSON.stringify(path)
  try {
    statSync(path)
    const { isOurs, owner, canOthersWrite } = rightsOf(realpathSync.native(path))
    const unsafe = `${shown} is not safe from other users`
    if (!isOurs)
      return { because: 'owner', words: `${unsafe}: it belongs to ${owner}, not to an administrator or to us` }
    return canOthersWrite ? { because: 'mode', words: `${unsafe}: others may write it` } : undefined
  } catch (cause) {
    return { because: 'unreadable', words: `${shown}: ${errnoOf(cause) ?? 'unreadable'}` }
  }
}

/** By name, and by what links and mounted folders on the way lead to. */
function foldersAbove(path: string, name: string, rightsOf: (path: string) => FileRights): ReadonlySet<string> {
  const folders = new Set<string>()
  for (const folder of above(win32.resolve(path))) {
    const stat = lstatSync(folder, { throwIfNoEntry: false })
    if (stat === undefined) continue
    const { isOurs, owner } = rightsOf(folder)
    if (stat.isSymbolicLink() && !isOurs) {
      const message = `link ${JSON.stringify(folder)} above the ${name} belongs to ${owner}, who may lead it elsewhere`
      throw new SuretyError('STORE_FAILED', message)
    }
    folders.add(folder)
    const real = realpathSync.native(folder)
    if (real === folder) continue
    folders.add(real)
    for (const each of above(real)) folders.add(each)
  }
  return folders
}

/** From the folder around `path` to the root of its drive. */
function above(path: string): readonly string[] {
  const folders: string[] = []
  for (let at = win32.dirname(path); folders.at(-1) !== at; at = win32.dirname(at)) folders.push(at)
  return folders
}

function makeFolders(path: string, make: (path: string) => void): string | undefined {
  const full = win32.resolve(path)
  const missing = [full, ...above(full)].filter((folder) => statSync(folder, { throwIfNoEntry: false }) === undefined)
  for (const folder of missing.toReversed()) {
    try {
      make(folder)
    } catch (cause) {
      if (errnoOf(cause) !== 'EEXIST') throw cause
    }
  }
  if (!statSync(full).isDirectory()) throw Object.assign(new Error('EEXIST'), { code: 'EEXIST' })
  return missing.at(-1)
}

async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(from, to)
    } catch (cause) {
      if (attempt === RETRIES || !HELD.includes(errnoOf(cause) ?? '')) throw cause
      await delay(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt))
    }
  }
}

/** Failed calls of the addon on Windows. Each throws an Error with the call as its code and the error of Windows in its message. */

/** Win32 errors as Node names them. */
const ERRNOS: Readonly<Record<number, string>> = {
  2: 'ENOENT',
  3: 'ENOENT',
  4: 'EMFILE',
  5: 'EACCES',
  8: 'ENOMEM',
  14: 'ENOMEM',
  19: 'EROFS',
  32: 'EBUSY',
  33: 'EBUSY',
  39: 'ENOSPC',
  80: 'EEXIST',
  112: 'ENOSPC',
  123: 'EINVAL',
  161: 'EINVAL',
  183: 'EEXIST',
  206: 'ENAMETOOLONG',
  267: 'ENOTDIR',
  1314: 'EPERM',
  1450: 'ENOMEM',
}

/** The error of Windows; undefined when `cause` is another one. */
function windowsErrorOf(cause: unknown): number | undefined {
  const text = Error.isError(cause) ? /^error (0x[0-9A-F]{8}|\d+)$/.exec(cause.message)?.[1] : undefined
  return text === undefined ? undefined : Number(text)
}

/** Runs a call of the addon. @throws an error with a code as those of `node:fs` have, or the error itself. */
function asFileCall<T>(call: () => T): T {
  try {
    return call()
  } catch (cause) {
    const number = windowsErrorOf(cause)
    if (number === undefined) throw cause
    const code = ERRNOS[number] ?? `error ${number}`
    throw Object.assign(new Error(code, { cause }), { code })
  }
}
