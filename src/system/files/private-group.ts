import { closeSync, openSync, readSync } from 'node:fs'

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
 * False when the accounts cannot be read. Only local accounts are listed there, and an access control list on a file
 * shows as its group bits: neither is seen.
 */
export function isPrivateGroup(gid: number, uid: number, files: AccountFiles = ACCOUNT_FILES): boolean {
  const accounts = recordsOf(files.passwd)
  const groups = recordsOf(files.group)
  if (accounts === undefined || groups === undefined) return false
  const owners = accounts.filter((fields) => fields[2] === String(uid))
  const names = new Set(owners.map(([name]) => name))
  const isTheirs = gid === uid || owners.some((fields) => fields[3] === String(gid))
  const others = accounts.some((fields) => fields[3] === String(gid) && fields[2] !== String(uid))
  const members = groups.filter((fields) => fields[2] === String(gid)).flatMap((fields) => fields[3]?.split(',') ?? [])
  return isTheirs && !others && members.every((name) => name === '' || names.has(name))
}

/** Undefined when the file is missing, too large or unreadable. */
function recordsOf(path: string): readonly (readonly string[])[] | undefined {
  try {
    return readBounded(path)
      ?.split('\n')
      .map((line) => line.split(':'))
  } catch {
    return undefined
  }
}

function readBounded(path: string): string | undefined {
  const fd = openSync(path, 'r')
  try {
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let filled = 0
    for (let got = 1; got > 0 && filled <= MAX_BYTES; filled += got) {
      got = readSync(fd, buffer, filled, buffer.length - filled, null)
    }
    return filled > MAX_BYTES ? undefined : buffer.toString('utf8', 0, filled)
  } finally {
    closeSync(fd)
  }
}
