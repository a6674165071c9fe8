import { lstatSync } from 'node:fs'
import { SuretyError } from '../base/errors.ts'
import { errnoOf } from './file-errors.ts'

const WRITABLE_BY_OTHERS = 0o022

/**
 * Refuses a folder in which another user could swap our files: it must be a real directory, belong to root or to us,
 * and be writable by nobody else.
 *
 * @throws `STORE_FAILED`, saying what to change.
 */
export function requirePrivateFolder(path: string): void {
  const shown = JSON.stringify(path)
  let stat: ReturnType<typeof lstatSync>
  try {
    stat = lstatSync(path)
  } catch (cause) {
    throw new SuretyError('STORE_FAILED', `folder ${shown}: ${errnoOf(cause) ?? 'unreadable'}`, { cause })
  }
  if (!stat.isDirectory()) throw new SuretyError('STORE_FAILED', `${shown} is not a directory`)
  if (stat.uid !== 0 && stat.uid !== process.geteuid?.()) {
    throw new SuretyError('STORE_FAILED', `folder ${shown} belongs to user ${stat.uid}, not to root or to us`)
  }
  if ((stat.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new SuretyError('STORE_FAILED', `folder ${shown} can be written by others: chmod go-w ${shown}`)
  }
}
