import { isRootId } from '../../base/text/user-id.ts'
import { SOURCES } from '../../protocol/scan-coverage.ts'
import type { SourceReport } from '../../protocol/sighting.ts'
import type { LocalUser } from '../../system/users/users.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { runtimeEntries } from '../catalogue/reported-kind.ts'

/**
 * People and root; of programs' own accounts there is nothing to read. Without root's rights only one's own home.
 *
 * @param userId whose rights we have.
 */
export function hasReadableHome(user: LocalUser, userId: string): boolean {
  if (!hasHome(user)) return false
  return isRootId(userId) ? user.kind !== 'system' : user.id === userId
}

/**
 * The accounts of model servers, which keep their models in homes of their own: those in which the catalogue names the
 * server's folder. @param userId whose rights we have.
 */
export function servesModels(catalogue: Catalogue, userId: string): (user: LocalUser) => boolean {
  const folders = runtimeEntries(catalogue).flatMap(({ stateFolders }) => stateFolders ?? [])
  const homes = new Set(folders.flatMap(({ path }) => /^((?:\/|[A-Z]:\/).+)\/\.[^/]+$/.exec(path)?.[1] ?? []))
  return (user) => isRootId(userId) && user.kind === 'system' && homes.has(user.namedHome ?? user.home)
}

export function hasHome({ home }: LocalUser): boolean {
  return home !== '' && home !== '/' && home !== '/nonexistent'
}

/** Homes of people that are not looked through: each is said, since quiet is not clean. */
export function unreadableHomes(users: readonly LocalUser[], userId: string): readonly SourceReport[] {
  return users
    .filter((user) => user.kind !== 'system' && user.home !== '/nonexistent' && !hasReadableHome(user, userId))
    .map((user) => ({
      source: SOURCES.homes,
      ...(user.home === '' ? {} : { path: user.home }),
      user: { id: user.id, name: user.name },
      state: 'unreadable',
      reason: hasHome(user) ? 'only root may read the homes of others' : 'the account names no home of its own',
      items: 0,
      durationMs: 0,
    }))
}
