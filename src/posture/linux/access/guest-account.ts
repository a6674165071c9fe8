import { parsePasswd } from '../../../system/files/account-files.ts'
import { type CheckOutcome, fail, listed, pass, unknown } from '../../check-outcome.ts'
import type { PostureComponents } from '../../components.ts'
import { isOn, lightdmSettings } from './login-screen.ts'

const PASSWD_BYTES = 4 * 1024 * 1024
/** Of distributions, and those that LightDM makes for one session. */
const GUEST = /^(?:x?guest|guest-[\w-]+)$/i
const NO_LOGIN = /\/(?:nologin|false|true)$/

/** `access.guest-account`: no account for guests can log in, and LightDM offers no guest session. */
export async function checkGuestAccount({ files }: PostureComponents): Promise<CheckOutcome> {
  const { accounts, isWhole } = parsePasswd(await files.readText('/etc/passwd', { maxBytes: PASSWD_BYTES }))
  const guests = accounts.filter(({ name, shell }) => GUEST.test(name) && !NO_LOGIN.test(shell))
  if (guests.length > 0) return fail(`An account for guests can log in: ${listed(guests.map(({ name }) => name))}.`)
  if (isOn((await lightdmSettings(files)).get('allow-guest'))) {
    return fail('LightDM offers a guest session: anyone at the screen can use this device.')
  }
  return isWhole ? pass('No account for guests can log in.') : unknown('/etc/passwd has a line that was not understood')
}
