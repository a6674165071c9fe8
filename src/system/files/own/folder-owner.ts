import { readFileSync, statSync } from 'node:fs'
import { parsePasswd } from '../account-files.ts'

/**
 * The user to whom a file or folder belongs, if that is not the user of this process: a name of /etc/passwd, else a number.
 * Undefined where there is no such file, and on systems without user ids.
 */
export function otherOwner(path: string): string | undefined {
  const own = process.geteuid?.()
  const owner = statSync(path, { throwIfNoEntry: false })?.uid
  if (own === undefined || owner === undefined || owner === own) return undefined
  return nameOf(owner) ?? String(owner)
}

function nameOf(uid: number): string | undefined {
  try {
    return parsePasswd(readFileSync('/etc/passwd', 'utf8')).accounts.find((account) => account.uid === uid)?.name
  } catch {
    return undefined
  }
}
