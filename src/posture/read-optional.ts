import { codeOf } from '../base/errors.ts'
import type { DirectoryEntry, TrustedFileReader } from '../system/files/files.ts'

/** Enough for any attribute in /sys and any list in /proc that a check reads. Bytes. */
const KERNEL_FILE_BYTES = 256 * 1024
const MOST_ENTRIES = 10_000

/** The text of a file that may be absent. @throws as `TrustedFileReader.readText`, but for `FILE_ABSENT`. */
export async function readOptional(
  files: TrustedFileReader,
  path: string,
  maxBytes = KERNEL_FILE_BYTES,
): Promise<string | undefined> {
  return absentAsUndefined(files.readText(path, { maxBytes }))
}

/** The entries of a directory that may be absent. @throws as `TrustedFileReader.list`, but for `FILE_ABSENT`. */
export async function listOptional(
  files: TrustedFileReader,
  path: string,
): Promise<readonly DirectoryEntry[] | undefined> {
  return absentAsUndefined(files.list(path, { maxEntries: MOST_ENTRIES }))
}

/** What is read of a place that may be absent. */
export async function absentAsUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}
