import { SuretyError } from '../../base/errors.ts'
import { asObject, memberOf } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import { argument, type Given, parsedArguments } from './arguments.ts'
import type { Dialect } from './dialect.ts'
import { oneLine } from './one-line.ts'
import { printed } from './pre-tool-use.ts'
import { either, fetched, files, patch, plain, search, shell, type Targets, toolTable } from './tool-readers.ts'

/**
 * github/docs, hooks reference, and microsoft/vscode-copilot-chat, copilotCLITools.ts, which has the arguments, November 2026.
 * `str_replace_editor` is of older versions.
 */
const TOOLS = toolTable(
  [shell('command'), 'bash', 'powershell'],
  // What is typed into a shell that runs. Without it the tool only waits.
  [either('input', shell('input'), plain('shell')), 'write_bash', 'write_powershell'],
  [files('read', 'path'), 'view', 'show_file', 'mcp_validate'],
  [files('write', 'path'), 'create', 'edit', 'str_replace', 'insert'],
  [editor, 'str_replace_editor'],
  [patch('input', 'patch'), 'apply_patch'],
  [search(['path']), 'grep', 'rg'],
  [search(['path'], 'pattern'), 'glob'],
  [fetched('url'), 'web_fetch'],
  [plain('network'), 'web_search', 'gh-advisory-database'],
  [plain('task'), 'task', 'write_agent', 'search_code_subagent'],
)

function editor(given: Given): Targets {
  return files(argument(given, 'command') === 'view' ? 'read' : 'write', 'path')(given)
}

const GITHUB_SERVER = 'github-mcp-server'

/** A tool of an MCP server is `server-tool`, and both may have hyphens. No tool of the client but one has. */
function mcpTargets(name: string): Targets | undefined {
  if (!name.includes('-')) return undefined
  if (name.startsWith(`${GITHUB_SERVER}-`)) return { kind: 'mcp', server: GITHUB_SERVER }
  const [server, ...rest] = name.split('-')
  return rest.length === 1 && server !== undefined && server !== '' ? { kind: 'mcp', server } : { kind: 'mcp' }
}

/** Of `preToolUse` as our settings ask for it. `PreToolUse` would have other members. */
const documents = reader(
  Type.Object({ sessionId: nameSchema, cwd: folderSchema, toolName: nameSchema, toolArgs: Type.Unknown() }),
  { name: 'the document of Copilot CLI' },
)

/** Its documents do not name their event. These have what only an event after the action has. */
const LATER = ['toolResult', 'error']

export const copilotCli: Dialect = {
  client: 'copilot-cli',
  read(document) {
    const { sessionId: session, cwd: folder, toolName: name, toolArgs } = documents.read(document)
    const later = LATER.find((member) => memberOf(asObject(document), member) !== undefined)
    if (later !== undefined) throw new SuretyError('INPUT_MALFORMED', `${later} is no member before an action`)
    const value = parsedArguments(toolArgs, 'toolArgs')
    const read = TOOLS.get(name)
    const targets = read?.({ value, place: 'toolArgs' }) ?? mcpTargets(name) ?? { kind: 'other' }
    return actionOf({ session, name, arguments: value, targets, folder })
  },
  // Since 1.0.18 an explicit yes also takes the place of the client's own question to its user.
  answer(verdict) {
    if (verdict.effect === 'allow') return printed('')
    const reason = oneLine(verdict.forAgent)
    return printed(JSON.stringify({ permissionDecision: 'deny', permissionDecisionReason: reason }))
  },
  progress: (message) => `${JSON.stringify({ type: 'progress', message: oneLine(message), temporary: true })}\n`,
  waitsSeconds: HOOK_SECONDS,
}
