import { parseUnambiguousJson } from '../../../src/base/json.ts'
import { canonicalJson } from '../../../src/base/text/canonical-json.ts'
import { dialectOf } from '../../../src/gate/dialects/all-dialects.ts'
import { HOOK_CLIENTS } from '../../../src/protocol/gate/hook-clients.ts'
import { promise, refusing, type Target, textOf } from '../target.ts'

/** What clients of agents ask the gate: each document is given to each dialect. */

const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 64 }
const CODES = ['INPUT_TOO_LARGE', 'INPUT_MALFORMED', 'INPUT_TOO_DEEP'] as const

const CLAUDE_CODE = { hook_event_name: 'PreToolUse', session_id: 'a', cwd: '/x', turn_id: 'b', timestamp: 'c' }
const COPILOT = { sessionId: 'a', cwd: '/x' }
const CURSOR = { conversation_id: 'a', cursor_version: '3', workspace_roots: ['/x'] }
const GEMINI = { hook_event_name: 'BeforeTool', session_id: 'a', cwd: '/x' }
const PATCH = '*** Begin Patch\n*** Update File: a\n*** Move to: b\n+c\n*** End Patch'

const hookDocuments: Target = {
  name: 'hook-documents',
  kind: 'json',
  seeds: () =>
    [
      { ...CLAUDE_CODE, tool_name: 'Bash', tool_input: { command: 'ls' }, tool_use_id: 'd' },
      { ...CLAUDE_CODE, tool_name: 'Glob', tool_input: { pattern: 'a/*/b', path: '/y' } },
      { ...CLAUDE_CODE, tool_name: 'apply_patch', tool_input: { command: PATCH, input: PATCH } },
      { ...CLAUDE_CODE, tool_name: 'fetch_webpage', tool_input: { urls: ['https://a.test:1/b'] } },
      { ...CLAUDE_CODE, tool_name: 'create_and_run_task', tool_input: { task: { command: 'a', args: ['b'] } } },
      { ...CLAUDE_CODE, tool_name: 'mcp__a__b', tool_input: {} },
      { ...COPILOT, toolName: 'bash', toolArgs: '{"command":"ls"}' },
      { ...COPILOT, toolName: 'a-b', toolArgs: {} },
      { ...CURSOR, hook_event_name: 'beforeShellExecution', command: 'ls', cwd: '' },
      { ...CURSOR, hook_event_name: 'beforeMCPExecution', tool_name: 'a', tool_input: '{}', url: 'https://a.test' },
      { ...CURSOR, hook_event_name: 'preToolUse', tool_name: 'Write', tool_input: { path: '/x/a' } },
      { ...GEMINI, tool_name: 'read_many_files', tool_input: { include: ['a/*', '/b'] } },
      { ...GEMINI, tool_name: 'web_fetch', tool_input: { prompt: 'a https://b.test' }, mcp_context: null },
      { sessionID: 'a', callID: 'b', tool: 'edit', args: { filePath: 'c' }, directory: 'C:\\x' },
      { agent_action_name: 'pre_run_command', trajectory_id: 'a', tool_info: { command_line: 'ls', cwd: '/x' } },
    ].map((document) => JSON.stringify(document)),
  words: ['__proto__', 'constructor', '..', '*', '\\u202e', '*** Add File: ', 'mcp_context', 'server_name'],
  async run(input) {
    const document = await refusing(CODES, async () => parseUnambiguousJson(textOf(input), LIMITS))
    for (const client of HOOK_CLIENTS) {
      const action = await refusing(['INPUT_MALFORMED'], async () => dialectOf(client).read(document))
      if (action === undefined) continue
      const { tool, command, paths = [], hosts = [] } = action
      promise(tool.kind !== 'shell' || command === undefined || typeof command === 'string', 'a command is a text')
      promise(
        paths.every((path) => path !== '' && !path.includes('\0')),
        'a path can be one',
      )
      promise(
        hosts.every((host) => host === host.toLowerCase() && !/[/@\s]/.test(host)),
        'a host is a name',
      )
      promise(canonicalJson(action) !== '', 'an action can be hashed')
    }
  },
}

export const hookTargets: readonly Target[] = [hookDocuments]
