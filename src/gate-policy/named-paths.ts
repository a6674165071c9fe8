import { posix } from 'node:path'
import { isAbsolutePath } from '../base/absolute-path.ts'

/** Where paths of an action begin. */
export interface PathBase {
  /** The working folder. */
  readonly folder?: string | undefined
  /** Of the user. Unknown: `~` stays in paths. */
  readonly home?: string | undefined
  readonly userName: string
}

/** A path has at most this many folders that rules see one by one. Those nearest to the root count. */
const MOST_FOLDERS = 32
/** One level below the root, or homes and parts of a system a level deeper. */
const WIDE = /^(?:\/[^/]*|\/(?:home|Users|usr|mnt|media|Volumes)\/[^/]+|\/var\/lib|~[^/]*)$/
/** What anybody may clear. */
const FOR_ALL = new Set(['/tmp'])
/** Disks, and parts of disks. */
const DISK = /^\/dev\/(?:[shv]d[a-z]|xvd|nvme|mmcblk|r?disk\d|disk\/|mapper\/|dm-|md\d)/
/** The last name of a path that means all names in the folder. */
const ANY_NAME = /^[.*?{},]+$/

/** The shortest spelling: without `.`, `..`, `//` and a slash at the end. Links are not followed: only the device knows them. */
export function plainPath(path: string, { folder, home, userName }: PathBase): string {
  if (path.startsWith('~')) {
    const slash = path.indexOf('/')
    const [start, rest] = slash === -1 ? [path, ''] : [path.slice(0, slash), path.slice(slash)]
    const isOwn = start === '~' || start === `~${userName}`
    if (isOwn && home !== undefined) return normal(`${home}${rest}`)
    const below = rest === '' ? '' : normal(rest)
    return `${isOwn ? '~' : start}${below === '/' ? '' : below}`
  }
  if (isAbsolutePath(path) || folder === undefined) return normal(path)
  return normal(`${folder}/${path}`)
}

function normal(path: string): string {
  // Most need nothing, and normalize() is slow.
  const normalized = /(?:^|\/)\.{0,2}(?:\/|$)/.test(path) ? posix.normalize(path).replace(/^\/\//, '/') : path
  return normalized.length > 1 && normalized.endsWith('/') ? normalized.slice(0, -1) : normalized
}

/** `/srv/data` of `/srv/data/*`: the folder of which a pattern means everything. Undefined for anything else. */
export function folderOfAll(path: string): string | undefined {
  const slash = path.lastIndexOf('/')
  const name = path.slice(slash + 1).replace(/\[[^\][]*\]/g, '?')
  if (!ANY_NAME.test(name) || !/[*?]/.test(name)) return undefined
  return slash > 0 ? path.slice(0, slash) : '/'
}

/** Whether who deletes this loses the system, or all of a person's files. */
export function isWide(path: string, home: string | undefined): boolean {
  if (FOR_ALL.has(path)) return false
  return WIDE.test(path) || path === home || home?.startsWith(`${path}/`) === true
}

export function isDisk(path: string): boolean {
  return DISK.test(path)
}

/** The path, and every folder above it but the root. */
export function withFoldersAbove(path: string): readonly string[] {
  const found = [path]
  for (let at = path.indexOf('/', 1); at !== -1 && found.length <= MOST_FOLDERS; at = path.indexOf('/', at + 1)) {
    found.push(path.slice(0, at))
  }
  return found
}
