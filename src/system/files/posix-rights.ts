import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs'
import { chmod, mkdir, open, rename } from 'node:fs/promises'
import { isAbsolute, posix } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { userIdOf } from '../../base/text/user-id.ts'
import { parseGroup, parsePasswd } from './account-files.ts'
import { readBounded } from './bounded-read.ts'
import { errnoOf } from './file-errors.ts'
import type { Distrust, FolderOptions, OwnRights, OwnStats } from './own-rights.ts'

/** Rights by owner and mode. */

const OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_ALL = 0o002
const READABLE_BY_OTHERS = 0o044
const STICKY = 0o1000
/** UID_MIN and GID_MIN of Debian and Red Hat: lower numbers belong to the system, such as `syslog` and `adm`. */
const FIRST_ORDINARY_ID = 1000
/** As many as the kernel follows. */
const MAX_LINKS = 40

export const posixRights: OwnRights = {
  of(_path, stat, options) {
    const writers = isOfSystemGroup(stat, options) ? WRITABLE_BY_ALL : WRITABLE_BY_OTHERS
    return {
      owner: userIdOf(stat.uid),
      isOurs: isOurs(stat.uid),
      isOfService: stat.uid !== 0 && stat.uid < FIRST_ORDINARY_ID,
      canOthersWrite: (stat.mode & writers) !== 0,
      canOthersRead: (stat.mode & READABLE_BY_OTHERS) !== 0,
      isClosed: (stat.mode & OTHERS) === 0,
    }
  },
  distrust,
  canOthersReplaceIn(_folder, stat, options) {
    const { mode, gid, uid } = stat
    // Many systems give each user a private group, which may then write to that user's folders.
    const group = (mode & WRITABLE_BY_GROUP) !== 0 && uid === 0 && gid !== 0 && !isOfSystemGroup(stat, options)
    // In a sticky folder only the owner of an entry can.
    return (mode & STICKY) === 0 && ((mode & WRITABLE_BY_ALL) !== 0 || group)
  },
  foldersAbove,
  refuseLink: () => undefined,
  close: async (path, { mode }, opened) =>
    opened === undefined ? await chmod(path, mode & 0o700) : await opened.chmod(0o700),
  closeFile: (_path, fd) => fchmodSync(fd, 0o600),
  makeFolder: async (path, options) => await mkdir(path, options),
  openNew: async (path) =>
    await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600),
  readersStartAsUsers: false,
  letUsersRun: async (path) => await chmod(path, 0o755),
  rename: async (from, to) => await rename(from, to),
  async syncFolder(path) {
    await using folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    await folder.sync()
  },
  syncFolderNow(path) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  },
  plainPath: (path) => path,
  privileged: 'root',
  remedy: (path, what, shown = JSON.stringify(path)) => `chmod ${what === 'all' ? '600' : 'go-w'} ${shown}`,
}

/** Root can change whatever we trust, so root's files count as ours. */
function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.()
}

function isOfSystemGroup({ uid, gid }: OwnStats, { mayBeOfSystemGroup = false }: FolderOptions = {}): boolean {
  return mayBeOfSystemGroup && uid === 0 && gid < FIRST_ORDINARY_ID
}

function distrust(path: string, { privateGroups }: { readonly privateGroups: boolean }): Distrust | undefined {
  const shown = JSON.stringify(path)
  let stat: Stats
  try {
    stat = statSync(path)
  } catch (cause) {
    return { because: 'unreadable', words: `${shown}: ${errnoOf(cause) ?? 'unreadable'}` }
  }
  const { uid, gid, mode } = stat
  const because = (kind: Distrust['because'], why: string) => ({
    because: kind,
    words: `${shown} is not safe from other users: ${why}`,
  })
  if (!isOurs(uid)) return because('owner', `it belongs to user ${uid}, not to root or to us`)
  const octal = (mode & 0o7777).toString(8)
  if ((mode & WRITABLE_BY_ALL) !== 0) return because('mode', `all users may write it (mode ${octal})`)
  if ((mode & WRITABLE_BY_GROUP) === 0 || (privateGroups && isPrivateGroup(gid, uid))) return undefined
  return because('mode', `group ${gid} may write it (mode ${octal})`)
}

function foldersAbove(path: string, name: string): ReadonlySet<string> {
  const rest = partsOf(isAbsolute(path) ? path : `${process.cwd()}/${path}`)
  if (rest.at(-1) !== '..') rest.pop()
  let at = '/'
  let links = 0
  const folders = new Set([at])
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    const next = posix.join(at, part)
    const stat = lookedUp(next)
    if (stat === undefined) break
    if (!stat.isSymbolicLink()) {
      at = next
      folders.add(at)
      continue
    }
    if (!isOurs(stat.uid)) {
      const message = `link ${JSON.stringify(next)} above the ${name} belongs to user ${stat.uid}, who may lead it elsewhere`
      throw new SuretyError('STORE_FAILED', message)
    }
    if (++links > MAX_LINKS)
      throw new SuretyError('STORE_FAILED', `too many links on the way to ${JSON.stringify(path)}`)
    const target = readlinkSync(next)
    if (isAbsolute(target)) at = '/'
    rest.unshift(...partsOf(target))
  }
  return folders
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

/** Undefined where nothing is. */
function lookedUp(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return undefined
    const message = `folder ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'unreadable'}`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}

const MAX_BYTES = 1024 * 1024

/** Where the accounts and groups of this device are listed: passwd(5) and group(5). */
interface AccountFiles {
  readonly passwd: string
  readonly group: string
}

const ACCOUNT_FILES: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group' }

/**
 * Reports whether `gid` is the private group of the user `uid`: their primary group, or the one with their number, with
 * no other member and no other account in it. Debian, Ubuntu and Fedora make such a group for each user and set umask 002.
 *
 * False when the accounts cannot be read whole. Only local accounts are listed there, and an access control list on a file
 * shows as its group bits: neither is seen.
 */
export function isPrivateGroup(gid: number, uid: number, files: AccountFiles = ACCOUNT_FILES): boolean {
  const [passwd, group] = [readText(files.passwd), readText(files.group)]
  if (passwd === undefined || group === undefined) return false
  const { accounts, isWhole } = parsePasswd(passwd)
  const { groups, isWhole: areGroupsWhole } = parseGroup(group)
  if (!isWhole || !areGroupsWhole) return false
  const owners = accounts.filter((account) => account.uid === uid)
  const names = new Set(owners.map(({ name }) => name))
  const isTheirs = gid === uid || owners.some((account) => account.gid === gid)
  const hasOthers = accounts.some((account) => account.gid === gid && account.uid !== uid)
  const members = groups.filter((one) => one.gid === gid).flatMap((one) => one.members)
  return isTheirs && !hasOthers && members.every((name) => names.has(name))
}

/** Undefined when the file is missing, too large or unreadable. */
function readText(path: string): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const bytes = readBounded(fd, { maxBytes: MAX_BYTES, expectedBytes: 0 })
    return bytes && Buffer.from(bytes).toString('utf8')
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
