import { lstatSync, type Stats } from 'node:fs'
import { posix } from 'node:path'
import type { LocalMounts } from '../mounts/mounts.ts'
import type { ProgramFile } from './process-table.ts'

export interface RootsProgramComponents {
  /** Undefined when the mounts are not known. */
  readonly mounts: LocalMounts | undefined
  /** Does not follow a link. @throws where nothing is. */
  readonly lstat?: (path: string) => Pick<Stats, 'dev' | 'ino' | 'uid' | 'mode' | 'isFile' | 'isDirectory'>
}

/** Where only root puts programs. */
const SYSTEM_FOLDERS = /^\/(usr|opt)\//
const WRITABLE_BY_OTHERS = 0o022

/**
 * Whether this is root's file and lies at this path of the system as we see it. What the process reports proves nothing: in a mount
 * namespace of their own, users give any file any path. So no link is followed, only root may write to any folder on the way, and
 * nothing is read from a mount that may keep us waiting.
 */
export function isRootsProgram(
  path: string,
  { device, inode }: ProgramFile,
  { mounts, lstat = lstatSync }: RootsProgramComponents,
): boolean {
  if (!SYSTEM_FOLDERS.test(path) || posix.normalize(path) !== path) return false
  if (mounts === undefined || mounts.onWayTo(path) !== undefined) return false
  try {
    for (const folder of foldersAbove(path)) {
      const found = lstat(folder)
      if (!found.isDirectory() || !isRootsOnly(found)) return false
    }
    const found = lstat(path)
    return found.isFile() && isRootsOnly(found) && found.dev === device && found.ino === inode
  } catch {
    return false
  }
}

/** From the root down: below a folder that others can change, nothing is asked. */
function foldersAbove(path: string): readonly string[] {
  const names = path.split('/').slice(1, -1)
  return ['/', ...names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`)]
}

function isRootsOnly({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  return uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0
}
