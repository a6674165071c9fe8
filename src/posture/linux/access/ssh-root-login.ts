import { type CheckOutcome, fail, pass, unknown } from '../../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { parseSshdEffective, type RootLogin } from '../../parsers/access/sshd-config.ts'
import { effectiveSettings, sshServer } from './ssh-server.ts'
import { readRootLoginSettings } from './sshd-settings.ts'

/** `access.ssh-root-login`: nobody can log in as root with a password over OpenSSH. Other servers are not looked for. */
export async function checkSshRootLogin(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const server = await sshServer(components, context)
  if (server === 'absent') return pass('The OpenSSH server is not installed. Other SSH servers are not looked for.')
  if (server === 'stopped') return pass('The OpenSSH server is installed, but neither running nor started at boot.')
  const settings = await readRootLoginSettings(components.files)
  const answer = await effectiveSettings(components, context)
  const effective = (answer === undefined ? undefined : parseSshdEffective(answer)) ?? settings?.general
  if (effective === undefined) return unknown('the configuration of sshd was not understood')
  if (effective === 'yes') return fail('Root may log in over SSH with a password (PermitRootLogin yes).')
  if (settings === undefined) return unknown('sshd has Match blocks or included files that were not understood')
  if (settings.conditional.includes('yes')) {
    return fail('Root may log in over SSH with a password for some connections (PermitRootLogin yes in a Match block).')
  }
  return pass(describe(effective))
}

function describe(effective: Exclude<RootLogin, 'yes'>): string {
  switch (effective) {
    case 'no':
      return 'Root cannot log in over SSH.'
    case 'prohibit-password':
      return 'Root can log in over SSH only with a key, not with a password (PermitRootLogin prohibit-password).'
    case 'forced-commands-only':
      return 'Root can use SSH only with a key that is bound to one command (PermitRootLogin forced-commands-only).'
  }
  effective satisfies never
}
