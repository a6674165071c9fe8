import { type CheckOutcome, fail, listed, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { readRootLoginSettings } from '../linux/access/sshd-settings.ts'
import { parseLaunchdOverrides } from '../parsers/access/launchd-overrides.ts'
import { parseSshdEffective, parseSshdPasswords } from '../parsers/access/sshd-config.ts'
import { ask } from './ask.ts'
import { readSecurityInfo } from './boot.ts'

const SSH = 'com.openssh.sshd'
const SCREEN_SHARING = 'com.apple.screensharing'

/** `access.remote-login`: nobody can log in from the network with a password, over SSH or screen sharing. */
export async function checkRemoteLogin(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const services = await readServices(components, context)
  if (services === undefined) return unknown('the services that launchd starts were not understood')
  const open: string[] = []
  if (services.get(SCREEN_SHARING) === 'enabled') open.push('screen sharing is on')
  else if ((await remoteManagement(components, context)) === true) open.push('remote management is on')
  if (services.get(SSH) === 'enabled') {
    const takesPasswords = await sshTakesPasswords(components, context)
    if (takesPasswords === undefined) return unknown('remote log-in is on, and its settings were not understood')
    if (takesPasswords) open.push('remote log-in (SSH) is on and takes passwords')
  }
  if (open.length > 0) return fail(`Others can log in from the network: ${listed(open)}.`)
  return pass(
    services.get(SSH) === 'enabled'
      ? 'Remote log-in (SSH) is on and takes keys alone; screen sharing is off.'
      : 'Remote log-in (SSH) and screen sharing are off.',
  )
}

/** `access.ssh-root-login`: root cannot log in over SSH with a password. */
export async function checkSshRootLogin(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  const services = await readServices(components, context)
  if (services === undefined) return unknown('the services that launchd starts were not understood')
  if (services.get(SSH) !== 'enabled') return pass('Remote log-in (SSH) is off.')
  const settings = await readRootLoginSettings(components.files)
  const { exitCode, stdout } = await ask(components, 'sshServer', context)
  const effective = (exitCode === 0 ? parseSshdEffective(stdout) : undefined) ?? settings?.general
  if (effective === undefined) return unknown('the configuration of sshd was not understood')
  if (effective === 'yes') return fail('Root may log in over SSH with a password (PermitRootLogin yes).')
  if (settings === undefined) return unknown('sshd has Match blocks or included files that were not understood')
  if (settings.conditional.includes('yes')) {
    return fail('Root may log in over SSH with a password for some connections (PermitRootLogin yes in a Match block).')
  }
  return pass(`Root cannot log in over SSH with a password (PermitRootLogin ${effective}).`)
}

/** A service without an override is off: Apple delivers both so. */
async function readServices(components: PostureComponents, context: CheckContext) {
  return parseLaunchdOverrides((await ask(components, 'disabledServices', context)).stdout)
}

/** Undefined when macOS does not tell it. */
async function remoteManagement(components: PostureComponents, context: CheckContext): Promise<boolean | undefined> {
  return (await readSecurityInfo(components, context))?.remoteDesktop
}

/** Undefined when sshd does not answer. */
async function sshTakesPasswords(components: PostureComponents, context: CheckContext): Promise<boolean | undefined> {
  const { exitCode, stdout } = await ask(components, 'sshServer', context)
  return exitCode === 0 ? parseSshdPasswords(stdout) : undefined
}
