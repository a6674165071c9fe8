import type { WindowsAccount, WindowsMember } from '../../system/facts/windows-facts.ts'
import { counted, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { WindowsCheck } from './windows-check.ts'

/** Last numbers of SIDs that each Windows has. */
const ADMINISTRATOR = 500
const GUEST = 501

/**
 * `access.administrators`: names the members of the group Administrators, and passes unless one of this machine may have an empty
 * password. How many administrators are too many is for the organisation to say. Members of groups in the group are not listed.
 */
export const checkAdministrators: WindowsCheck = async (facts, { signal, timeoutMs }) => {
  const members = await facts.administrators({ signal, timeoutMs })
  // The built-in account is always a member.
  if (members.length === 0) return unknown('Windows names no member of the group Administrators')
  const accounts = await facts.accounts({ signal, timeoutMs })
  if (accounts.length === 0) return unknown('Windows does not list the accounts of this machine')
  const machine = machineOf(members)
  const known = members.map((member) => ({ ...member, account: accountOf(member, machine, accounts) }))
  const active = known.filter(({ account }) => account?.isDisabled !== true)
  const names = (some: typeof known) => some.map(({ sid, name, account }) => account?.name ?? name ?? sid)
  const open = active.filter(({ account }) => account?.needsNoPassword === true)
  if (open.length > 0) {
    return fail(`${counted(open.length, 'administrator')} may have an empty password: ${listed(names(open))}.`)
  }
  return pass(
    active.length === 0
      ? 'Every account in the group Administrators is disabled.'
      : `${counted(active.length, 'member')} of the group Administrators: ${listed(names(active), 10)}.`,
  )
}

/** The SID of this machine, which begins those of its accounts. The built-in administrator cannot leave the group. */
function machineOf(members: readonly WindowsMember[]): string | undefined {
  const ending = `-${ADMINISTRATOR}`
  const builtIn = members.filter(({ sid }) => sid.startsWith('S-1-5-21-') && sid.endsWith(ending))
  // That of a domain is a member too on its controllers, whose accounts are the domain's.
  return builtIn.length === 1 ? builtIn[0]?.sid.slice(0, -ending.length) : undefined
}

function accountOf(
  { sid }: WindowsMember,
  machine: string | undefined,
  accounts: readonly WindowsAccount[],
): WindowsAccount | undefined {
  const at = sid.lastIndexOf('-')
  return sid.slice(0, at) === machine ? accounts.find(({ rid }) => String(rid) === sid.slice(at + 1)) : undefined
}

/** `access.guest-account`: the account for guests is disabled, whatever it is called in the language of this Windows. */
export const checkGuestAccount: WindowsCheck = async (facts, { signal, timeoutMs }) => {
  const accounts = await facts.accounts({ signal, timeoutMs })
  const guest = accounts.find(({ rid }) => rid === GUEST)
  if (guest !== undefined) {
    return guest.isDisabled
      ? pass('The account for guests is disabled.')
      : fail(`The account for guests can log in: ${guest.name}.`)
  }
  return accounts.some(({ rid }) => rid === ADMINISTRATOR)
    ? pass('There is no account for guests.')
    : unknown('Windows does not list the accounts of this machine')
}
