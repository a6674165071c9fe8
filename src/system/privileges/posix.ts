import { SuretyError } from '../../base/errors.ts'
import type { LocalUser, PosixIds } from '../users/users.ts'

/** What dropping privileges needs of the process on Linux and macOS. */
export interface PosixPrivileges {
  geteuid(): number
  setgroups(groups: readonly number[]): void
  setgid(gid: number): void
  setuid(uid: number): void
}

/** Those of this process. @throws `NOT_SUPPORTED` on Windows. */
export function ownPrivileges(): PosixPrivileges {
  return {
    geteuid: own('geteuid'),
    setgroups: own('setgroups'),
    setgid: own('setgid'),
    setuid: own('setuid'),
  }
}

/** A function of `process` that Windows has not. @throws `NOT_SUPPORTED`. */
export function own<Name extends 'getuid' | 'geteuid' | 'getgid' | 'getegid' | 'getgroups' | PosixSetter>(
  name: Name,
): NonNullable<NodeJS.Process[Name]> {
  const found = process[name]
  if (found === undefined) throw new SuretyError('NOT_SUPPORTED', 'this system has no numeric user ids')
  return found
}

type PosixSetter = 'setgroups' | 'setgid' | 'setuid' | 'seteuid'

/** @throws `NOT_PERMITTED` for a user whose id is no number. */
export function posixIdsOf({ id, posix }: Pick<LocalUser, 'id' | 'posix'>): PosixIds {
  if (posix !== undefined && String(posix.uid) === id) return posix
  throw new SuretyError('NOT_PERMITTED', `user ${id} has no numeric id to change to`)
}

/** What the system must show afterwards. */
export interface ExpectedIds {
  readonly uid: number
  /** Undefined where we were this user before: the group is then not ours to choose. */
  readonly gid: number | undefined
}

/**
 * Sets supplementary groups, group and user, in this order. For root's home, root stays root. Any other user may only stay the
 * same. The caller must verify what it gives.
 *
 * @throws `NOT_PERMITTED`.
 */
export function setIds(privileges: PosixPrivileges, { uid, gid }: PosixIds): ExpectedIds {
  const before = privileges.geteuid()
  if (before !== 0) {
    if (before === uid) return { uid, gid: undefined }
    throw new SuretyError('NOT_PERMITTED', `user ${before} may not read the home of user ${uid}`)
  }
  try {
    privileges.setgroups([gid])
    privileges.setgid(gid)
    privileges.setuid(uid)
  } catch (cause) {
    throw new SuretyError('NOT_PERMITTED', `cannot become user ${uid}`, { cause })
  }
  return { uid, gid }
}

/**
 * @param faults what is not as it must be.
 * @param regain calls that must fail now, unless the user is root.
 * @throws `NOT_PERMITTED`.
 */
export function requireGivenUp(uid: number, faults: readonly string[], regain: readonly (() => void)[]): void {
  if (faults.length > 0) throw new SuretyError('NOT_PERMITTED', `privileges were not given up: ${faults.join(', ')}`)
  if (uid !== 0 && regain.some(succeeds)) {
    throw new SuretyError('NOT_PERMITTED', 'privileges were not given up: root can be regained')
  }
}

function succeeds(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
