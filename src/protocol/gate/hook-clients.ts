/**
 * Agents whose hooks ask the gate before they act, by their id in the catalogue. `vscode` is the "Local" harness of VS Code: its
 * Copilot harness reads the policy files of `copilot-cli`.
 */
export const HOOK_CLIENTS = [
  'claude-code',
  'codex',
  'copilot-cli',
  'cursor',
  'gemini-cli',
  'opencode',
  'vscode',
  'windsurf',
] as const
export type HookClient = (typeof HOOK_CLIENTS)[number]

export function isHookClient(name: string): name is HookClient {
  return HOOK_CLIENTS.some((one) => one === name)
}

/** Where hooks ask on Linux, also in `native/linux/hook/main.c`. Not in /run/surety, which systemd removes when suretyd ends. */
export const HOOKS_SOCKET = '/run/surety-gate/hooks.sock'

/** What our settings let a client wait for its hook: long enough for a human to answer. */
export const HOOK_SECONDS = 300
