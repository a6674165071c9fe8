import { SuretyError } from '../../base/errors.ts'
import { type FileReader, filesAt } from '../files/files.ts'
import type { ForeignMount } from './mounts.ts'

/** Reads as `files` does, but throws `FILE_UNREADABLE` for a path on one of these mounts, and names the mount. */
export function filesOutsideMounts(mounts: readonly ForeignMount[], files: FileReader): FileReader {
  if (mounts.length === 0) return files
  return filesAt(files, (path) => {
    const mount = mountHolding(mounts, path)
    if (mount === undefined) return path
    const point = JSON.stringify(mount.mountPoint)
    throw new SuretyError(
      'FILE_UNREADABLE',
      `a user's own program serves ${mount.type} at ${point}, and may not answer`,
    )
  })
}

/** The mount that `path` lies on, by its name alone. */
export function mountHolding(mounts: readonly ForeignMount[], path: string): ForeignMount | undefined {
  return mounts.find(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint}/`))
}
