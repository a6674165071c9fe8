import { codeOf } from '../../base/errors.ts'
import { STATE_QUERIES } from '../../system/program/query-commands.ts'
import { type CheckOutcome, fail, pass, unknown } from '../check-outcome.ts'
import type { CheckContext, PostureComponents } from '../components.ts'
import { parseSshdEffective, type RootLogin } from '../parsers/sshd-config.ts'
import { listOptional } from '../read-optional.ts'
import { readRootLoginSettings } from './sshd-settings.ts'
import { unitState } from './systemd-unit.ts'

const UNITS = ['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket'] as const

/** `access.ssh-root-login`: nobody can log in as root with a password over OpenSSH. Other servers are not looked for. */
export async function checkSshRootLogin(components: PostureComponents, context: CheckContext): Promise<CheckOutcome> {
  if (!(await isInstalled(components)))
    return pass('The OpenSSH server is not installed. Other SSH servers are not looked for.')
  if ((await isReachable(components, context)) === false) {
    return pass('The OpenSSH server is installed, but neither running nor started at boot.')
  }
  const settings = await readRootLoginSettings(components.files)
  const effective = (await askSshd(components, context)) ?? settings?.general
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

async function isInstalled({ files }: PostureComponents): Promise<boolean> {
  return (await listOptional(files, '/usr/sbin'))?.some(({ name }) => name === 'sshd') ?? false
}

/** @returns undefined when systemd cannot be asked: the configuration must then be good by itself. */
async function isReachable({ commands }: PostureComponents, context: CheckContext): Promise<boolean | undefined> {
  let reachable: boolean | undefined = false
  for (const unit of UNITS) {
    const state = await unitState(commands, unit, context)
    if (state === undefined) reachable = undefined
    else if (!['inactive', 'failed'].includes(state.active) || state.enabled.startsWith('enabled')) return true
  }
  return reachable
}

/** sshd knows its own defaults and patches; it answers only root, and only when it has host keys. */
async function askSshd(
  { commands }: PostureComponents,
  { signal, timeoutMs }: CheckContext,
): Promise<RootLogin | undefined> {
  try {
    const [sshd, ...args] = STATE_QUERIES.sshServer
    const { exitCode, stdout } = await commands.run(sshd, args, { timeoutMs, signal })
    return exitCode === 0 ? parseSshdEffective(stdout) : undefined
  } catch (error) {
    if (codeOf(error) === 'COMMAND_ABSENT') return undefined
    throw error
  }
}
