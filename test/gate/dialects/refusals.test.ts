import fc from 'fast-check'
import { codeOf } from '../../../src/base/errors.ts'
import { dialectOf } from '../../../src/gate/dialects/all-dialects.ts'
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

/** The message of the refusal; its code must be `INPUT_MALFORMED`. */
function refusal(client: HookClient, document: unknown): string {
  try {
    dialectOf(client).read(document)
  } catch (error) {
    expect(codeOf(error)).toBe('INPUT_MALFORMED')
    return error instanceof Error ? error.message : ''
  }
  throw new Error(`${client} took ${JSON.stringify(document)?.slice(0, 500)}`)
}

const NO_DOCUMENTS = [undefined, null, true, 1, 'text', [], {}, [{}], [SHELL_DOCUMENTS['claude-code']('x')], () => 1]

test.each(HOOK_CLIENTS)('%s sends nothing but its documents', (client) => {
  for (const document of NO_DOCUMENTS) refusal(client, document)
})

/** Clients whose documents another one also takes: the hook says who asks. */
const ALSO_TAKEN: readonly string[] = ['codex as claude-code']

test.each(HOOK_CLIENTS)('%s refuses the documents of other clients', (client) => {
  for (const other of HOOK_CLIENTS) {
    if (other === client || ALSO_TAKEN.includes(`${other} as ${client}`)) continue
    refusal(client, SHELL_DOCUMENTS[other]('ls'))
  }
})

const REQUIRED: Readonly<Record<HookClient, readonly string[]>> = {
  'claude-code': ['hook_event_name', 'session_id', 'cwd', 'tool_name', 'tool_input'],
  codex: ['hook_event_name', 'session_id', 'turn_id', 'cwd', 'tool_name', 'tool_input'],
  'copilot-cli': ['sessionId', 'cwd', 'toolName', 'toolArgs'],
  cursor: ['hook_event_name', 'conversation_id', 'tool_name', 'tool_input'],
  'gemini-cli': ['hook_event_name', 'session_id', 'cwd', 'tool_name', 'tool_input'],
  opencode: ['sessionID', 'tool', 'args', 'directory'],
  vscode: ['hookEventName', 'sessionId', 'cwd', 'tool_name', 'tool_input', 'timestamp'],
  windsurf: ['agent_action_name', 'trajectory_id', 'tool_info'],
}
/** VS Code is read in the spelling of Claude Code. */
const SPELT: Readonly<Record<string, string>> = { hookEventName: 'hook_event_name', sessionId: 'session_id' }

test.each(HOOK_CLIENTS)('%s: a missing member is named', (client) => {
  const whole = SHELL_DOCUMENTS[client]('ls')
  for (const member of REQUIRED[client]) {
    const document = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== member))
    const name = client === 'vscode' ? (SPELT[member] ?? member) : member
    expect(refusal(client, document)).toMatch(new RegExp(`lacks ${name}$|lacks .*\\b${name}\\b`))
  }
})

/** Those that may be anything: the arguments, which the tool then reads. */
const ARGUMENTS = ['tool_input', 'toolArgs', 'args']

test.each(HOOK_CLIENTS)('%s: a member of another type is named', (client) => {
  const whole = SHELL_DOCUMENTS[client]('ls')
  const typed = REQUIRED[client].filter((member) => !ARGUMENTS.includes(member))
  for (const member of typed)
    for (const value of [null, 1, true, [], ['x'], { toString: 'x' }]) {
      const said = refusal(client, { ...whole, [member]: value })
      expect(said).toContain(client === 'vscode' ? (SPELT[member] ?? member) : member)
    }
})

test.each([
  ...['PostToolUse', 'PermissionRequest', 'pretooluse', 'PreToolUse ', '', 'preToolUse'].map((event) => ({
    client: 'claude-code' as const,
    document: { ...claudeCode('Bash', { command: 'x' }), hook_event_name: event },
  })),
  { client: 'codex', document: { ...codex('Bash', { command: 'x' }), hook_event_name: 'PostToolUse' } },
  { client: 'vscode', document: { ...vscode('read_file', { filePath: 'x' }), hookEventName: 'PostToolUse' } },
  { client: 'gemini-cli', document: { ...geminiCli('read_file', { file_path: 'x' }), hook_event_name: 'AfterTool' } },
  { client: 'cursor', document: { ...cursor('Read', { path: 'x' }), hook_event_name: 'postToolUse' } },
  { client: 'cursor', document: { ...cursor('Read', { path: 'x' }), hook_event_name: 'beforeReadFile' } },
  { client: 'cursor', document: { ...cursorShell('x', '/x'), hook_event_name: 'afterShellExecution' } },
  { client: 'copilot-cli', document: { ...copilotCli('bash', { command: 'x' }), toolResult: {} } },
  { client: 'copilot-cli', document: { ...copilotCli('bash', { command: 'x' }), error: 'x' } },
  { client: 'copilot-cli', document: claudeCode('Bash', { command: 'x' }) },
  { client: 'windsurf', document: windsurf('post_run_command', { command_line: 'x' }) },
  { client: 'windsurf', document: windsurf('pre_user_prompt', { user_prompt: 'x' }) },
] as const)('an event that our settings do not ask for: $client', ({ client, document }) => {
  refusal(client, document)
})

test.each(['a\nb', '\u001b[31mBash', 'Bash\u0000', 'B\u202eash', '', ' ', '\u200b', 'x'.repeat(257)])(
  'a name that no tool has: case %#',
  (name) => {
    refusal('claude-code', claudeCode(name, {}))
    refusal('copilot-cli', copilotCli(name, {}))
    refusal('cursor', cursor(name, {}))
    refusal('gemini-cli', { ...geminiCli('mcp_a_b', {}), mcp_context: { server_name: name, tool_name: 'b' } })
    refusal('windsurf', windsurf('pre_mcp_tool_use', { mcp_server_name: name, mcp_tool_name: 'x' }))
    refusal('windsurf', windsurf('pre_mcp_tool_use', { mcp_server_name: 'x', mcp_tool_name: name }))
    refusal('cursor', cursorMcp('x', {}, { mcp_server_name: name }))
  },
)

test.each([
  'x',
  './x',
  '',
  'C:x',
  '\\\\server\\share',
  '~/x',
  'file:///x',
  '/x\u0000',
  `/${'x'.repeat(4096)}`,
  '/\ud800',
])('a folder of a client that is none: case %#', (cwd) => {
  refusal('claude-code', { ...claudeCode('Bash', { command: 'x' }), cwd })
  refusal('opencode', { ...opencode('bash', { command: 'x' }), directory: cwd })
})

test.each(HOOK_CLIENTS)('%s: a command is one text of at most a MiB', (client) => {
  const commands = [undefined, null, 1, ['rm', '-rf', '/'], { command: 'x' }, 'x'.repeat(1024 * 1024 + 1), '\ud800']
  for (const command of commands) expect(refusal(client, SHELL_DOCUMENTS[client](command))).toMatch(/command/)
  expect(() => refusal(client, SHELL_DOCUMENTS[client](''))).toThrow(/took/)
})

const claude = (tool: string, input: unknown) => refusal('claude-code', claudeCode(tool, input))

test.each([
  ['Read', {}, 'tool_input.file_path is missing'],
  ['Read', null, 'tool_input.file_path is missing'],
  ['Read', '/etc/passwd', 'tool_input.file_path is missing'],
  ['Read', ['/etc/passwd'], 'tool_input.file_path is missing'],
  ['Read', Object.create({ file_path: '/x' }), 'tool_input.file_path is missing'],
  ['Read', { FILE_PATH: '/x' }, 'tool_input.file_path is missing'],
  ['Read', { file_path: '' }, 'tool_input.file_path is missing'],
  ['Read', { file_path: 1 }, 'tool_input.file_path must be a text'],
  ['Read', { file_path: ['/x'] }, 'tool_input.file_path must be a text'],
  ['Read', { file_path: { toString: () => '/x' } }, 'tool_input.file_path must be a text'],
  ['Read', { file_path: '/x\u0000.txt' }, 'tool_input.file_path must be a path'],
  ['Read', { file_path: 'x'.repeat(4097) }, 'tool_input.file_path must have at most 4096 characters'],
  ['Write', { file_path: '/\udc00' }, 'tool_input.file_path must be well-formed Unicode'],
  ['Glob', { pattern: '*/../../etc/*' }, 'tool_input.pattern must not go up behind a wildcard'],
  ['Glob', { pattern: '{a,..}/../x' }, 'tool_input.pattern must not go up behind a wildcard'],
  ['Glob', { pattern: ['*'] }, 'tool_input.pattern must be a text'],
  ['Grep', { pattern: 'x', path: 7 }, 'tool_input.path must be a text'],
  ['WebFetch', {}, 'tool_input.url is missing'],
  ['WebFetch', { url: 'example.com' }, 'tool_input.url must be an address with a host'],
  ['WebFetch', { url: 'file:///etc/passwd' }, 'tool_input.url must be an address with a host'],
  ['WebFetch', { url: `https://${'a.'.repeat(200)}test/` }, 'tool_input.url must be an address with a host'],
  ['WebFetch', { url: 'https://' }, 'tool_input.url must be an address with a host'],
  ['WebFetch', { url: `https://a.test/${'x'.repeat(8192)}` }, 'tool_input.url must have at most 8192 characters'],
  ['WebFetch', { url: [] }, 'tool_input.url must be a list with items'],
  ['WebFetch', { url: ['https://a.test', 1] }, 'tool_input.url must be a text'],
  ['ReadMcpResourceTool', { server: {} }, 'tool_input.server must be a text'],
  ['ReadMcpResourceTool', { server: 'x'.repeat(257) }, 'tool_input.server must have at most 256 characters'],
])('arguments of %s that cannot be judged: case %#', (tool, input, said) => {
  expect(claude(tool, input)).toBe(said)
})

test.each([
  ['', 'tool_input.command must be a patch that names a file'],
  ['*** Begin Patch\n*** End Patch', 'tool_input.command must be a patch that names a file'],
  ['*** Update File: ', 'tool_input.command must be a patch that names a file'],
  ['*** update file: x', 'tool_input.command must be a patch that names a file'],
  ['+*** Add File: x', 'tool_input.command must be a patch that names a file'],
  ['*** Add File: x\u0000', 'tool_input.command must be a path'],
  [`*** Add File: ${'x'.repeat(4097)}`, 'tool_input.command must have at most 4096 characters'],
  [Array.from({ length: 257 }, (_, at) => `*** Add File: ${at}`).join('\n'), /names more than 256 targets/],
  [['apply_patch', '*** Add File: x'], 'tool_input.command must be a text'],
  [undefined, 'tool_input.command must be a patch that names a file'],
])('a patch that cannot be judged: case %#', (command, said) => {
  expect(refusal('codex', codex('apply_patch', { command }))).toMatch(said)
})

test('a list of targets is bounded, and each item is checked', () => {
  const edit = (files: unknown) => refusal('vscode', vscode('editFiles', { files }))
  expect(edit(Array.from({ length: 257 }, (_, at) => `${at}`))).toMatch(/names more than 256 targets/)
  expect(edit(['a', 1])).toBe('tool_input.files must be a text')
  expect(edit([])).toBe('tool_input.files must be a list with items')
  expect(edit('a')).toBe('tool_input.files must be a list with items')
  expect(edit({ length: 1, 0: 'a' })).toBe('tool_input.files must be a list with items')
  const replace = (replacements: unknown) => refusal('vscode', vscode('multi_replace_string_in_file', { replacements }))
  expect(replace([{ filePath: 'a' }, {}])).toBe('tool_input.replacements.filePath is missing')
  expect(replace(['a'])).toBe('tool_input.replacements.filePath is missing')
  const task = (value: unknown) => refusal('vscode', vscode('create_and_run_task', { task: value }))
  expect(task('rm')).toBe('tool_input.task.command is missing')
  expect(task({ command: 'rm', args: '-rf /' })).toBe('tool_input.task.args must be a list of texts')
  expect(task({ command: 'rm', args: [['-rf']] })).toBe('tool_input.task.args must be a list of texts')
  const prompt = Array.from({ length: 257 }, () => 'https://a.test').join(' ')
  expect(refusal('gemini-cli', geminiCli('web_fetch', { prompt }))).toMatch(/names more than 256 targets/)
  expect(refusal('gemini-cli', geminiCli('web_fetch', { prompt: 'a.test' }))).toBe(
    'tool_input.prompt must name an address',
  )
})

test.each([
  ['{"command":"ls","command":"rm -rf /"}', 'toolArgs: an object with two members of one name'],
  ['{"command":"ls","\\u0063ommand":"rm -rf /"}', 'toolArgs: a member name with an escape'],
  ['{"__proto__":{"command":"ls"}}', 'toolArgs: key __proto__ is not allowed'],
  ['{"command":"ls"', 'toolArgs: not JSON'],
  ["{'command':'ls'}", 'toolArgs: not JSON'],
  ['{"command":"ls"} {"command":"rm"}', 'toolArgs: not JSON'],
  ['{"command":"\\ud800"}', 'toolArgs: a string with a lone surrogate'],
  [`{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'toolArgs: JSON nested deeper than 64'],
  [`{"a":"${'x'.repeat(10 * 1024 * 1024)}"}`, 'toolArgs: more than 10485760 bytes of JSON'],
  ['rm -rf /', 'toolArgs.command is missing'],
  ['"rm -rf /"', 'toolArgs.command is missing'],
])('arguments as a text that can be read in another way: case %#', (toolArgs, said) => {
  expect(refusal('copilot-cli', copilotCli('bash', toolArgs))).toBe(said)
})

test('a deep document is refused or read, and nothing recurses', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  expect(claude('Bash', { command: deep })).toBe('tool_input.command must be a text')
  refusal('claude-code', { ...claudeCode('Bash', { command: 'x' }), session_id: deep })
  refusal('claude-code', deep)
  const given = { command: 'x', deep }
  expect(dialectOf('claude-code').read(claudeCode('Bash', given)).arguments).toBe(given)
})

test('an own member __proto__ of a document gives it no members', () => {
  const document = JSON.parse(`{"__proto__":${JSON.stringify(claudeCode('Bash', { command: 'x' }))}}`)
  refusal('claude-code', document)
  expect(claude('Bash', JSON.parse('{"__proto__":{"command":"x"}}'))).toBe('tool_input.command is missing')
})

test('a refusal never quotes a value', () => {
  const secret = 'sk-secret\u0000'
  for (const client of HOOK_CLIENTS) {
    const whole = SHELL_DOCUMENTS[client]('ls')
    for (const member of Object.keys(whole))
      for (const value of [secret, [secret], { [member]: secret }])
        try {
          dialectOf(client).read({ ...whole, [member]: value })
        } catch (error) {
          expect(String(error)).not.toContain('sk-secret')
        }
  }
})

test('any change of a document is read, or refused by its code', () => {
  const values = fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant(undefined))
  const whole = fc.constantFrom(...HOOK_CLIENTS).chain((client) => {
    const document = SHELL_DOCUMENTS[client]('ls')
    return fc.tuple(fc.constant(client), fc.constant(document), fc.constantFrom(...Object.keys(document)), values)
  })
  fc.assert(
    fc.property(whole, ([client, document, member, value]) => {
      try {
        const { tool, session } = dialectOf(client).read({ ...document, [member]: value })
        expect([tool.name, session].every((one) => one.length > 0 && one.length <= 256)).toBe(true)
      } catch (error) {
        if (codeOf(error) !== 'INPUT_MALFORMED') throw error
      }
    }),
    { numRuns: 2_000 },
  )
})
