import { SuretyError } from '../base/errors.ts'
import type { PosixIds } from '../system/users/users.ts'

/** The part of `process` and of the kernel's view of it that giving up privileges needs. */
export interface Privileges {
  geteuid(): number
  setgroups(groups: readonly number[]): void
  setgid(gid: number): void
  setuid(uid: number): void
  /** /proc/self/status */
  status(): string
}

/**
 * Becomes `uid` for good: groups, group, user, in this order, then checked with the kernel. Root reading root's own home
 * stays root; anybody else may only read their own.
 *
 * @throws `NOT_PERMITTED` when we are not who we were asked to be; nothing may be read then.
 */
export function dropPrivileges(privileges: Privileges, { uid, gid }: PosixIds): void {
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
function verify(privileges: Privileges, uid: number, gid: number | undefined): void {
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

function canRegainRoot(privileges: Privileges): boolean {
  try {
    privileges.setuid(0)
    return true
  } catch {
    return false
  }
}
