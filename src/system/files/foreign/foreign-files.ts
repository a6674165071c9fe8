import { lstatSync, type Stats } from 'node:fs'
import { SuretyError } from '../../../base/errors.ts'
import { errnoOf } from '../file-errors.ts'
import type { DirectoryEntry, FileMark } from '../files.ts'

/** What the readers of foreign files of all systems share. */

/** See `FileMark`. Links on the way are followed, because nothing is opened; the mark of a link ends with ` link`. */
export function readMark(path: string): FileMark | 'absent' | undefined {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false })
    if (stat === undefined) return 'absent'
    const { dev, ino, size, mode, mtimeNs, ctimeNs } = stat
    const mark = `${dev} ${ino} ${size} ${mode} ${mtimeNs} ${ctimeNs}${stat.isSymbolicLink() ? ' link' : ''}`
    return { mark, changedAtMs: Number(ctimeNs / 1_000_000n) }
  } catch (error) {
    return errnoOf(error) === 'ENOTDIR' ? 'absent' : undefined
  }
}

export function unlessAbsent<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch (error) {
    if (error instanceof SuretyError && error.code === 'FILE_ABSENT') return undefined
    throw error
  }
}

/** As UTF-8, without a byte order mark; ill-formed sequences are replaced. */
export function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('utf8')
    .replace(/^\ufeff/, '')
}

export function tooLarge(path: string, limit: string): SuretyError {
  return new SuretyError('FILE_TOO_LARGE', `${JSON.stringify(path)} has more than ${limit}`)
}

/** Refuses what is not of the kind that is to be read. @throws `FILE_IS_LINK`, `FILE_NOT_REGULAR`. */
export function requireKind(kind: DirectoryEntry['kind'], wanted: 'file' | 'directory', path: string): void {
  if (kind === wanted) return
  if (kind === 'link') throw new SuretyError('FILE_IS_LINK', `${JSON.stringify(path)} is a link`)
  const what = wanted === 'file' ? 'a regular file' : 'a directory'
  throw new SuretyError('FILE_NOT_REGULAR', `${JSON.stringify(path)} is not ${what}`)
}

export function kindOf(node: Pick<Stats, 'isFile' | 'isDirectory' | 'isSymbolicLink'>): DirectoryEntry['kind'] {
  if (node.isFile()) return 'file'
  if (node.isDirectory()) return 'directory'
  return node.isSymbolicLink() ? 'link' : 'other'
}
