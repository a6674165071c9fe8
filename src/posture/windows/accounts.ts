import type { WindowsMember } from '../../system/facts/windows-facts.ts'
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
  const local = (member: WindowsMember) => accounts.find(({ name }) => isNamed(member, name))
  const active = members.filter((member) => local(member)?.isDisabled !== true)
  const open = active.filter((member) => local(member)?.needsNoPassword === true)
  if (open.length > 0) {
    return fail(`${counted(open.length, 'administrator')} may have an empty password: ${listed(open.map(nameOf))}.`)
  }
  return pass(
    active.length === 0
      ? 'Every account in the group Administrators is disabled.'
      : `${counted(active.length, 'member')} of the group Administrators: ${listed(active.map(nameOf), 10)}.`,
  )
}

/** `MACHINE\name`: names of accounts ignore case. */
function isNamed({ name }: WindowsMember, account: string): boolean {
  return name?.slice(name.indexOf('\\') + 1).toLowerCase() === account.toLowerCase()
}

function nameOf({ name, sid, isGroup }: WindowsMember): string {
  return `${name ?? sid}${isGroup ? ' (a group)' : ''}`
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
