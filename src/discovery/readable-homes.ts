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
