import { reader, Type } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import type { Dialect } from './dialect.ts'
import { oneLine } from './one-line.ts'
import { printed } from './pre-tool-use.ts'
import { fetchedWords, files, patterns, plain, search, shell, type Targets, toolTable } from './tool-readers.ts'

/** `bundle/` of @google/gemini-cli 0.61.0, December 2026; `absolute_path`, `path` and `search_file_content` are of older versions. */
const TOOLS = toolTable(
  [shell('command'), 'run_shell_command'],
  [files('read', 'file_path', 'absolute_path'), 'read_file'],
  [files('write', 'file_path'), 'write_file', 'replace'],
  [search(['dir_path', 'path']), 'list_directory', 'grep_search', 'search_file_content'],
  [search(['dir_path', 'path'], 'pattern'), 'glob'],
  [patterns('include'), 'read_many_files'],
  [fetchedWords('prompt', 'url'), 'web_fetch'],
  [plain('network'), 'google_web_search'],
  [plain('task'), 'invoke_agent'],
  [plain('mcp'), 'read_mcp_resource', 'list_mcp_resources'],
)

const documents = reader(
  Type.Object({
    hook_event_name: Type.Literal('BeforeTool'),
    session_id: nameSchema,
    cwd: folderSchema,
    tool_name: nameSchema,
    tool_input: Type.Unknown(),
    mcp_context: Type.Optional(Type.Object({ server_name: nameSchema })),
  }),
  { name: 'the document of Gemini CLI' },
)
type Document = ReturnType<typeof documents.read>

/** The client sends the context of each MCP server that it still knows. */
function targetsOf({ tool_name: name, tool_input: value, mcp_context: context }: Document): Targets {
  if (context !== undefined) return { kind: 'mcp', server: context.server_name }
  if (name.startsWith('mcp_')) return { kind: 'mcp' }
  return TOOLS.get(name)?.({ value, place: 'tool_input' }) ?? { kind: 'other' }
}

export const geminiCli: Dialect = {
  client: 'gemini-cli',
  read(document) {
    const asked = documents.read(document)
    return actionOf({
      session: asked.session_id,
      name: asked.tool_name,
      arguments: asked.tool_input,
      targets: targetsOf(asked),
      folder: asked.cwd,
    })
  },
  answer(verdict) {
    if (verdict.effect === 'allow') return printed(JSON.stringify({ decision: 'allow' }))
    const reason = oneLine(verdict.forAgent)
    return printed(JSON.stringify({ decision: 'deny', reason, systemMessage: oneLine(verdict.forPerson) }))
  },
  waitsSeconds: HOOK_SECONDS,
}
