import { codeOf } from '../../../base/errors.ts'
import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import type { CheckContext, PostureComponents } from '../../components.ts'
import { hasSystemProgram } from '../programs/system-program.ts'
import { unitState } from '../programs/systemd-unit.ts'

/** The OpenSSH server. Others are not looked for. */

const UNITS = ['ssh.service', 'sshd.service', 'ssh.socket', 'sshd.socket'] as const

/** `unclear` when systemd cannot be asked: the configuration must then be good by itself. */
export async function sshServer(
  { files, commands }: Pick<PostureComponents, 'files' | 'commands'>,
  context: CheckContext,
): Promise<'absent' | 'stopped' | 'reachable' | 'unclear'> {
  if (!(await hasSystemProgram(files, 'sshd'))) return 'absent'
  let isKnown = true
  for (const unit of UNITS) {
    const state = await unitState(commands, unit, context)
    if (state === undefined) isKnown = false
    else if (!['inactive', 'failed'].includes(state.active) || state.enabled.startsWith('enabled')) return 'reachable'
  }
  return isKnown ? 'stopped' : 'unclear'
}

/**
 * The settings that sshd works out. It knows its own defaults and patches; it answers only root, and only when it has host keys.
 *
 * @returns undefined when it does not answer.
 */
export async function effectiveSettings(
  { commands }: Pick<PostureComponents, 'commands'>,
  { signal, timeoutMs }: CheckContext,
): Promise<string | undefined> {
  try {
    const [sshd, ...args] = STATE_QUERIES.sshServer
    const { exitCode, stdout } = await commands.run(sshd, args, { timeoutMs, signal })
    return exitCode === 0 ? stdout : undefined
  } catch (error) {
    if (codeOf(error) === 'COMMAND_ABSENT') return undefined
    throw error
  }
}
