import type { HookClient } from '../../protocol/gate/hook-clients.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import type { Dialect } from './dialect.ts'
import { geminiCli } from './gemini-cli.ts'
import { windsurf } from './windsurf.ts'

const DIALECTS: Partial<Readonly<Record<HookClient, Dialect>>> = {
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  windsurf,
}

/** Undefined for a client that the gate does not understand yet. */
export function dialectOf(client: HookClient): Dialect | undefined {
  return DIALECTS[client]
}
