import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import type { HangingMounts } from '../mounts/mounts.ts'
import type { LocalUser } from './users.ts'

type FolderStat = Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink' | 'isDirectory'>

/** How the folders above a home are read. Neither function follows a link. */
export interface RealHomesComponents {
  /** Undefined where nothing is, or where it may not be seen. */
  readonly lstat: (path: string) => FolderStat | undefined
  readonly readlink: (path: string) => string | undefined
  /** Mounts that are not touched, because they may never answer. */
  readonly hangingMounts: HangingMounts
}

/** More than any system has above a home; the kernel follows forty. */
const MAX_LINKS = 8
/** PATH_MAX */
const MAX_PATH = 4096

/**
 * Resolves the homes that are read. `/home` is a link where the root of the system is read-only. A reader follows no link, because
 * any user could have placed it. Followed here are only links of root in folders that root alone may write to; the rest of a path
 * stays as it is spelt.
 *
 * @param isRead false for accounts whose homes nothing reads, such as those of services.
 */
export function withRealHomes(
  components: RealHomesComponents,
  users: readonly LocalUser[],
  isRead: (user: LocalUser) => boolean,
): readonly LocalUser[] {
  const mounts = orUndefined(components.hangingMounts)
  // Without the list of mounts any path could hang.
  if (mounts === undefined) return users
  const known = new Map<string, FolderStat | undefined>()
  const cached: RealHomesComponents = {
    ...components,
    hangingMounts: () => mounts,
    // Homes lie beside each other, so most folders are the same.
    lstat(path) {
      if (!known.has(path)) known.set(path, components.lstat(path))
      return known.get(path)
    },
  }
  return users.map((user) => {
    if (!isRead(user)) return user
    const home = realHome(cached, user.home)
    return home === user.home ? user : { ...user, home, namedHome: `/${partsOf(user.home).join('/')}` }
  })
}

/** The path as it is spelt where there is no link to follow, or there are too many. */
export function realHome({ lstat, readlink, hangingMounts }: RealHomesComponents, home: string): string {
  if (!home.startsWith('/')) return home
  const names = partsOf(home)
  let at = '/'
  let links = 0
  // Ends at the first folder that others own or may write to; nothing below it was resolved.
  while (isWritableByRootAlone(lstat(at))) {
    const name = names.shift()
    if (name === undefined) break
    const next = posix.join(at, name)
    if (name === '..' || hangingMounts().has(next)) {
      at = next
      if (name === '..') continue
      break
    }
    const found = lstat(next)
    if (found?.isSymbolicLink() !== true || found.uid !== 0) {
      at = next
      continue
    }
    const target = readlink(next)
    if (target === undefined || ++links > MAX_LINKS) return home
    if (target.startsWith('/')) at = '/'
    names.unshift(...partsOf(target))
  }
  // A `..` behind a folder that was not resolved may lead anywhere.
  if (links === 0 || names.includes('..')) return home
  const real = posix.join(at, ...names)
  return real.length > MAX_PATH ? home : real
}

function partsOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** A sticky folder does not pass: others may make a hard link to a link of root's there. */
function isWritableByRootAlone(found: FolderStat | undefined): boolean {
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0
}

/** Reads the folders of this device. */
export function realHomesComponents(hangingMounts: HangingMounts): RealHomesComponents {
  return {
    hangingMounts,
    lstat: (path) => orUndefined(() => lstatSync(path, { throwIfNoEntry: false })),
    readlink: (path) => orUndefined(() => readlinkSync(path)),
  }
}

function orUndefined<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (errnoOf(error) === undefined && !(error instanceof SuretyError)) throw error
    return undefined
  }
}
