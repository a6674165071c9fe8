import type { SourceReport } from '../protocol/sighting.ts'
import type { LocalUser } from '../system/users.ts'

/**
 * People and root; of programs' own accounts there is nothing to read. Without root's rights only one's own home.
 *
 * @param uid whose rights we have.
 */
export function hasReadableHome(user: LocalUser, uid: number): boolean {
  if (!hasHome(user)) return false
  return uid === 0 ? user.kind !== 'system' : user.uid === uid
}

export function hasHome({ home }: LocalUser): boolean {
  return home !== '/' && home !== '/nonexistent'
}

/** Homes of people that only root may read: each is said, since quiet is not clean. */
export function unreadableHomes(users: readonly LocalUser[], uid: number): readonly SourceReport[] {
  return users
    .filter((user) => user.kind !== 'system' && hasHome(user) && !hasReadableHome(user, uid))
    .map(({ uid: owner, name, home }) => ({
      source: 'home',
      path: home,
      user: { uid: owner, name },
      state: 'unreadable',
      reason: 'only root may read the homes of others',
      items: 0,
      durationMs: 0,
    }))
}
