import { SuretyError } from '../../base/errors.ts'
import type { LocalUser, PosixIds } from '../users/users.ts'

/** What dropping privileges needs of the process. */
export interface DarwinPrivileges {
  getuid(): number
  geteuid(): number
  getgid(): number
  getegid(): number
  getgroups(): readonly number[]
  setgroups(groups: readonly number[]): void
  setgid(gid: number): void
  setuid(uid: number): void
  seteuid(uid: number): void
}

/**
 * Becomes `user` irreversibly, then verifies that root cannot be had again. Files that macOS protects (TCC) stay closed: it asks about
 * the program that is responsible for us, not about the user.
 *
 * @throws `NOT_PERMITTED` if this process is not the user afterwards; the caller must then read nothing.
 */
export function becomeDarwinUser({ id, posix }: Pick<LocalUser, 'id' | 'posix'>): void {
  if (posix === undefined || String(posix.uid) !== id) {
    throw new SuretyError('NOT_PERMITTED', `user ${id} has no numeric id to change to`)
  }
  dropDarwinPrivileges(ownPrivileges(), posix)
}

function ownPrivileges(): DarwinPrivileges {
  const { getuid, geteuid, getgid, getegid, getgroups, setgroups, setgid, setuid, seteuid } = process
  if (
    getuid === undefined ||
    geteuid === undefined ||
    getgid === undefined ||
    getegid === undefined ||
    getgroups === undefined ||
    setgroups === undefined ||
    setgid === undefined ||
    setuid === undefined ||
    seteuid === undefined
  ) {
    throw new SuretyError('NOT_SUPPORTED', 'this system has no numeric user ids')
  }
  return {
    ...{ getuid, geteuid, getgid, getegid, getgroups },
    setgroups: (groups) => setgroups(groups),
    setgid: (gid) => setgid(gid),
    setuid: (uid) => setuid(uid),
    seteuid: (uid) => seteuid(uid),
  }
}

/** `becomeDarwinUser` on the given process. @throws `NOT_PERMITTED`. */
export function dropDarwinPrivileges(privileges: DarwinPrivileges, { uid, gid }: PosixIds): void {
  const own = privileges.geteuid()
  if (own === 0) {
    try {
      // It also ends the look-up of further groups by Directory Services, which initgroups(3) would begin.
      privileges.setgroups([gid])
      privileges.setgid(gid)
      privileges.setuid(uid)
    } catch (cause) {
      throw new SuretyError('NOT_PERMITTED', `cannot become user ${uid}`, { cause })
    }
  } else if (own !== uid) {
    throw new SuretyError('NOT_PERMITTED', `user ${own} may not read the home of user ${uid}`)
  }
  verify(privileges, uid, own === 0 ? gid : undefined)
}

/** macOS shows no saved ids: whether one is left shows in an attempt to use it. */
function verify(privileges: DarwinPrivileges, uid: number, gid: number | undefined): void {
  const groups = privileges.getgroups()
  const faults = [
    privileges.getuid() === uid && privileges.geteuid() === uid ? [] : ['user'],
    gid === undefined || (privileges.getgid() === gid && privileges.getegid() === gid) ? [] : ['group'],
    gid === undefined || groups.every((group) => group === gid) ? [] : ['supplementary groups'],
  ].flat()
  if (faults.length > 0) throw new SuretyError('NOT_PERMITTED', `privileges were not given up: ${faults.join(', ')}`)
  if (uid !== 0 && (succeeds(() => privileges.setuid(0)) || succeeds(() => privileges.seteuid(0)))) {
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
