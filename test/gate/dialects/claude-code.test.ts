import { claudeCode } from '../../../src/gate/dialects/claude-code.ts'

const DOCUMENT = {
  session_id: '00893aaf-19fa-41d2-8238-13269b9b3ca0',
  prompt_id: 'p1',
  transcript_path: '/home/ann/.claude/projects/x/00893aaf.jsonl',
  cwd: '/home/ann/x',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name: 'Bash',
  tool_input: { command: 'git status', description: 'Show the state', timeout: 1000 },
  tool_use_id: 'toolu_01ABC',
}

test('reads a call of the shell', () => {
  expect(claudeCode.read(DOCUMENT)).toEqual({
    session: '00893aaf-19fa-41d2-8238-13269b9b3ca0',
    tool: { kind: 'shell', name: 'Bash' },
    arguments: DOCUMENT.tool_input,
    command: 'git status',
    folder: '/home/ann/x',
    call: 'toolu_01ABC',
  })
})
