import { Buffer } from 'node:buffer'
import { SuretyError } from '../../base/errors.ts'
import { type FileReader, filesAt } from '../files/files.ts'
import type { ForeignMount } from './local-mounts.ts'
import { parseMountLines } from './mountinfo.ts'

/**
 * File systems that a person's own program answers: FUSE, mounted with no right of root's (`user_id` of mount.fuse(8), which
 * the kernel tells). Whoever touches one waits for as long as that program likes.
 */
export function personsMounts(mountinfo: Uint8Array): readonly ForeignMount[] {
  // Byte by byte: a name need not be UTF-8.
  return parseMountLines(Buffer.from(mountinfo).toString('latin1'))
    .filter(({ type, options }) => /^fuse(\.|$)/.test(type) && /(?:^|,)user_id=[1-9]/.test(options))
    .map(({ place, type }) => ({ place: Buffer.from(place, 'latin1').toString('utf8'), type }))
}

/** As `files`, and nothing on these mounts is touched: `FILE_UNREADABLE` says on which it lies. */
export function filesApartFrom(mounts: readonly ForeignMount[], files: FileReader): FileReader {
  if (mounts.length === 0) return files
  return filesAt(files, (path) => {
    const mount = mountUnder(mounts, path)
    if (mount === undefined) return path
    const place = JSON.stringify(mount.place)
    throw new SuretyError(
      'FILE_UNREADABLE',
      `a person's own program answers for ${mount.type} at ${place}, or never does`,
    )
  })
}

/** On which of them `path` lies, by its name alone. */
export function mountUnder(mounts: readonly ForeignMount[], path: string): ForeignMount | undefined {
  return mounts.find(({ place }) => path === place || path.startsWith(`${place}/`))
}
