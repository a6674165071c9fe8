import { lstatSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { SuretyError } from '../base/errors.ts'
import { fileError } from '../system/files/file-errors.ts'
import { readIfPresent } from '../system/files/own/durable-file.ts'
import { requirePrivateFolder } from '../system/files/own/private-folder.ts'
import { ownRights } from '../system/files/this-system.ts'

/** A file that only root could have placed, below folders of which the same is true. Nothing on the way is a link. */
export interface TrustedPlace {
  readonly path: string
  /** Absent when there is no file. */
  readonly bytes?: Uint8Array
  readonly mode?: number
  /** Folders on the way that are not there, the outermost first. */
  readonly missingFolders: readonly string[]
}

export const MAX_FILE_BYTES = 1024 * 1024

/**
 * @param root the folder that stands for `/`.
 * @param path absolute, below it.
 * @throws `FILE_IS_LINK`, `FILE_NOT_REGULAR`, `FILE_TOO_LARGE`, `FILE_UNREADABLE`; `STORE_FAILED` when another user owns it or can write to it.
 */
export async function readTrustedPlace(root: string, path: string): Promise<TrustedPlace> {
  const whole = join(root, path)
  const missingFolders = missingAbove(root, path)
  const stat = missingFolders.length > 0 ? undefined : lstatOf(whole)
  if (stat === undefined) return { path: whole, missingFolders }
  requireTrustedFile(whole, stat)
  const bytes = await readIfPresent(whole, { maxBytes: MAX_FILE_BYTES })
  return bytes === undefined
    ? { path: whole, missingFolders }
    : { path: whole, bytes, mode: stat.mode & 0o777, missingFolders }
}

/** @throws as `readTrustedPlace`; `FILE_ABSENT`. */
export function requireTrustedProgram(root: string, path: string): void {
  const whole = join(root, path)
  const stat = missingAbove(root, path).length > 0 ? undefined : lstatOf(whole)
  if (stat === undefined) {
    const message = `${JSON.stringify(whole)} is not there, and clients would refuse every act without it: install the package surety first`
    throw new SuretyError('FILE_ABSENT', message)
  }
  requireTrustedFile(whole, stat)
  if ((stat.mode & 0o111) !== 0o111) {
    throw new SuretyError(
      'STORE_FAILED',
      `users cannot start ${JSON.stringify(whole)}: install the package surety again`,
    )
  }
}

/** @returns what is not there of the folders above. @throws as `readTrustedPlace`. */
export function missingAbove(root: string, path: string): readonly string[] {
  const names = dirname(path)
    .split('/')
    .filter((name) => name !== '')
  const folders = names.map((_, at) => join(root, ...names.slice(0, at + 1)))
  for (const [at, folder] of [join(root, '/'), ...folders].entries()) {
    const stat = lstatOf(folder)
    if (stat === undefined) return folders.slice(at - 1)
    if (stat.isSymbolicLink()) throw isLink(folder)
    requirePrivateFolder(folder)
  }
  return []
}

function requireTrustedFile(path: string, stat: Stats): void {
  const shown = JSON.stringify(path)
  if (stat.isSymbolicLink()) throw isLink(path)
  if (!stat.isFile()) throw new SuretyError('FILE_NOT_REGULAR', `${shown} is not a regular file`)
  const rights = ownRights()
  const { isOurs, owner, canOthersWrite } = rights.of(path, stat)
  if (!isOurs)
    throw new SuretyError('STORE_FAILED', `${shown} belongs to user ${owner}, not to ${rights.privileged} or to us`)
  if (canOthersWrite) {
    throw new SuretyError('STORE_FAILED', `${shown} can be written by others: ${rights.remedy(path, 'write')}`)
  }
}

function isLink(path: string): SuretyError {
  return new SuretyError(
    'FILE_IS_LINK',
    `${JSON.stringify(path)} is a link, which is not followed: put the file itself there`,
  )
}

function lstatOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    throw fileError(cause, path)
  }
}
