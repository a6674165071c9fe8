import type { LocalUser, PosixIds } from '../users/users.ts'
import {
  type ExpectedIds,
  own,
  ownPrivileges,
  type PosixPrivileges,
  posixIdsOf,
  requireGivenUp,
  setIds,
} from './posix.ts'

/** What dropping privileges needs of the process. */
export interface DarwinPrivileges extends PosixPrivileges {
  getuid(): number
  getgid(): number
  getegid(): number
  getgroups(): readonly number[]
  seteuid(uid: number): void
}

/**
 * Becomes `user` irreversibly, then verifies that root cannot be had again. Files that macOS protects (TCC) stay closed: it asks about
 * the program that is responsible for us, not about the user.
 *
 * @throws `NOT_PERMITTED` if this process is not the user afterwards; the caller must then read nothing.
 */
export function becomeDarwinUser(user: Pick<LocalUser, 'id' | 'posix'>): void {
  const ids = posixIdsOf(user)
  const more = { getuid: own('getuid'), getgid: own('getgid'), getegid: own('getegid'), getgroups: own('getgroups') }
  dropDarwinPrivileges({ ...ownPrivileges(), ...more, seteuid: own('seteuid') }, ids)
}

/**
 * `becomeDarwinUser` on the given process. Setting the groups also ends the look-up of further ones by Directory Services, which
 * initgroups(3) would begin.
 *
 * @throws `NOT_PERMITTED`.
 */
export function dropDarwinPrivileges(privileges: DarwinPrivileges, ids: PosixIds): void {
  verify(privileges, setIds(privileges, ids))
}

/** macOS shows no saved ids: whether one is left shows in an attempt to use it. */
function verify(privileges: DarwinPrivileges, { uid, gid }: ExpectedIds): void {
  const groups = privileges.getgroups()
  const faults = [
    privileges.getuid() === uid && privileges.geteuid() === uid ? [] : ['user'],
    gid === undefined || (privileges.getgid() === gid && privileges.getegid() === gid) ? [] : ['group'],
    gid === undefined || groups.every((group) => group === gid) ? [] : ['supplementary groups'],
  ].flat()
  requireGivenUp(uid, faults, [() => privileges.setuid(0), () => privileges.seteuid(0)])
}
