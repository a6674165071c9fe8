import { chmod, lstat, readdir } from 'node:fs/promises'
import { SuretyError } from '../../base/errors.ts'
import { makeFolderDurably } from '../../system/durable-folder.ts'
import { requirePrivateFolder } from '../../system/private-folder.ts'

const OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022

/**
 * Makes the state folder, or takes the one that is there if nobody else could have placed anything in it. Permissions
 * that only let others read are tightened.
 *
 * @returns whether they had to be.
 * @throws `STORE_FAILED` when it is a link or no folder, belongs to somebody else, or others could write into it.
 */
export async function prepareStateFolder(path: string): Promise<{ readonly tightened: boolean }> {
  await makeFolder(path)
  const stat = await lstat(path)
  const open = (stat.mode & OTHERS) !== 0
  const writable = (stat.mode & WRITABLE_BY_OTHERS) !== 0
  if (writable && stat.isDirectory() && isOurs(stat.uid) && (await readdir(path)).length === 0) await chmod(path, 0o700)
  requirePrivateFolder(path)
  if (open) await chmod(path, 0o700)
  return { tightened: open }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolderDurably(path, { mode: 0o700 })
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `cannot make the state folder ${JSON.stringify(path)}`, { cause })
  }
}

function isOurs(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.()
}
