import type { HookClient } from '../../../src/protocol/gate/hook-clients.ts'

/** Documents as the clients write them. Each function makes one of a tool and its arguments. */

export const claudeCode = (tool_name: string, tool_input: unknown) => ({
  session_id: '00893aaf-19fa-41d2-8238-13269b9b3ca0',
  prompt_id: 'prompt-1',
  transcript_path: '/home/ann/.claude/projects/x/00893aaf.jsonl',
  cwd: '/home/ann/x',
  permission_mode: 'default',
  hook_event_name: 'PreToolUse',
  tool_name,
  tool_input,
  tool_use_id: 'toolu_01ABC',
})

export const codex = (tool_name: string, tool_input: unknown) => ({
  session_id: '0199a213-81c0-7800-8aa1-bbab2a035a53',
  turn_id: 'turn-1',
  transcript_path: null,
  cwd: '/home/ann/x',
  hook_event_name: 'PreToolUse',
  model: 'gpt-5-codex',
  permission_mode: 'default',
  tool_name,
  tool_input,
  tool_use_id: 'call_1',
})

export const copilotCli = (toolName: string, toolArgs: unknown) => ({
  sessionId: 'b1f0c5f2',
  timestamp: 1_796_640_000_000,
  cwd: '/home/ann/x',
  toolName,
  toolArgs,
})

const CURSOR = {
  conversation_id: '668320d2-2fd8-4888-b33c-2a466fec86e7',
  generation_id: '490b90b7-a2ce-4c2c-bb76-cb77b125df2f',
  model: 'default',
  cursor_version: '3.9.16',
  workspace_roots: ['/home/ann/x', '/home/ann/y'],
  user_email: null,
  transcript_path: null,
}

export const cursor = (tool_name: string, tool_input: unknown) => ({
  ...CURSOR,
  hook_event_name: 'preToolUse',
  tool_name,
  tool_input,
  tool_use_id: 'tool_1',
  cwd: '/home/ann/x/src',
})

export const cursorShell = (command: string, cwd: string) => ({
  ...CURSOR,
  hook_event_name: 'beforeShellExecution',
  command,
  cwd,
  sandbox: false,
})

export const cursorMcp = (tool_name: string, tool_input: unknown, server: object) => ({
  ...CURSOR,
  hook_event_name: 'beforeMCPExecution',
  tool_name,
  tool_input,
  ...server,
})

export const geminiCli = (tool_name: string, tool_input: unknown) => ({
  session_id: '5c1e',
  transcript_path: '',
  cwd: '/home/ann/x',
  hook_event_name: 'BeforeTool',
  timestamp: '2026-12-07T11:00:00.000Z',
  tool_name,
  tool_input,
})

export const opencode = (tool: string, args: unknown) => ({
  sessionID: 'ses_1',
  callID: 'call_1',
  tool,
  args,
  directory: '/home/ann/x',
})

export const vscode = (tool_name: string, tool_input: unknown) => ({
  timestamp: '2026-02-09T10:30:00.000Z',
  cwd: '/home/ann/x',
  sessionId: 'session-identifier',
  hookEventName: 'PreToolUse',
  transcript_path: '/home/ann/transcript.json',
  tool_name,
  tool_input,
  tool_use_id: 'tool-123',
})

export const windsurf = (agent_action_name: string, tool_info: object) => ({
  agent_action_name,
  trajectory_id: 'traj-abc123',
  execution_id: 'exec-xyz789',
  timestamp: '2026-04-16T10:00:00Z',
  model_name: 'Claude Sonnet 4',
  tool_info,
})

/** A call of a shell, by each client. */
export const SHELL_DOCUMENTS: Readonly<Record<HookClient, (command: unknown) => object>> = {
  'claude-code': (command) => claudeCode('Bash', { command }),
  codex: (command) => codex('Bash', { command }),
  'copilot-cli': (command) => copilotCli('bash', { command }),
  cursor: (command) => cursor('Shell', { command }),
  'gemini-cli': (command) => geminiCli('run_shell_command', { command }),
  opencode: (command) => opencode('bash', { command }),
  vscode: (command) => vscode('run_in_terminal', { command }),
  windsurf: (command_line) => windsurf('pre_run_command', { command_line, cwd: '/home/ann/x' }),
}
