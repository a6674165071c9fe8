import { lstatSync, realpathSync } from 'node:fs'
import { chmod, lstat, readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SuretyError } from '../../base/errors.ts'
import { makeFolderDurably } from '../../system/durable-folder.ts'
import { errnoOf } from '../../system/file-errors.ts'
import { requirePrivateFolder } from '../../system/private-folder.ts'

const OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_ALL = 0o002
const STICKY = 0o1000

/**
 * Makes the state folder, or takes the one that is there if nobody else could have placed anything in it. Permissions
 * that only let others read are tightened, of the folder and of what lies in it.
 *
 * @returns whether they had to be.
 * @throws `STORE_FAILED` when it is a link or no folder, belongs to somebody else, or others could write into it, could
 * put another in its place, or placed something in it.
 */
export async function prepareStateFolder(path: string): Promise<{ readonly tightened: boolean }> {
  await makeFolder(path)
  requireClosedParents(path)
  const stat = await lstat(path)
  const open = (stat.mode & OTHERS) !== 0
  const writable = (stat.mode & WRITABLE_BY_OTHERS) !== 0
  if (writable && stat.isDirectory() && isOurs(stat.uid) && (await readdir(path)).length === 0) await chmod(path, 0o700)
  requirePrivateFolder(path)
  if (open) await chmod(path, 0o700)
  const opened = await closeFiles(path)
  return { tightened: open || opened }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolderDurably(path, { mode: 0o700 })
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `cannot make the state folder ${JSON.stringify(path)}`, { cause })
  }
}

/** Whoever may rename a folder above ours can put another in its place; in a sticky one only its owner may. */
function requireClosedParents(path: string): void {
  for (const start of new Set([dirname(path), realParent(path)])) {
    for (let folder = start; ; folder = dirname(folder)) {
      const { mode, gid, uid } = lstatSync(folder)
      // A person's own folder with a group of their own is as it is on many systems; root's with another's group is open.
      const group = (mode & WRITABLE_BY_GROUP) !== 0 && uid === 0 && gid !== 0
      if ((mode & STICKY) === 0 && !isLink(folder) && ((mode & WRITABLE_BY_ALL) !== 0 || group)) {
        const shown = JSON.stringify(folder)
        throw new SuretyError(
          'STORE_FAILED',
          `folder ${shown} above the state folder can be written by others: chmod go-w ${shown}`,
        )
      }
      if (folder === dirname(folder)) break
    }
  }
}

function isLink(path: string): boolean {
  return lstatSync(path).isSymbolicLink()
}

function realParent(path: string): string {
  try {
    return realpathSync(dirname(path))
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `folder ${JSON.stringify(dirname(path))}: ${errnoOf(cause)}`, { cause })
  }
}

/**
 * @returns whether something was open to others.
 * @throws `STORE_FAILED` for what somebody else placed there, or could have written to.
 */
async function closeFiles(folder: string, depth = 1): Promise<boolean> {
  let opened = false
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const stat = await lstat(path)
    const shown = JSON.stringify(path)
    if (!isOurs(stat.uid)) {
      throw new SuretyError('STORE_FAILED', `${shown} belongs to user ${stat.uid}, who placed it there: remove it`)
    }
    // A link is for whoever opens it to refuse; a socket is written to by whoever asks.
    if (stat.isSymbolicLink() || stat.isSocket()) continue
    if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
      const remedy = 'remove it, or run chmod go-w if what it holds is yours'
      throw new SuretyError('STORE_FAILED', `${shown} can be written by others, and may hold what is theirs: ${remedy}`)
    }
    if (stat.isDirectory() && depth > 0 && (await closeFiles(path, depth - 1))) opened = true
    if ((stat.mode & OTHERS) === 0) continue
    await chmod(path, stat.mode & 0o700)
    opened = true
  }
  return opened
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
