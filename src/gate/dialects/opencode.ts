import { reader, Type } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import { actionOf, folderSchema, nameSchema } from './action-of.ts'
import type { Dialect } from './dialect.ts'
import { answerByExitCode } from './pre-tool-use.ts'
import { fetched, files, patch, plain, search, shell, toolTable } from './tool-readers.ts'

/** Strings of opencode-linux-x64 1.18.33, December 2026. Tools of MCP servers are `server_tool`, as tools of plugins may be: `other`. */
const TOOLS = toolTable(
  [shell('command'), 'bash'],
  [files('read', 'filePath'), 'read', 'lsp'],
  [files('write', 'filePath'), 'write', 'edit', 'multiedit'],
  [patch('patchText'), 'apply_patch', 'patch'],
  [search(['path']), 'grep', 'list'],
  [search(['path'], 'pattern'), 'glob'],
  [fetched('url'), 'webfetch'],
  [plain('network'), 'websearch', 'codesearch'],
  [plain('task'), 'task'],
)

/** OpenCode starts no hooks. This is what its plugins get in `tool.execute.before`, and their folder. */
const documents = reader(
  Type.Object({
    sessionID: nameSchema,
    callID: Type.Optional(nameSchema),
    tool: nameSchema,
    args: Type.Unknown(),
    directory: folderSchema,
  }),
  { name: 'the document of OpenCode' },
)

export const opencode: Dialect = {
  client: 'opencode',
  read(document) {
    const { sessionID: session, callID: call, tool: name, args: value, directory: folder } = documents.read(document)
    const targets = TOOLS.get(name)?.({ value, place: 'args' }) ?? { kind: 'other' }
    return actionOf({ session, call, name, arguments: value, targets, folder })
  },
  answer: answerByExitCode,
  waitsSeconds: HOOK_SECONDS,
}
