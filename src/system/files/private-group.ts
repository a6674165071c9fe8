import { closeSync, openSync } from 'node:fs'
import { parseGroup, parsePasswd } from './account-files.ts'
import { readBounded } from './bounded-read.ts'

const MAX_BYTES = 1024 * 1024

/** Where the accounts and groups of this device are listed: passwd(5) and group(5). */
export interface AccountFiles {
  readonly passwd: string
  readonly group: string
}

const ACCOUNT_FILES: AccountFiles = { passwd: '/etc/passwd', group: '/etc/group' }

/**
 * Reports whether `gid` is the private group of the user `uid`: their primary group, or the one with their number, with
 * no other member and no other account in it. Debian, Ubuntu and Fedora make such a group for each user and set umask 002.
 *
 * False when the accounts cannot be read whole. Only local accounts are listed there, and an access control list on a file
 * shows as its group bits: neither is seen.
 */
export function isPrivateGroup(gid: number, uid: number, files: AccountFiles = ACCOUNT_FILES): boolean {
  const [passwd, group] = [readText(files.passwd), readText(files.group)]
  if (passwd === undefined || group === undefined) return false
  const { accounts, isWhole } = parsePasswd(passwd)
  const { groups, isWhole: areGroupsWhole } = parseGroup(group)
  if (!isWhole || !areGroupsWhole) return false
  const owners = accounts.filter((account) => account.uid === uid)
  const names = new Set(owners.map(({ name }) => name))
  const isTheirs = gid === uid || owners.some((account) => account.gid === gid)
  const hasOthers = accounts.some((account) => account.gid === gid && account.uid !== uid)
  const members = groups.filter((one) => one.gid === gid).flatMap((one) => one.members)
  return isTheirs && !hasOthers && members.every((name) => names.has(name))
}

/** Undefined when the file is missing, too large or unreadable. */
function readText(path: string): string | undefined {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const bytes = readBounded(fd, { maxBytes: MAX_BYTES, expectedBytes: 0 })
    return bytes && Buffer.from(bytes).toString('utf8')
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
