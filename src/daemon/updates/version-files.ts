import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { fromUtf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { type Release, type ReleaseFile, releaseReader, UPDATE_LIMITS } from '../../protocol/updates.ts'
import { readIfPresent } from '../../system/files/own/durable-file.ts'

/** The files of a version as they lie on this device. */

export const RELEASE_FILE = 'release.json'

/**
 * Compares every file of a version with its release, and the release with its hash.
 *
 * @throws `UPDATE_DAMAGED`, naming the file.
 */
export async function verifyVersion(folder: string, releaseHash: string): Promise<Release> {
  const bytes = await readIfPresent(join(folder, RELEASE_FILE), { maxBytes: UPDATE_LIMITS.releaseBytes }).catch(() => {
    return undefined
  })
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== releaseHash) {
    throw new SuretyError('UPDATE_DAMAGED', `${JSON.stringify(join(folder, RELEASE_FILE))} is not what was downloaded`)
  }
  const release = releaseReader.readJson(fromUtf8(bytes))
  for (const file of release.files) await requireFile(join(folder, file.path), file)
  return release
}

/** @throws `UPDATE_DAMAGED`. */
export async function requireFile(path: string, file: ReleaseFile): Promise<void> {
  if (!(await isFile(path, file))) {
    throw new SuretyError('UPDATE_DAMAGED', `${JSON.stringify(path)} is not what its release names`)
  }
}

/** Whether a regular file of this size and hash lies there. Whether it may be executed is not compared. */
export async function isFile(path: string, { sha256, bytes }: ReleaseFile): Promise<boolean> {
  try {
    const stat = await lstat(path)
    if (!stat.isFile() || stat.size !== bytes) return false
    const digest = createHash('sha256')
    for await (const chunk of createReadStream(path)) digest.update(chunk)
    return digest.digest('hex') === sha256
  } catch {
    return false
  }
}
