import { reader } from '../../base/schema.ts'
import { HOOK_SECONDS } from '../../protocol/gate/hook-clients.ts'
import type { Dialect } from './dialect.ts'
import { answerWithMessage, preToolUseAction, preToolUseSchema } from './pre-tool-use.ts'
import { either, fetched, files, mcpServer, plain, search, shell, toolTable } from './tool-readers.ts'

/**
 * `sdk-tools.d.ts` and strings of @anthropic-ai/claude-code 2.1.332, December 2026; code.claude.com, hooks. `MultiEdit`,
 * `NotebookRead`, `LS` and `Task` are names of older versions.
 */
const TOOLS = toolTable(
  [shell('command'), 'Bash', 'PowerShell'],
  // It watches what a command prints, or what a socket says.
  [either('command', shell('command'), plain('network')), 'Monitor'],
  [files('read', 'file_path'), 'Read'],
  [files('write', 'file_path'), 'Write', 'Edit', 'MultiEdit'],
  [files('write', 'notebook_path'), 'NotebookEdit'],
  [files('read', 'notebook_path'), 'NotebookRead'],
  [search(['path']), 'Grep', 'LS'],
  [search(['path'], 'pattern'), 'Glob'],
  [fetched('url'), 'WebFetch'],
  [plain('network'), 'WebSearch'],
  // Work for another agent, now, later or elsewhere.
  [plain('task'), 'Agent', 'Task', 'Workflow', 'RemoteTrigger', 'CronCreate'],
  [mcpServer('server'), 'ReadMcpResourceTool', 'ListMcpResourcesTool'],
)

const documents = reader(preToolUseSchema, { name: 'the document of Claude Code' })

export const claudeCode: Dialect = {
  client: 'claude-code',
  read: (document) => preToolUseAction(documents.read(document), TOOLS),
  answer: answerWithMessage,
  waitsSeconds: HOOK_SECONDS,
}
