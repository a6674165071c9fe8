import { type ErrorCode, SuretyError } from '../../../base/errors.ts'
import type { Distrust } from '../own-rights.ts'
import { ownRights } from '../this-system.ts'

/**
 * Refuses a file to be run in this process that another user could have written: it must belong to root or to us, and
 * only its owner may write it.
 *
 * @throws `code`, naming the file and what to change.
 */
export function requireTrustedCode(path: string, code: ErrorCode): void {
  refuse(path, code, ownRights().distrust(path, { privateGroups: false }))
}

/**
 * The same for a file of this program. In a checkout the private group of its owner may write it too, as a clone under
 * umask 002 has it.
 *
 * @throws `code`, naming the file and what to change.
 */
export function requireTrustedProgramFile(path: string, code: ErrorCode): void {
  refuse(path, code, distrustOfProgramFile(path))
}

/** The sources are run from a checkout only; what is installed is a bundle. */
const IS_CHECKOUT = import.meta.filename.endsWith('.ts')

/** As `requireTrustedProgramFile`, for a caller with a remedy of its own; undefined when the file is trusted. */
export function distrustOfProgramFile(path: string): Distrust | undefined {
  return ownRights().distrust(path, { privateGroups: IS_CHECKOUT })
}

function refuse(path: string, code: ErrorCode, distrust: Distrust | undefined): void {
  if (distrust === undefined) return
  const remedy = distrust.because === 'mode' ? `: ${ownRights().remedy(path, 'write')}` : ''
  throw new SuretyError(code, `${distrust.words}${remedy}`)
}
