import { flagIn, textIn } from '../../base/property-lists/property-list.ts'
import { type CheckOutcome, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseDirectoryGroup } from '../parsers/access/directory-group.ts'
import { ask } from './ask.ts'
import { readManaged, readPreferences } from './preferences.ts'

const LOGIN_WINDOW = 'com.apple.loginwindow'
/** The setup assistant of macOS uses the second while it runs. */
const OF_SYSTEM = ['root', '_mbsetupuser']

/**
 * `access.administrators`: names the members of the group admin. How many are too many is for the organisation to say. Passwords of
 * accounts cannot be read, and macOS lets no account without one become root.
 */
export async function checkAdministrators(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const { exitCode, stdout } = await ask(components, 'administratorGroup', context)
  const group = exitCode === 0 ? parseDirectoryGroup(stdout) : undefined
  if (group === undefined) return unknown('the members of the group admin were not understood')
  const names = group.members.filter((name) => !OF_SYSTEM.includes(name)).sort()
  const nested = group.hasNestedGroups ? ' Members of groups in it are not named.' : ''
  if (names.length === 0) return pass(`No account besides root may administer this Mac.${nested}`)
  const who = names.length === 1 ? '1 account' : `${names.length} accounts`
  return pass(`${who} besides root may administer this Mac: ${listed(names, 10)}.${nested}`)
}

/** `access.guest-account`: no guest may log in. */
export async function checkGuestAccount(components: PostureComponents): Promise<CheckOutcome> {
  const management = await readManaged(components, 'com.apple.MCX')
  if (flagIn(management, 'DisableGuestAccount') === true) return pass('The management of this Mac turned guests off.')
  const enabled = flagIn(await readPreferences(components, LOGIN_WINDOW), 'GuestEnabled')
  // Without a word, macOS shows no guest.
  return enabled === true ? fail('A guest can log in without a password.') : pass('No guest can log in.')
}

/** `access.automatic-login`: no user is logged in when the Mac starts. */
export async function checkAutomaticLogin(components: PostureComponents): Promise<CheckOutcome> {
  const settings = await readPreferences(components, LOGIN_WINDOW)
  const user = textIn(settings, 'autoLoginUser')
  if (user !== undefined && user !== '') return fail(`${user} is logged in when the Mac starts, without a password.`)
  // The password itself, hidden only from the eye.
  if ((await components.files.stat('/etc/kcpassword')) !== undefined) {
    return fail('A password for automatic log-in is stored (/etc/kcpassword), though no user is named.')
  }
  return pass('No user is logged in when the Mac starts.')
}
