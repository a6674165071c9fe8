import { errnoOf } from './file-errors.ts'

/** Of the system: no room, a broken or read-only disk, too little memory, too many descriptors. */
const ERRNOS = ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'ESTALE']
/** Of SQLite, low byte: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL. */
const SQLITE_CODES = [5, 6, 7, 8, 10, 13, 14, 15]

/**
 * Is this a fault of the disk or the machine that can be over the next time? Damage is not, nor is a folder that others
 * can write to.
 */
export function isPassingFault(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; Error.isError(at) && depth < 5; at = at.cause, depth++) {
    const errno = errnoOf(at)
    if (errno !== undefined && ERRNOS.includes(errno)) return true
    if (SQLITE_CODES.includes(sqliteCodeOf(at) ?? -1)) return true
  }
  return false
}

/** The primary result code of sqlite3.h, where `error` is SQLite's. By shape: it comes from Node's own realm. */
export function sqliteCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
