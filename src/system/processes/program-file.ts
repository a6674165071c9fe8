import { statSync } from 'node:fs'
import type { ProgramFile } from './process-table.ts'

/** Where only root puts programs. */
const SYSTEM_FOLDERS = /^\/(usr|opt)\//

/**
 * Whether this is root's file and lies at this path of the system as we see it. A process says nothing of that: in a mount namespace
 * of their own, users give any file any path.
 */
export function isRootsProgram(path: string, { device, inode }: ProgramFile): boolean {
  if (!SYSTEM_FOLDERS.test(path)) return false
  try {
    const { dev, ino, uid } = statSync(path)
    return dev === device && ino === inode && uid === 0
  } catch {
    return false
  }
}
