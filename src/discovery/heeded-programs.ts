import type { HeededPrograms } from '../system/process-events.ts'
import type { ProgramIndex } from './agent-index.ts'
import { MODEL_CALLERS } from './behaviour/model-call.ts'
import { PROFILE_ARGUMENTS } from './named-profiles.ts'
import { INTERPRETERS } from './script-argument.ts'

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
