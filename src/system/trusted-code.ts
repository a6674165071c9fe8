import { statSync } from 'node:fs'
import { type ErrorCode, SuretyError } from '../base/errors.ts'
import { errnoOf } from './file-errors.ts'

const WRITABLE_BY_OTHERS = 0o022

/**
 * Code that is to run in this process must be nobody else's: the file belongs to root or to us, and only its owner may
 * write it.
 *
 * @throws `code`, naming the file.
 */
export function requireTrustedCode(path: string, code: ErrorCode): void {
  const shown = JSON.stringify(path)
  let stat: ReturnType<typeof statSync>
  try {
    stat = statSync(path)
  } catch (cause) {
    throw new SuretyError(code, `${shown}: ${errnoOf(cause) ?? 'unreadable'}`, { cause })
  }
  const ours = stat.uid === 0 || stat.uid === process.geteuid?.()
  if (!ours || (stat.mode & WRITABLE_BY_OTHERS) !== 0) {
    throw new SuretyError(code, `${shown} could have been written by another user`)
  }
}
