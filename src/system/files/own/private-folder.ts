import { lstatSync, type Stats } from 'node:fs'
import { sep } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'
import type { FolderOptions } from '../own-rights.ts'
import { ownRights } from '../this-system.ts'

/**
 * Refuses a folder in which another user could replace our files. It must be a real directory, belong to root or to us,
 * and not be writable by others.
 *
 * @throws `STORE_FAILED`, saying what to change.
 */
export function requirePrivateFolder(path: string, options: FolderOptions = {}): void {
  const shown = JSON.stringify(path)
  const plain = withoutTrailing(path)
  const stat = statOf(plain)
  if (!stat.isDirectory()) throw new SuretyError('STORE_FAILED', `${shown} is not a directory`)
  const rights = ownRights()
  const { isOurs, owner, canOthersWrite } = rights.of(plain, stat, options)
  if (!isOurs) {
    const message = `folder ${shown} belongs to user ${owner}, not to ${rights.privileged} or to us`
    throw new SuretyError('STORE_FAILED', message)
  }
  if (canOthersWrite) {
    throw new SuretyError(
      'STORE_FAILED',
      `folder ${shown} can be written by others: ${rights.remedy(path, 'write', shown)}`,
    )
  }
}

/**
 * Refuses a path below a folder in which other users can rename what is ours, and so put another in its place. In a
 * sticky folder only the owner of an entry can. A folder that belongs to another user passes: who tells root to work
 * below a home trusts its owner.
 *
 * @param path need not exist, nor the folders above it.
 * @param name of what lies at `path`, for messages: `state folder`.
 * @throws `STORE_FAILED`, saying what to change.
 */
export function requireClosedParents(path: string, name: string, options: FolderOptions = {}): void {
  const rights = ownRights()
  for (const folder of rights.foldersAbove(path, name)) {
    if (!rights.canOthersReplaceIn(folder, statOf(folder), options)) continue
    const shown = JSON.stringify(folder)
    const message = `folder ${shown} above the ${name} can be written by others: ${rights.remedy(folder, 'write')}`
    throw new SuretyError('STORE_FAILED', message)
  }
}

/** A slash or dot at the end would have the kernel follow a link there. */
export function withoutTrailing(path: string): string {
  return path.replace(sep === '\\' ? /(?<=[^:])([\\/]\.?)+$/ : /(?<=.)(\/\.?)+$/, '')
}

function statOf(path: string): Stats {
  try {
    return lstatSync(path)
  } catch (cause) {
    const message = `folder ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'unreadable'}`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}
