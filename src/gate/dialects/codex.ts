import { reader, Type } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import { nameSchema } from './action-of.ts'
import type { Dialect } from './dialect.ts'
import { answerPreToolUse, PRE_TOOL_USE, preToolUseAction } from './pre-tool-use.ts'
import { patch, shell, toolTable } from './tool-readers.ts'

/**
 * Schemas in the program of @openai/codex 0.171.0, and codex-rs/core/src/tools, December 2026. Hooks get the text of a command and of a
 * patch in `command`. Searches of the web and input to a running command ask no hook.
 */
const TOOLS = toolTable([shell('command'), 'Bash'], [patch('command'), 'apply_patch'])

/** Only Codex names the turn. */
const documents = reader(Type.Object({ ...PRE_TOOL_USE, turn_id: nameSchema }), { name: 'the document of Codex' })

export const codex: Dialect = {
  client: 'codex',
  read: (document) => preToolUseAction(documents.read(document), TOOLS),
  // It takes a member that it does not know, also `systemMessage`, or an explicit yes for a broken hook, and lets its agent act.
  answer: answerPreToolUse,
  waitsSeconds: HOOK_SECONDS,
}
