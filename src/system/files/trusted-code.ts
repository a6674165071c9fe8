import { type Stats, statSync } from 'node:fs'
import { type ErrorCode, SuretyError } from '../../base/errors.ts'
import { errnoOf } from './file-errors.ts'
import { isPrivateGroup } from './private-group.ts'

const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_ALL = 0o002

/**
 * Refuses a file to be run in this process that another user could have written: it must belong to root or to us, and
 * only its owner may write it.
 *
 * @throws `code`, naming the file and what to change.
 */
export function requireTrustedCode(path: string, code: ErrorCode): void {
  refuse(path, code, distrustOf(path, { privateGroups: false }))
}

/**
 * The same for a file of this program. In a checkout the private group of its owner may write it too, as a clone under
 * umask 002 has it.
 *
 * @throws `code`, naming the file and what to change.
 */
export function requireTrustedProgramFile(path: string, code: ErrorCode): void {
  refuse(path, code, distrustOf(path, { privateGroups: IS_CHECKOUT }))
}

/** The sources are run from a checkout only; what is installed is a bundle. */
const IS_CHECKOUT = import.meta.filename.endsWith('.ts')

/** Why a file is not trusted, with its path: `owner` when it belongs to another user, `mode` when others may write it. */
export interface Distrust {
  readonly because: 'owner' | 'mode' | 'unreadable'
  readonly words: string
}

/** As `requireTrustedProgramFile`, for a caller with a remedy of its own; undefined when the file is trusted. */
export function distrustOfProgramFile(path: string): Distrust | undefined {
  return distrustOf(path, { privateGroups: IS_CHECKOUT })
}

function distrustOf(path: string, { privateGroups }: { readonly privateGroups: boolean }): Distrust | undefined {
  const shown = JSON.stringify(path)
  let stat: Stats
  try {
    stat = statSync(path)
  } catch (cause) {
    return { because: 'unreadable', words: `${shown}: ${errnoOf(cause) ?? 'unreadable'}` }
  }
  const { uid, gid, mode } = stat
  const distrust = (because: Distrust['because'], why: string) => ({
    because,
    words: `${shown} is not safe from other users: ${why}`,
  })
  if (uid !== 0 && uid !== process.geteuid?.()) {
    return distrust('owner', `it belongs to user ${uid}, not to root or to us`)
  }
  const octal = (mode & 0o7777).toString(8)
  if ((mode & WRITABLE_BY_ALL) !== 0) return distrust('mode', `all users may write it (mode ${octal})`)
  if ((mode & WRITABLE_BY_GROUP) === 0 || (privateGroups && isPrivateGroup(gid, uid))) return undefined
  return distrust('mode', `group ${gid} may write it (mode ${octal})`)
}

function refuse(path: string, code: ErrorCode, distrust: Distrust | undefined): void {
  if (distrust === undefined) return
  const remedy = distrust.because === 'mode' ? `: chmod go-w ${JSON.stringify(path)}` : ''
  throw new SuretyError(code, `${distrust.words}${remedy}`)
}
