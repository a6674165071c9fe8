import { constants } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Folders of our own whose names are on disk: until then, all that is written below them can be lost with them. */

/**
 * Makes a folder and what is missing above it, and syncs each name it made.
 *
 * @param options.mode of each, less the umask.
 * @throws the system's error.
 */
export async function makeFolderDurably(path: string, options: { mode: number }): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: options.mode })
  if (first === undefined) return
  const above = dirname(resolve(first))
  for (let folder = resolve(path); folder !== above; ) {
    folder = dirname(folder)
    await syncFolder(folder)
  }
}

/** Puts the names in a folder on disk. */
export async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync()
}
