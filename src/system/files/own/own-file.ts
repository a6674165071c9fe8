import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs'
import { SuretyError } from '../../../base/errors.ts'
import type { OwnStats } from '../own-rights.ts'
import { ownRights } from '../this-system.ts'

export interface OwnFileOptions {
  /** A hard link is refused unless this is set: another user may have linked a file of root's for us to write into. */
  readonly mayHaveSecondName?: boolean
}

/**
 * Refuses what another user placed, can write to, or may have linked from elsewhere. Links pass: the program that opens
 * one refuses it. Sockets pass, because other users write to them on purpose.
 *
 * @param stat of `path` itself, no link followed.
 * @throws `STORE_FAILED`, saying what to do.
 */
export function requireOwnEntry(path: string, stat: OwnStats, options: OwnFileOptions = {}): void {
  const shown = JSON.stringify(path)
  const rights = ownRights()
  const { isOurs, owner, canOthersWrite } = rights.of(path, stat)
  if (!isOurs) {
    throw new SuretyError('STORE_FAILED', `${shown} belongs to user ${owner}, who placed it there: remove it`)
  }
  if (!stat.isDirectory() && stat.nlink > 1 && options.mayHaveSecondName !== true) {
    const message = `${shown} has another name elsewhere, by a hard link: copy it in place of linking it`
    throw new SuretyError('STORE_FAILED', message)
  }
  if (stat.isSymbolicLink() || stat.isSocket() || !canOthersWrite) return
  const replace = stat.isDirectory() ? '' : 'put a copy in its place, for programs may still have it open, and '
  const remedy = `remove it, or if what it holds is yours ${replace}run ${rights.remedy(path, 'write')}`
  throw new SuretyError('STORE_FAILED', `${shown} can be written by others, and may hold what is theirs: ${remedy}`)
}

/** As `requireOwnEntry`, for a regular file. @throws `STORE_FAILED`. */
export function requireOwnFile(path: string, stat: OwnStats, options: OwnFileOptions = {}): void {
  requireOwnEntry(path, stat, options)
  if (stat.isFile()) return
  const what = stat.isSymbolicLink() ? 'is a link, which is not followed' : 'is not a regular file'
  throw new SuretyError('STORE_FAILED', `${JSON.stringify(path)} ${what}: remove it`)
}

/** Empties a file without replacing it: locks on it stay. @throws `STORE_FAILED`, or the system's error. */
export function emptyOwnFile(path: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    requireOwnFile(path, fstatSync(fd))
    ftruncateSync(fd)
  } finally {
    closeSync(fd)
  }
}
