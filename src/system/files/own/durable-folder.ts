import { dirname, resolve } from 'node:path'
import { ownRights } from '../this-system.ts'

/** Folders of our own whose names are on disk: until then, all that is written below them can be lost with them. */

/**
 * Makes a folder and what is missing above it, and syncs each name it made.
 *
 * @param options.mode of each, less the umask.
 * @throws the system's error.
 */
export async function makeFolderDurably(path: string, options: { mode: number }): Promise<void> {
  const first = await ownRights().makeFolder(path, { ...options, recursive: true })
  if (first === undefined) return
  const above = dirname(resolve(first))
  for (let folder = resolve(path); folder !== above; ) {
    folder = dirname(folder)
    await syncFolder(folder)
  }
}

/** Puts the names in a folder on disk. */
export async function syncFolder(path: string): Promise<void> {
  await ownRights().syncFolder(path)
}
