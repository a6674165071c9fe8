import { type Static, Type } from '../../base/schema.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import type { ClientAction, HookOutput, Verdict } from './dialect.ts'
import { oneLine } from './one-line.ts'
import { mcpTool, type Targets, type ToolTable } from './tool-readers.ts'

/** What Claude Code, Codex and VS Code share: the document of `PreToolUse`, and how a hook denies it. */

export const PRE_TOOL_USE = {
  hook_event_name: Type.Literal('PreToolUse'),
  session_id: nameSchema,
  cwd: folderSchema,
  tool_name: nameSchema,
  tool_input: Type.Unknown(),
  tool_use_id: Type.Optional(nameSchema),
}
export const preToolUseSchema = Type.Object(PRE_TOOL_USE)

/** @param mcpPrefix of names that do not tell their server apart. */
export function preToolUseAction(
  document: Static<typeof preToolUseSchema>,
  tools: ToolTable,
  mcpPrefix?: string,
): ClientAction {
  const { tool_name: name, tool_input: value } = document
  const isMcp = mcpPrefix !== undefined && name.startsWith(mcpPrefix)
  const mcp: Targets | undefined = isMcp ? { kind: 'mcp' } : mcpTool(name)
  return actionOf({
    session: document.session_id,
    name,
    arguments: value,
    targets: mcp ?? tools.get(name)?.({ value, place: 'tool_input' }) ?? { kind: 'other' },
    folder: document.cwd,
    call: document.tool_use_id,
  })
}

/** Silence is a yes: an explicit one would also skip the questions that the client asks its user. */
export function answerPreToolUse(verdict: Verdict): HookOutput {
  return verdict.effect === 'allow' ? printed('') : printed(JSON.stringify(denial(verdict.forAgent)))
}

/** As `answerPreToolUse`, for clients that also show a message to the person. */
export function answerWithMessage(verdict: Verdict): HookOutput {
  if (verdict.effect === 'allow') return printed('')
  return printed(JSON.stringify({ ...denial(verdict.forAgent), systemMessage: oneLine(verdict.forPerson) }))
}

function denial(reason: string) {
  return {
    hookSpecificOutput: {
      hookEventName: 'PreToolUse',
      permissionDecision: 'deny',
      permissionDecisionReason: oneLine(reason),
    },
  }
}

/** What a client parses: its hook succeeded. */
export function printed(stdout: string): HookOutput {
  return { exitCode: 0, stdout, stderr: '' }
}

const BLOCKS = 2

/** For clients that read nothing but the exit code, and show what is on standard error. */
export function answerByExitCode(verdict: Verdict): HookOutput {
  if (verdict.effect === 'allow') return printed('')
  return { exitCode: BLOCKS, stdout: '', stderr: `${oneLine(verdict.forAgent)}\n` }
}
