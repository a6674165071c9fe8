import type { ProgramFilter } from '../system/processes/process-events.ts'
import { PROFILE_ARGUMENTS } from './browsers/named-profiles.ts'
import type { ProgramIndex } from './matching/agent-index.ts'
import { INTERPRETERS } from './matching/script-argument.ts'
import { MODEL_CALLERS } from './unknown/model-call.ts'

/**
 * Programs whose start can call for a scan: agents, interpreters, programs that call a model, and browsers with a profile
 * folder of their own. Other programs matter only below an agent or as leaders of a session without a terminal.
 */
export function wakeFilter({ executables }: Pick<ProgramIndex, 'executables'>): ProgramFilter {
  return {
    names: [...executables.names, ...INTERPRETERS, ...MODEL_CALLERS],
    parts: executables.parts,
    arguments: PROFILE_ARGUMENTS,
  }
}
