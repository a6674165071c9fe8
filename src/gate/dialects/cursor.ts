import { asObject, textOf } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import { hostOf, MOST_COMMAND_CHARACTERS, parsedArguments } from './arguments.ts'
import type { ClientAction, Dialect } from './dialect.ts'
import { oneLine } from './one-line.ts'
import { printed } from './pre-tool-use.ts'
import { files, plain, search, shell, type Targets, toolTable } from './tool-readers.ts'

/** cursor.com, hooks, and runs of 3.9.16. Where a tool has its path is not written anywhere: each known name of it counts. */
const TOOLS = toolTable(
  [shell('command'), 'Shell'],
  [files('read', 'file_path', 'path', 'target_file'), 'Read'],
  [files('write', 'file_path', 'path', 'target_file'), 'Write', 'StrReplace', 'Edit', 'Delete'],
  [search(['path']), 'Grep'],
  [plain('task'), 'Task'],
)

const NAMED = 'the document of Cursor'
const ANY = {
  conversation_id: nameSchema,
  cursor_version: Type.Optional(nameSchema),
  cwd: Type.Optional(folderSchema),
  workspace_roots: Type.Optional(Type.Array(folderSchema, { maxItems: 256 })),
}

const ofShell = reader(
  Type.Object({
    ...ANY,
    hook_event_name: Type.Literal('beforeShellExecution'),
    command: Type.String({ maxLength: MOST_COMMAND_CHARACTERS }),
  }),
  { name: NAMED },
)

/** `mcp_server_name` is in versions of October 2026. Before, there is `url`, or the command that started the server. */
const ofMcp = reader(
  Type.Object({
    ...ANY,
    hook_event_name: Type.Literal('beforeMCPExecution'),
    tool_name: nameSchema,
    tool_input: Type.Unknown(),
    mcp_server_name: Type.Optional(nameSchema),
    url: Type.Optional(Type.String({ maxLength: 8192 })),
  }),
  { name: NAMED },
)

const ofTools = reader(
  Type.Object({
    ...ANY,
    hook_event_name: Type.Literal('preToolUse'),
    tool_name: nameSchema,
    tool_input: Type.Unknown(),
    tool_use_id: Type.Optional(nameSchema),
  }),
  { name: NAMED },
)

type Any = Pick<ReturnType<typeof ofTools.read>, keyof typeof ANY>

/** In any event. A folder may be missing, or empty. */
function commonOf({ conversation_id: session, cursor_version: clientVersion, cwd, workspace_roots: roots }: Any) {
  return { session, clientVersion, folder: cwd || roots?.[0] || undefined }
}

function readShell(document: unknown): ClientAction {
  const asked = ofShell.read(document)
  const given = { value: { command: asked.command }, place: NAMED }
  return actionOf({ ...commonOf(asked), name: 'Shell', arguments: given.value, targets: shell('command')(given) })
}

function readMcp(document: unknown): ClientAction {
  const asked = ofMcp.read(document)
  const server = asked.mcp_server_name ?? (asked.url === undefined ? undefined : hostOf(asked.url))
  const value = parsedArguments(asked.tool_input, 'tool_input')
  return actionOf({ ...commonOf(asked), name: asked.tool_name, arguments: value, targets: { kind: 'mcp', server } })
}

function readTool(document: unknown): ClientAction {
  const asked = ofTools.read(document)
  const name = asked.tool_name
  const value = parsedArguments(asked.tool_input, 'tool_input')
  const mcp: Targets | undefined = name.startsWith('MCP:') ? { kind: 'mcp' } : undefined
  const targets = mcp ?? TOOLS.get(name)?.({ value, place: 'tool_input' }) ?? { kind: 'other' }
  return actionOf({ ...commonOf(asked), name, arguments: value, targets, call: asked.tool_use_id })
}

const EVENTS: ReadonlyMap<string | undefined, (document: unknown) => ClientAction> = new Map([
  ['beforeShellExecution', readShell],
  ['beforeMCPExecution', readMcp],
])

export const cursor: Dialect = {
  client: 'cursor',
  read: (document) => (EVENTS.get(textOf(asObject(document), 'hook_event_name')) ?? readTool)(document),
  // Nothing printed counts as a hook that failed. 3.9.16 gave the agent the message of the user.
  answer(verdict) {
    if (verdict.effect === 'allow') return printed(JSON.stringify({ permission: 'allow' }))
    const messages = { user_message: oneLine(verdict.forPerson), agent_message: oneLine(verdict.forAgent) }
    return printed(JSON.stringify({ permission: 'deny', ...messages }))
  },
  waitsSeconds: HOOK_SECONDS,
}
