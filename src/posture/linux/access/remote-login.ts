import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { parseSshdPasswords } from '../../parsers/access/sshd-config.ts'
import { effectiveSettings, sshServer } from './ssh-server.ts'

/** `access.remote-login`: nobody can log in over OpenSSH with a password. Other servers, such as xrdp, are not looked for. */
export async function checkRemoteLogin(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const server = await sshServer(components, context)
  if (server === 'absent') return pass('The OpenSSH server is not installed. Other servers are not looked for.')
  if (server === 'stopped') return pass('The OpenSSH server is installed, but neither running nor started at boot.')
  const settings = await effectiveSettings(components, context)
  if (settings === undefined) return unknown('the OpenSSH server did not tell its settings')
  const passwords = parseSshdPasswords(settings)
  if (passwords === undefined) return unknown('the settings of the OpenSSH server were not understood')
  return passwords
    ? fail('The OpenSSH server accepts passwords, which can be guessed from the network.')
    : pass('The OpenSSH server runs and accepts keys, not passwords. Match blocks are not read.')
}
