import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { isAbsolute, posix } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import { isOurs } from './own-file.ts'

const WRITABLE_BY_OTHERS = 0o022
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_ALL = 0o002
const STICKY = 0o1000
/** GID_MIN of Debian and Red Hat: lower numbers belong to the system, such as `syslog` and `adm`. */
const FIRST_ORDINARY_GID = 1000
/** As many as the kernel follows. */
const MAX_LINKS = 40

export interface FolderOptions {
  /** Accepts folders of root that a system group may write, as Ubuntu's /var/log (root:syslog, 0775). For log files only. */
  readonly mayBeOfSystemGroup?: boolean
}

/**
 * Refuses a folder in which another user could replace our files. It must be a real directory, belong to root or to us,
 * and not be writable by others.
 *
 * @throws `STORE_FAILED`, saying what to change.
 */
export function requirePrivateFolder(path: string, options: FolderOptions = {}): void {
  const shown = JSON.stringify(path)
  const stat = statOf(withoutTrailing(path))
  if (!stat.isDirectory()) throw new SuretyError('STORE_FAILED', `${shown} is not a directory`)
  if (!isOurs(stat.uid)) {
    throw new SuretyError('STORE_FAILED', `folder ${shown} belongs to user ${stat.uid}, not to root or to us`)
  }
  const writers = isOfSystemGroup(stat, options) ? WRITABLE_BY_ALL : WRITABLE_BY_OTHERS
  if ((stat.mode & writers) !== 0) {
    throw new SuretyError('STORE_FAILED', `folder ${shown} can be written by others: chmod go-w ${shown}`)
  }
}

/**
 * Refuses a path below a folder in which other users can rename what is ours, and so put another in its place. In a
 * sticky folder only the owner of an entry can. A folder that belongs to another user passes: who tells root to work
 * below a home trusts its owner.
 *
 * @param path need not exist, nor the folders above it.
 * @param name of what lies at `path`, for messages: `state folder`.
 * @throws `STORE_FAILED`, saying what to change.
 */
export function requireClosedParents(path: string, name: string, options: FolderOptions = {}): void {
  for (const folder of foldersAbove(path, name)) {
    const stat = statOf(folder)
    const { mode, gid, uid } = stat
    // Many systems give each user a private group, which may then write to that user's folders.
    const group = (mode & WRITABLE_BY_GROUP) !== 0 && uid === 0 && gid !== 0 && !isOfSystemGroup(stat, options)
    if ((mode & STICKY) !== 0 || ((mode & WRITABLE_BY_ALL) === 0 && !group)) continue
    const shown = JSON.stringify(folder)
    const message = `folder ${shown} above the ${name} can be written by others: chmod go-w ${shown}`
    throw new SuretyError('STORE_FAILED', message)
  }
}

function isOfSystemGroup({ uid, gid }: Stats, { mayBeOfSystemGroup = false }: FolderOptions): boolean {
  return mayBeOfSystemGroup && uid === 0 && gid < FIRST_ORDINARY_GID
}

/** Every folder in which the kernel looks up a name when `path` is opened: those behind links on the way too. */
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

/** A slash or dot at the end would have the kernel follow a link there. */
export function withoutTrailing(path: string): string {
  return path.replace(/(?<=.)(\/\.?)+$/, '')
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function statOf(path: string): Stats {
  try {
    return lstatSync(path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

/** Undefined where nothing is. */
function lookedUp(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    if (errnoOf(cause) === 'ENOTDIR') return undefined
    throw unreadable(path, cause)
  }
}

function unreadable(path: string, cause: unknown): SuretyError {
  const message = `folder ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'unreadable'}`
  return new SuretyError('STORE_FAILED', message, { cause })
}
