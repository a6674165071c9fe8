import { asObject, memberOf } from '../../base/json-object.ts'
import { reader, Type } from '../../base/schema.ts'
import { argument, type Given, MOST_COMMAND_CHARACTERS, malformed, textArgument } from './arguments.ts'
import type { Dialect } from './dialect.ts'
import { answerWithMessage, PRE_TOOL_USE, preToolUseAction } from './pre-tool-use.ts'
import { fetched, fileList, files, patch, plain, search, shell, type Targets, toolTable } from './tool-readers.ts'

/** The command of a task is that of a shell, with its arguments apart. */
function taskCommand(given: Given): Targets {
  const task = { value: argument(given, 'task'), place: `${given.place}.task` }
  const command = textArgument(task, 'command', MOST_COMMAND_CHARACTERS)
  const values = argument(task, 'args') ?? []
  const isText = (one: unknown) => typeof one === 'string' && one.isWellFormed()
  if (!Array.isArray(values) || !values.every(isText)) throw malformed(task, 'args', 'must be a list of texts')
  const whole = [command, ...values].join(' ')
  if (whole.length > MOST_COMMAND_CHARACTERS) throw malformed(task, 'args', 'must be shorter')
  return { kind: 'shell', command: whole }
}

/**
 * microsoft/vscode-copilot-chat, src/extension/tools/common/toolNames.ts, which has two names of each tool, and microsoft/vscode-docs,
 * agent hooks, June 2026. Which of the two a hook gets is not written anywhere.
 */
const TOOLS = toolTable(
  [shell('command'), 'run_in_terminal'],
  [taskCommand, 'create_and_run_task', 'copilot_createAndRunTask'],
  // Its name says which task of the workspace, not its command.
  [plain('shell'), 'run_task'],
  [files('write', 'filePath'), 'create_file', 'copilot_createFile', 'insert_edit_into_file', 'copilot_insertEdit'],
  [files('write', 'filePath'), 'replace_string_in_file', 'copilot_replaceString'],
  [files('write', 'filePath'), 'edit_notebook_file', 'copilot_editNotebook'],
  [files('write', 'dirPath'), 'create_directory', 'copilot_createDirectory'],
  [fileList('write', 'replacements', 'filePath'), 'multi_replace_string_in_file', 'copilot_multiReplaceString'],
  [fileList('write', 'files'), 'editFiles', 'edit_files', 'copilot_editFiles'],
  [patch('input'), 'apply_patch', 'copilot_applyPatch'],
  [files('read', 'filePath'), 'read_file', 'copilot_readFile'],
  [files('read', 'path'), 'list_dir', 'copilot_listDirectory'],
  [search([], 'query'), 'file_search', 'copilot_findFiles'],
  [search([], 'includePattern'), 'grep_search', 'copilot_findTextInFiles'],
  [search([]), 'semantic_search', 'copilot_searchCodebase'],
  [fetched('urls'), 'fetch_webpage', 'copilot_fetchWebPage'],
  [fetched('url'), 'open_simple_browser', 'copilot_openSimpleBrowser'],
  [plain('network'), 'github_repo', 'copilot_githubRepo'],
  [plain('task'), 'runSubagent'],
)

/** Its documentation writes two members so. Its programs were seen to write them as Claude Code does. */
const SPELLINGS = { hookEventName: 'hook_event_name', sessionId: 'session_id' } as const

const documents = reader(Type.Object({ ...PRE_TOOL_USE, timestamp: Type.String({ maxLength: 64 }) }), {
  name: 'the document of VS Code',
})

function withSnakeCase(document: unknown): unknown {
  const given = asObject(document)
  const renamed = Object.entries(SPELLINGS).filter(([name]) => memberOf(given, name) !== undefined)
  if (renamed.length === 0) return document
  return Object.fromEntries([...Object.entries(given), ...renamed.map(([name, to]) => [to, given[name]])])
}

export const vscode: Dialect = {
  client: 'vscode',
  read: (document) => preToolUseAction(documents.read(withSnakeCase(document)), TOOLS, 'mcp_'),
  answer: answerWithMessage,
  // Its own limit: no settings of ours set another.
  waitsSeconds: 30,
}
