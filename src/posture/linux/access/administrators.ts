import { codeOf } from '../../../base/errors.ts'
import { type Account, type Group, parseGroup, parsePasswd } from '../../../system/files/account-files.ts'
import { type CheckOutcome, counted, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { parseShadowEmpty } from '../../parsers/access/shadow.ts'

/** Groups that may become root by the sudoers and polkit rules that distributions ship. `adm` only reads logs. */
const ADMIN_GROUPS = ['sudo', 'wheel', 'admin'] as const
const FILE_BYTES = 4 * 1024 * 1024

/**
 * `access.administrators`: names the accounts in admin groups, and passes unless a second account has uid 0 or an
 * administrator needs no password. How many administrators are too many is for the organisation to say: the names are in
 * the detail. sudoers is not read, nor are accounts of a directory service.
 */
export async function checkAdministrators({ files }: PostureComponents): Promise<CheckOutcome> {
  const passwd = parsePasswd(await files.readText('/etc/passwd', { maxBytes: FILE_BYTES }))
  const group = parseGroup(await files.readText('/etc/group', { maxBytes: FILE_BYTES }))
  if (!passwd.isWhole || !group.isWhole) return unknown('/etc/passwd or /etc/group has a line that was not understood')
  const { accounts } = passwd

  const roots = accounts.filter(({ uid }) => uid === 0).map(({ name }) => name)
  if (roots.length > 1) return fail(`${roots.length} accounts have the rights of root (uid 0): ${listed(roots)}.`)

  const administrators = administratorsOf(accounts, group.groups)
  const who = described(administrators)
  const empty = await withoutPassword(files)
  if (empty === undefined) return unknown(`${who} Whether one of them needs no password only root may see.`)
  const open = accounts
    .filter(({ name, hasEmptyPassword }) => hasEmptyPassword || empty.has(name))
    .map(({ name }) => name)
    .filter((name) => administrators.includes(name) || roots.includes(name))
  if (open.length > 0) {
    return fail(`${counted(open.length, 'administrator')} can log in without a password: ${listed(open)}.`)
  }
  return pass(who)
}

/** Members by name, and those whose primary group it is. Root itself is no news. */
function administratorsOf(accounts: readonly Account[], groups: readonly Group[]): readonly string[] {
  const names = groups
    .filter(({ name }) => ADMIN_GROUPS.some((group) => group === name))
    .flatMap(({ gid, members }) => [...members, ...accounts.filter((one) => one.gid === gid).map(({ name }) => name)])
  return [...new Set(names)].filter((name) => name !== 'root').sort()
}

function described(administrators: readonly string[]): string {
  const note = 'sudoers rules are not read.'
  if (administrators.length === 0)
    return `No account besides root is in an admin group (${ADMIN_GROUPS.join(', ')}); ${note}`
  return `${counted(administrators.length, 'account')} besides root may administer this machine: ${listed(administrators, 10)}; ${note}`
}

/** @returns undefined when we may not read it. @throws when it is there and has a form not known. */
async function withoutPassword(files: PostureComponents['files']): Promise<ReadonlySet<string> | undefined> {
  try {
    return parseShadowEmpty(await files.readText('/etc/shadow', { maxBytes: FILE_BYTES }))
  } catch (error) {
    if (codeOf(error) === 'FILE_UNREADABLE' || codeOf(error) === 'FILE_ABSENT') return undefined
    throw error
  }
}
