import { codeOf } from '../../../base/errors.ts'
import type { CommandRunner } from '../../../system/program/command-runner.ts'
import { STATE_QUERIES } from '../../../system/program/query-commands.ts'
import type { CheckContext } from '../../components.ts'
import { parseSystemctlShow, type UnitState } from '../../parsers/systemctl-show.ts'

/** @returns undefined when systemd is not installed, does not run this machine or does not answer as expected. */
export async function unitState(
  commands: CommandRunner,
  unit: `${string}.${'service' | 'timer' | 'socket'}`,
  { signal, timeoutMs }: CheckContext,
): Promise<UnitState | undefined> {
  const [systemctl, ...args] = STATE_QUERIES.unit
  try {
    const { exitCode, stdout } = await commands.run(systemctl, [...args, unit], { timeoutMs, signal })
    return exitCode === 0 ? parseSystemctlShow(stdout) : undefined
  } catch (error) {
    if (codeOf(error) === 'COMMAND_ABSENT') return undefined
    throw error
  }
}

export function runsByItself(state: UnitState): boolean {
  return state.loaded === 'loaded' && state.active === 'active'
}
