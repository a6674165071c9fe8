import { readdirSync, readFileSync, rmdirSync } from 'node:fs'

/** Folders and files of cgroups. Any of them may go at any moment. */

/** @returns their names; none where the folder is gone. */
export function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []))
  } catch {
    return []
  }
}

/** Small files of the kernel: they are there whole, or not at all. @returns '' where it is gone. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Does nothing while it holds processes or folders. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // It holds something, or another call has removed it.
  }
}
