import { asObject, textOf } from '../../base/json-object.ts'
import { reader, Type, words } from '../../base/schema.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import type { Dialect } from './dialect.ts'
import { answerByExitCode } from './pre-tool-use.ts'
import { files, shell } from './tool-readers.ts'

/** docs.windsurf.com, Cascade hooks, November 2026. The event says what is done, so it is the name of the tool. No member names a call. */
const EVENTS = {
  pre_run_command: shell('command_line'),
  pre_write_code: files('write', 'file_path'),
  // The path may be that of a folder.
  pre_read_code: files('read', 'file_path'),
}
const OF_MCP = 'pre_mcp_tool_use'

const NAMED = 'the document of Windsurf'
const documents = reader(
  Type.Object({
    trajectory_id: nameSchema,
    agent_action_name: words('pre_run_command', 'pre_write_code', 'pre_read_code'),
    tool_info: Type.Object({ cwd: Type.Optional(folderSchema) }),
  }),
  { name: NAMED },
)
const documentsOfMcp = reader(
  Type.Object({
    trajectory_id: nameSchema,
    agent_action_name: Type.Literal(OF_MCP),
    tool_info: Type.Object({ mcp_server_name: nameSchema, mcp_tool_name: nameSchema }),
  }),
  { name: NAMED },
)

export const windsurf: Dialect = {
  client: 'windsurf',
  read(document) {
    if (textOf(asObject(document), 'agent_action_name') === OF_MCP) {
      const { trajectory_id: session, tool_info: info } = documentsOfMcp.read(document)
      const targets = { kind: 'mcp', server: info.mcp_server_name } as const
      return actionOf({ session, arguments: info, name: info.mcp_tool_name, targets })
    }
    const { trajectory_id: session, agent_action_name: name, tool_info: info } = documents.read(document)
    const targets = EVENTS[name]({ value: info, place: 'tool_info' })
    // A command may come with an empty folder.
    return actionOf({ session, arguments: info, name, targets, folder: info.cwd || undefined })
  },
  answer: answerByExitCode,
  // Its page names no time, and its settings set none: so it is assumed to be short.
  waitsSeconds: 30,
}
