import type { HookClient } from '../../protocol/gate/hook-clients.ts'
import { claudeCode } from './claude-code.ts'
import type { ClientFile } from './client-file.ts'
import { codex } from './codex.ts'
import { copilotCli } from './copilot-cli.ts'
import { cursor } from './cursor.ts'
import { geminiCli } from './gemini-cli.ts'
import { windsurf } from './windsurf.ts'

/** The file of each client, or why there is none. */
export const CLIENT_FILES: Readonly<Record<HookClient, ClientFile | string>> = {
  'claude-code': claudeCode,
  codex,
  'copilot-cli': copilotCli,
  cursor,
  'gemini-cli': geminiCli,
  opencode: 'not supported yet: OpenCode reads no hooks from a file of administrators',
  vscode:
    'no file of administrators is known: its Copilot harness reads that of copilot-cli, its Local harness has none',
  windsurf,
}
