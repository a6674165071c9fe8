import { constants } from 'node:fs'
import { lstat, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'
import { ownRights } from '../this-system.ts'
import { makeFolderDurably } from './durable-folder.ts'
import { requireOwnEntry } from './own-file.ts'
import { requireClosedParents, requirePrivateFolder, withoutTrailing } from './private-folder.ts'

/** Folders whose content a program trusts: another user may have been there before it. */

export interface PrivateFolder {
  /** What messages call it: `state folder`. */
  readonly name: string
  /** How many levels of folders below it are looked through too. */
  readonly depth: number
  /** What others can only read is closed to them, or left to the program that reads it to refuse. */
  readonly readable: 'closed' | 'left'
  /** An empty folder that others can write to is closed to them and taken; else it is refused like any other. */
  readonly takesEmpty?: boolean
  /** What a person can do where it cannot be made. */
  readonly hint?: string
}

/**
 * Makes a folder for one program alone, mode 0700, or takes the one that is there if no other user can have placed,
 * written or linked anything in it, or can put another in its place. A folder that others can only read is closed to
 * them.
 *
 * @returns whether anything was open to others before.
 * @throws `STORE_FAILED`, saying what to do.
 */
export async function preparePrivateFolder(
  named: string,
  init: PrivateFolder,
): Promise<{ readonly tightened: boolean }> {
  const path = withoutTrailing(named)
  requireClosedParents(path, init.name)
  await makeFolder(path, init)
  const wasOpen = await closeFolder(path, init)
  return { tightened: (await requireOwnEntries(path, init)) || wasOpen }
}

/**
 * Refuses a folder of which another user could have changed what we read there. Others may read it, and nothing is made
 * or changed.
 *
 * @throws `STORE_FAILED`, saying what to do.
 */
export async function requireTrustedFolder(path: string, init: Pick<PrivateFolder, 'name' | 'depth'>): Promise<void> {
  requireClosedParents(path, init.name)
  requirePrivateFolder(path)
  await requireOwnEntries(path, { ...init, readable: 'left', mayHaveSecondName: true })
}

async function makeFolder(path: string, { name, hint }: PrivateFolder): Promise<void> {
  try {
    await makeFolderDurably(path, { mode: 0o700 })
  } catch (cause) {
    const advice = hint === undefined ? '' : `; ${hint}`
    const message = `cannot make the ${name} ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}${advice}`
    throw new SuretyError('STORE_FAILED', message, { cause })
  }
}

/** By its descriptor, so that it is this very folder that is looked at and changed. @returns whether it was open. */
async function closeFolder(path: string, { takesEmpty = false }: PrivateFolder): Promise<boolean> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const opened = await open(path, flags).catch((cause: unknown) => {
    requirePrivateFolder(path)
    throw failed('open', path, cause)
  })
  await using folder = opened
  const stat = await folder.stat()
  const { isClosed, isOurs, canOthersWrite } = ownRights().of(path, stat)
  if (isClosed || !isOurs) {
    requirePrivateFolder(path)
    return false
  }
  if (canOthersWrite && !(takesEmpty && (await readdir(path)).length === 0)) requirePrivateFolder(path)
  await ownRights()
    .close(path, stat, folder)
    .catch((cause: unknown) => {
      throw failed('close', path, cause)
    })
  // Nothing can be placed from here on, and what was placed until now is seen when its content is looked through.
  requirePrivateFolder(path)
  return true
}

/** @returns whether something was open to others. @throws `STORE_FAILED`. */
async function requireOwnEntries(
  folder: string,
  init: Pick<PrivateFolder, 'depth' | 'readable'> & { readonly mayHaveSecondName?: boolean },
): Promise<boolean> {
  let wasOpen = false
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    try {
      const stat = await lstat(path)
      requireOwnEntry(path, stat, init)
      if (stat.isSymbolicLink() || stat.isSocket()) continue
      if (init.depth > 0 && stat.isDirectory()) {
        wasOpen = (await requireOwnEntries(path, { ...init, depth: init.depth - 1 })) || wasOpen
      }
      if (init.readable === 'left' || ownRights().of(path, stat).isClosed) continue
      await ownRights().close(path, stat)
      wasOpen = true
    } catch (cause) {
      // Another process of ours may be at work there: a second server on one folder is refused later.
      if (errnoOf(cause) === 'ENOENT') continue
      throw cause instanceof SuretyError ? cause : failed('look at', path, cause)
    }
  }
  return wasOpen
}

function failed(what: string, path: string, cause: unknown): SuretyError {
  const message = `cannot ${what} ${JSON.stringify(path)}: ${errnoOf(cause) ?? 'failed'}`
  return new SuretyError('STORE_FAILED', message, { cause })
}
