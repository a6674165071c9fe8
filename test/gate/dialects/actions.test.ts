import { dialectOf } from '../../../src/gate/dialects/all-dialects.ts'
import type { ClientAction } from '../../../src/gate/dialects/dialect.ts'
import { HOOK_CLIENTS, type HookClient } from '../../../src/protocol/gate/hook-clients.ts'
import {
  claudeCode,
  codex,
  copilotCli,
  cursor,
  cursorMcp,
  cursorShell,
  geminiCli,
  opencode,
  SHELL_DOCUMENTS,
  vscode,
  windsurf,
} from './client-documents.ts'

const PATCH = [
  '*** Begin Patch',
  '*** Add File: hello.txt',
  '+*** Delete File: kept.txt',
  '*** Update File: src/app.py',
  '*** Move to: src/main.py',
  '@@ def greet():',
  '-print("Hi")',
  '  *** Delete File: indented.py',
  '*** Delete File: /etc/obsolete.txt\r',
  '*** End Patch',
].join('\n')
const PATCHED = ['hello.txt', 'src/app.py', 'src/main.py', 'indented.py', '/etc/obsolete.txt']

test('the whole action of each client', () => {
  const shell = (name: string, session: string, more: object) => ({
    session,
    tool: { kind: 'shell', name },
    command: 'git status',
    folder: '/home/ann/x',
    arguments: { command: 'git status' },
    ...more,
  })
  const expected: Readonly<Record<HookClient, object>> = {
    'claude-code': shell('Bash', '00893aaf-19fa-41d2-8238-13269b9b3ca0', { call: 'toolu_01ABC' }),
    codex: shell('Bash', '0199a213-81c0-7800-8aa1-bbab2a035a53', { call: 'call_1' }),
    'copilot-cli': shell('bash', 'b1f0c5f2', {}),
    cursor: shell('Shell', '668320d2-2fd8-4888-b33c-2a466fec86e7', {
      call: 'tool_1',
      clientVersion: '3.9.16',
      folder: '/home/ann/x/src',
    }),
    'gemini-cli': shell('run_shell_command', '5c1e', {}),
    opencode: shell('bash', 'ses_1', { call: 'call_1' }),
    vscode: shell('run_in_terminal', 'session-identifier', { call: 'tool-123' }),
    windsurf: shell('pre_run_command', 'traj-abc123', {
      arguments: { command_line: 'git status', cwd: '/home/ann/x' },
    }),
  }
  for (const client of HOOK_CLIENTS)
    expect(dialectOf(client).read(SHELL_DOCUMENTS[client]('git status'))).toEqual(expected[client])
})

/** What matters to a policy, without members that are not there. */
function namedBy({ tool: { kind, server }, command, paths, hosts }: ClientAction) {
  return JSON.parse(JSON.stringify({ kind, server, command, paths, hosts }))
}

const read = (...paths: string[]) => ({ kind: 'read', paths })
const write = (...paths: string[]) => ({ kind: 'write', paths })
const network = (...hosts: string[]) => ({ kind: 'network', hosts })
const shell = (command: string) => ({ kind: 'shell', command })
const mcp = (server: string) => ({ kind: 'mcp', server })
const MCP = { kind: 'mcp' }
const NETWORK = { kind: 'network' }
const TASK = { kind: 'task' }
const OTHER = { kind: 'other' }

type Case = readonly [document: object, expected: object]

const CASES: Readonly<Record<HookClient, readonly Case[]>> = {
  'claude-code': [
    [claudeCode('PowerShell', { command: 'Get-Item x' }), shell('Get-Item x')],
    [claudeCode('Monitor', { command: 'tail -f x', description: 'x', timeout_ms: 1 }), shell('tail -f x')],
    [claudeCode('Monitor', { ws: { url: 'wss://a.test' } }), NETWORK],
    [claudeCode('Read', { file_path: '/etc/passwd', limit: 3 }), read('/etc/passwd')],
    [claudeCode('Write', { file_path: 'C:\\x\\y.txt', content: '' }), write('C:\\x\\y.txt')],
    [claudeCode('Edit', { file_path: '~/a b', old_string: 'a', new_string: 'b' }), write('~/a b')],
    [claudeCode('MultiEdit', { file_path: 'a', edits: [] }), write('a')],
    [claudeCode('NotebookEdit', { notebook_path: '/x/a.ipynb', new_source: '' }), write('/x/a.ipynb')],
    [claudeCode('Grep', { pattern: 'password' }), read('.')],
    [claudeCode('Grep', { pattern: 'password', path: '/etc' }), read('/etc')],
    [claudeCode('Glob', { pattern: '**/*.ts' }), read('.')],
    [claudeCode('Glob', { pattern: '/etc/ssh/*' }), read('/etc/ssh')],
    [claudeCode('Glob', { pattern: '.ssh/id_*', path: '/home/ann' }), read('/home/ann/.ssh')],
    [claudeCode('Glob', { pattern: '../y/*', path: '/home/ann/x' }), read('/home/ann/x/../y')],
    [claudeCode('Glob', { pattern: '/*', path: '/home/ann/x' }), read('/')],
    [claudeCode('WebFetch', { url: 'https://User:pw@Example.COM.:8443/a', prompt: 'x' }), network('example.com')],
    [claudeCode('WebFetch', { url: 'http://[::1]:80/', prompt: 'x' }), network('::1')],
    [claudeCode('WebFetch', { url: 'http://0x7f.1/', prompt: 'x' }), network('127.0.0.1')],
    [claudeCode('WebSearch', { query: 'x' }), NETWORK],
    [claudeCode('Task', { prompt: 'x' }), TASK],
    [claudeCode('Agent', { prompt: 'x', description: 'x' }), TASK],
    [claudeCode('mcp__github__create_issue', {}), mcp('github')],
    [claudeCode('mcp__a__b__c', {}), mcp('a')],
    [claudeCode('mcp__', {}), MCP],
    [claudeCode('mcp____x', {}), MCP],
    [claudeCode('ReadMcpResourceTool', { server: 'docs', uri: 'x:y' }), mcp('docs')],
    [claudeCode('ListMcpResourcesTool', {}), MCP],
    [claudeCode('TodoWrite', { todos: [] }), OTHER],
    [claudeCode('NewTool', 'no object'), OTHER],
    [claudeCode('NewTool', null), OTHER],
  ],
  codex: [
    [codex('apply_patch', { command: PATCH }), write(...PATCHED)],
    [codex('mcp__memory__create_entities', { entities: [] }), mcp('memory')],
    [codex('spawn_agent', {}), OTHER],
  ],
  'copilot-cli': [
    [copilotCli('bash', '{"command":"rm -rf /","description":"x"}'), shell('rm -rf /')],
    [copilotCli('write_bash', { shellId: '1', input: 'rm x\n', delay: 1 }), shell('rm x\n')],
    [copilotCli('write_bash', { shellId: '1', delay: 1 }), { kind: 'shell' }],
    [copilotCli('view', { path: '/x/a' }), read('/x/a')],
    [copilotCli('create', { path: '/x/a', file_text: 'x' }), write('/x/a')],
    [copilotCli('str_replace_editor', { command: 'view', path: '/x/a' }), read('/x/a')],
    [copilotCli('str_replace_editor', { command: 'insert', path: '/x/a' }), write('/x/a')],
    [copilotCli('apply_patch', PATCH), write(...PATCHED)],
    [copilotCli('apply_patch', { patch: PATCH, input: '*** Add File: too' }), write('too', ...PATCHED)],
    [copilotCli('grep', { pattern: 'x' }), read('.')],
    [copilotCli('web_fetch', { url: 'https://a.test/x' }), network('a.test')],
    [copilotCli('task', { agent_type: 'explore', prompt: 'x' }), TASK],
    [copilotCli('github-mcp-server-get_file_contents', {}), mcp('github-mcp-server')],
    [copilotCli('playwright-browser_navigate', {}), mcp('playwright')],
    [copilotCli('my-server-list_items', {}), MCP],
    [copilotCli('-x', {}), MCP],
    [copilotCli('gh-advisory-database', {}), NETWORK],
    [copilotCli('report_intent', 'free text'), OTHER],
  ],
  cursor: [
    [cursorShell('git status', '/home/ann/x'), shell('git status')],
    [cursor('Read', { file_path: '/x/a' }), read('/x/a')],
    [cursor('Write', { path: '/x/a', contents: 'x' }), write('/x/a')],
    [cursor('Write', { path: '/x/a', file_path: '/x/b' }), write('/x/b', '/x/a')],
    [cursor('Read', '{"file_path":"/x/a"}'), read('/x/a')],
    [cursor('Task', { prompt: 'x' }), TASK],
    [cursor('MCP:create_issue', {}), MCP],
    [cursor('Newer', {}), OTHER],
    [cursorMcp('a', '{"b":1}', { mcp_server_name: 'github', url: 'https://a.test' }), mcp('github')],
    [cursorMcp('a', '{"b":1}', { url: 'https://MCP.example.com:1/mcp?token=x' }), mcp('mcp.example.com')],
    [cursorMcp('a', 'x', { command: 'npx -y server --key secret' }), MCP],
  ],
  'gemini-cli': [
    [geminiCli('read_file', { file_path: 'a' }), read('a')],
    [geminiCli('read_file', { absolute_path: '/x/a' }), read('/x/a')],
    [geminiCli('write_file', { file_path: '/x/a', content: '' }), write('/x/a')],
    [geminiCli('replace', { file_path: '/x/a' }), write('/x/a')],
    [geminiCli('list_directory', { dir_path: '/etc' }), read('/etc')],
    [geminiCli('glob', { pattern: 'b/*.ts', dir_path: '/etc', path: '/x' }), read('/etc/b', '/x/b')],
    [geminiCli('search_file_content', { pattern: 'x', path: '/etc' }), read('/etc')],
    [geminiCli('read_many_files', { include: ['src/**/*.ts', '/etc/passwd', 'src/*'] }), read('src', '/etc/passwd')],
    [geminiCli('web_fetch', { prompt: 'Sum up https://a.test/x and\nhttp://b.test' }), network('a.test', 'b.test')],
    [geminiCli('web_fetch', { url: 'https://a.test', prompt: 'https://b.test' }), network('b.test', 'a.test')],
    [geminiCli('google_web_search', { query: 'x' }), NETWORK],
    [geminiCli('invoke_agent', {}), TASK],
    [{ ...geminiCli('mcp_a_b', {}), mcp_context: { server_name: 'a', tool_name: 'b', command: 'x' } }, mcp('a')],
    [{ ...geminiCli('read_file', {}), mcp_context: { server_name: 'a', tool_name: 'b' } }, mcp('a')],
    [geminiCli('mcp_a_b', {}), MCP],
    [geminiCli('write_todos', {}), OTHER],
  ],
  opencode: [
    [opencode('read', { filePath: '/x/a' }), read('/x/a')],
    [opencode('edit', { filePath: '/x/a', oldString: '', newString: '' }), write('/x/a')],
    [opencode('apply_patch', { patchText: PATCH }), write(...PATCHED)],
    [opencode('glob', { pattern: '*', path: 'y' }), read('y')],
    [opencode('webfetch', { url: 'https://a.test', format: 'text' }), network('a.test')],
    [opencode('task', { subagent_type: 'x' }), TASK],
    [opencode('github_create_issue', {}), OTHER],
  ],
  vscode: [
    [vscode('editFiles', { files: ['src/main.ts', 'a', 'a'] }), write('src/main.ts', 'a')],
    [vscode('multi_replace_string_in_file', { replacements: [{ filePath: '/x/a' }] }), write('/x/a')],
    [vscode('create_directory', { dirPath: '/x/a' }), write('/x/a')],
    [vscode('apply_patch', { input: PATCH }), write(...PATCHED)],
    [vscode('copilot_readFile', { filePath: '/x/a' }), read('/x/a')],
    [vscode('file_search', { query: '/etc/**' }), read('/etc')],
    [vscode('fetch_webpage', { urls: ['https://a.test', 'https://b.test'] }), network('a.test', 'b.test')],
    [vscode('create_and_run_task', { task: { command: 'rm', args: ['-rf', '/'] } }), shell('rm -rf /')],
    [vscode('run_task', { id: 'x' }), { kind: 'shell' }],
    [vscode('runSubagent', {}), TASK],
    [vscode('mcp_github_create_issue', {}), MCP],
    [{ ...claudeCode('read_file', { filePath: '/x/a' }), timestamp: '2026-02-09T10:30:00.000Z' }, read('/x/a')],
  ],
  windsurf: [
    [windsurf('pre_write_code', { file_path: '/x/a', edits: [] }), write('/x/a')],
    [windsurf('pre_read_code', { file_path: '/x' }), read('/x')],
    [windsurf('pre_mcp_tool_use', { mcp_server_name: 'github', mcp_tool_name: 'x' }), mcp('github')],
    [windsurf('pre_run_command', { command_line: 'ls', cwd: '' }), shell('ls')],
  ],
}

test.each(HOOK_CLIENTS)('what tools of %s name', (client) => {
  for (const [document, expected] of CASES[client])
    expect([document, namedBy(dialectOf(client).read(document))]).toEqual([document, expected])
})

test('arguments that are a text of JSON become what they say', () => {
  expect(dialectOf('copilot-cli').read(copilotCli('bash', ' {"command":"ls"}')).arguments).toEqual({ command: 'ls' })
  expect(dialectOf('cursor').read(cursorMcp('a', '{"b":[1]}', {})).arguments).toEqual({ b: [1] })
  expect(dialectOf('cursor').read(cursorMcp('a', 'plain text', {})).arguments).toBe('plain text')
})

test('the folder is that of the call, else of the workspace, in one spelling', () => {
  const folderOf = (document: object) => dialectOf('cursor').read(document).folder
  expect(folderOf(cursorShell('ls', '/home/ann/y'))).toBe('/home/ann/y')
  expect(folderOf(cursorShell('ls', ''))).toBe('/home/ann/x')
  expect(folderOf({ ...cursorShell('ls', ''), workspace_roots: [] })).toBeUndefined()
  expect(dialectOf('claude-code').read({ ...claudeCode('Bash', { command: 'x' }), cwd: 'e:\\a\\b' }).folder).toBe(
    'E:/a/b',
  )
})

test('a command may have a MiB of characters', () => {
  const command = 'x'.repeat(1024 * 1024)
  for (const client of HOOK_CLIENTS)
    expect(dialectOf(client).read(SHELL_DOCUMENTS[client](command)).command).toBe(command)
})

test('names that look like a tool are other tools', () => {
  for (const name of [
    'bash',
    'Bash ',
    'Ｂash',
    'Ваsh',
    'Ba\u200bsh',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
  ])
    expect(dialectOf('claude-code').read(claudeCode(name, { command: 'x' })).tool).toEqual({ kind: 'other', name })
})
