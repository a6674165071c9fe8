import type { HookClient } from '../../protocol/gate/hook-clients.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { copilotCli } from './copilot-cli.ts'
import { cursor } from './cursor.ts'
import type { Dialect } from './dialect.ts'
import { geminiCli } from './gemini-cli.ts'
import { opencode } from './opencode.ts'
import { vscode } from './vscode.ts'
import { windsurf } from './windsurf.ts'

const DIALECTS: Readonly<Record<HookClient, Dialect>> = {
  'claude-code': claudeCode,
  codex,
  'copilot-cli': copilotCli,
  cursor,
  'gemini-cli': geminiCli,
  opencode,
  vscode,
  windsurf,
}

export function dialectOf(client: HookClient): Dialect {
  return DIALECTS[client]
}
