import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { errnoOf } from '../files/file-errors.ts'
import type { LocalUser } from './users.ts'

/** What the way to a home is looked at by: no link is followed by these. */
export interface WayComponents {
  /** Undefined where nothing lies, or where it cannot be told. */
  readonly lookAt: (path: string) => Pick<Stats, 'uid' | 'mode' | 'isSymbolicLink' | 'isDirectory'> | undefined
  readonly linkAt: (path: string) => string | undefined
  /** File systems that may not answer: see `mountTable`. They are not touched. */
  readonly mounts: () => ReadonlyMap<string, string>
}

/** More than any system stands on; the kernel follows forty. */
const MAX_LINKS = 8
/** As long as a path may be. */
const MAX_PATH = 4096

/**
 * Where homes lie (`/home` is a link on systems whose root is not written to). Whoever reads a home follows no link, for
 * anybody could have placed it; on the way there those are followed here that root placed where root alone may write. The
 * rest of a way, behind anything else, stays as it is spelt.
 *
 * @param isRead whose homes are looked through: those of programs' own accounts lie anywhere.
 */
export function withRealHomes(
  components: WayComponents,
  users: readonly LocalUser[],
  isRead: (user: LocalUser) => boolean,
): readonly LocalUser[] {
  const mounts = orUndefined(components.mounts)
  // Without it nobody knows what must not be touched.
  if (mounts === undefined) return users
  const seen = new Map<string, ReturnType<WayComponents['lookAt']>>()
  const way: WayComponents = {
    ...components,
    mounts: () => mounts,
    // Of one look: homes lie beside each other.
    lookAt(path) {
      if (!seen.has(path)) seen.set(path, components.lookAt(path))
      return seen.get(path)
    },
  }
  return users.map((user) => {
    if (!isRead(user)) return user
    const home = realHome(way, user.home)
    return home === user.home ? user : { ...user, home, namedHome: `/${partsOf(user.home).join('/')}` }
  })
}

/** As it is spelt where there is no link to follow, or there are too many. */
export function realHome({ lookAt, linkAt, mounts }: WayComponents, home: string): string {
  if (!home.startsWith('/')) return home
  const names = partsOf(home)
  let at = '/'
  let links = 0
  // Until something of others is met; nothing below it has been looked at.
  while (isRootsAlone(lookAt(at))) {
    const name = names.shift()
    if (name === undefined) break
    const next = posix.join(at, name)
    if (name === '..' || mounts().has(next)) {
      at = next
      if (name === '..') continue
      break
    }
    const found = lookAt(next)
    if (found?.isSymbolicLink() !== true || found.uid !== 0) {
      at = next
      continue
    }
    const target = linkAt(next)
    if (target === undefined || ++links > MAX_LINKS) return home
    if (target.startsWith('/')) at = '/'
    names.unshift(...partsOf(target))
  }
  // What climbs behind something that was not looked at leads nobody knows where.
  if (links === 0 || names.includes('..')) return home
  const real = posix.join(at, ...names)
  return real.length > MAX_PATH ? home : real
}

function partsOf(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.')
}

/** In a sticky folder, too, others may make names for a link of root's. */
function isRootsAlone(found: ReturnType<WayComponents['lookAt']>): boolean {
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0
}

/** As they lie on this device. */
export function ownWay(mounts: WayComponents['mounts']): WayComponents {
  return {
    mounts,
    lookAt: (path) => orUndefined(() => lstatSync(path, { throwIfNoEntry: false })),
    linkAt: (path) => orUndefined(() => readlinkSync(path)),
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
