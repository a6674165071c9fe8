import { readFileSync } from 'node:fs'
import { SuretyError } from '../../base/errors.ts'
import type { LocalUser, PosixIds } from '../users/users.ts'

/** What dropping privileges needs of the process. */
export interface ProcessPrivileges {
  geteuid(): number
  setgroups(groups: readonly number[]): void
  setgid(gid: number): void
  setuid(uid: number): void
  /** /proc/self/status */
  status(): string
}

/**
 * Becomes `user` irreversibly: sets supplementary groups, group and user, in this order, then verifies with the kernel. For root's
 * home, root stays root. Any other user may only stay the same.
 *
 * @throws `NOT_PERMITTED` if this process is not the user afterwards; the caller must then read nothing.
 */
export function becomeLinuxUser({ id, posix }: Pick<LocalUser, 'id' | 'posix'>): void {
  if (posix === undefined || String(posix.uid) !== id) {
    throw new SuretyError('NOT_PERMITTED', `user ${id} has no numeric id to change to`)
  }
  const { geteuid, setgroups, setgid, setuid } = process
  if (geteuid === undefined || setgroups === undefined || setgid === undefined || setuid === undefined) {
    throw new SuretyError('NOT_SUPPORTED', 'this system has no numeric user ids')
  }
  dropPrivileges(
    {
      geteuid: () => geteuid(),
      setgroups: (groups) => setgroups(groups),
      setgid: (gid) => setgid(gid),
      setuid: (uid) => setuid(uid),
      status: () => readFileSync('/proc/self/status', 'utf8'),
    },
    posix,
  )
}

/** `becomeLinuxUser` on the given process. @throws `NOT_PERMITTED`. */
export function dropPrivileges(privileges: ProcessPrivileges, { uid, gid }: PosixIds): void {
  const own = privileges.geteuid()
  if (own === 0) {
    try {
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

/** Real, effective, saved and file system ids must all be those asked for, and no capability may be left. */
function verify(privileges: ProcessPrivileges, uid: number, gid: number | undefined): void {
  const status = privileges.status()
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim()
  const all = (value: string | undefined, id: number) => value?.split(/\s+/).join() === [id, id, id, id].join()
  const faults = [
    all(field('Uid'), uid) ? [] : ['user'],
    gid === undefined || all(field('Gid'), gid) ? [] : ['group'],
    gid === undefined || field('Groups') === String(gid) ? [] : ['supplementary groups'],
    uid === 0 || ['CapPrm', 'CapEff'].every((name) => /^0+$/.test(field(name) ?? '')) ? [] : ['capabilities'],
  ].flat()
  if (faults.length > 0) throw new SuretyError('NOT_PERMITTED', `privileges were not given up: ${faults.join(', ')}`)
  if (uid !== 0 && canRegainRoot(privileges)) {
    throw new SuretyError('NOT_PERMITTED', 'privileges were not given up: root can be regained')
  }
}

function canRegainRoot(privileges: ProcessPrivileges): boolean {
  try {
    privileges.setuid(0)
    return true
  } catch {
    return false
  }
}
