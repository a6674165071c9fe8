import type { HeededPrograms } from '../system/processes/process-events.ts'
import { PROFILE_ARGUMENTS } from './browsers/named-profiles.ts'
import type { ProgramIndex } from './matching/agent-index.ts'
import { INTERPRETERS } from './matching/script-argument.ts'
import { MODEL_CALLERS } from './unknown/model-call.ts'

/**
 * Programs that may call for a look as they begin: agents, what could run one, what asks a model, browsers with a folder of their
 * own. No other does, unless an agent runs it, or it leads a session without a terminal.
 */
export function heededPrograms({ executables }: Pick<ProgramIndex, 'executables'>): HeededPrograms {
  return {
    names: [...executables.names, ...INTERPRETERS, ...MODEL_CALLERS],
    parts: executables.parts,
    arguments: PROFILE_ARGUMENTS,
  }
}
