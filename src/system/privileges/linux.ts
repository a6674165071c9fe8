import { readFileSync } from 'node:fs'
import type { LocalUser, PosixIds } from '../users/users.ts'
import { type ExpectedIds, ownPrivileges, type PosixPrivileges, posixIdsOf, requireGivenUp, setIds } from './posix.ts'

/** What dropping privileges needs of the process. */
export interface ProcessPrivileges extends PosixPrivileges {
  /** /proc/self/status */
  status(): string
}

/**
 * Becomes `user` irreversibly, then verifies with the kernel.
 *
 * @throws `NOT_PERMITTED` if this process is not the user afterwards; the caller must then read nothing.
 */
export function becomeLinuxUser(user: Pick<LocalUser, 'id' | 'posix'>): void {
  const ids = posixIdsOf(user)
  dropPrivileges({ ...ownPrivileges(), status: () => readFileSync('/proc/self/status', 'utf8') }, ids)
}

/** `becomeLinuxUser` on the given process. @throws `NOT_PERMITTED`. */
export function dropPrivileges(privileges: ProcessPrivileges, ids: PosixIds): void {
  verify(privileges, setIds(privileges, ids))
}

/** Real, effective, saved and file system ids must all be those asked for, and no capability may be left. */
function verify(privileges: ProcessPrivileges, { uid, gid }: ExpectedIds): void {
  const status = privileges.status()
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim()
  const all = (value: string | undefined, id: number) => value?.split(/\s+/).join() === [id, id, id, id].join()
  const faults = [
    all(field('Uid'), uid) ? [] : ['user'],
    gid === undefined || all(field('Gid'), gid) ? [] : ['group'],
    gid === undefined || field('Groups') === String(gid) ? [] : ['supplementary groups'],
    uid === 0 || ['CapPrm', 'CapEff'].every((name) => /^0+$/.test(field(name) ?? '')) ? [] : ['capabilities'],
  ].flat()
  requireGivenUp(uid, faults, [() => privileges.setuid(0)])
}
