import { lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'
import { syncFolder } from './durable-folder.ts'

/**
 * Writes a folder where there was nothing: whole, or not at all.
 *
 * @param files by names with forward slashes, below the folder.
 * @throws `CONFLICT` when something is there; `STORE_FAILED`.
 */
export function newFolder(
  path: string,
  files: readonly { readonly name: string; readonly text: string }[],
): Promise<void> {
  return filledFolder(path, async (folder) => {
    for (const { name, text } of files) {
      const file = join(folder, ...name.split('/'))
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text, { flag: 'wx' })
    }
  })
}

/**
 * As `newFolder`, for what is too large to hold.
 *
 * @param fill writes below the folder that it is given, which gets its name afterwards.
 * @throws also what `fill` throws with a code.
 */
export async function filledFolder<T>(path: string, fill: (folder: string) => Promise<T>): Promise<T> {
  const shown = JSON.stringify(path)
  const conflict = () =>
    new SuretyError('CONFLICT', `${shown} exists already, and is not overwritten: give another name`)
  if (await exists(path)) throw conflict()
  let made: string | undefined
  try {
    made = await mkdtemp(`${path}.new-`)
    // mkdtemp gives it to its owner alone.
    const whole = join(made, 'folder')
    await mkdir(whole)
    const filled = await fill(whole)
    await rename(whole, path)
    await syncFolder(dirname(path))
    return filled
  } catch (cause) {
    if (cause instanceof SuretyError) throw cause
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(errnoOf(cause) ?? '') && (await exists(path))) throw conflict()
    throw new SuretyError('STORE_FAILED', `cannot write ${shown}: ${errnoOf(cause) ?? 'failed'}`, { cause })
  } finally {
    if (made !== undefined) await rm(made, { recursive: true, force: true })
  }
}

async function exists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  )
}
