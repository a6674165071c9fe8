import type { ProcessRecord } from '../../../src/discovery/matching/process-record.ts'

export const CLAUDE = '/home/alice/.local/share/claude/versions/2.1.197'
export const CODEX = '/x/node_modules/@openai/codex-linux-x64/vendor/x86_64/bin/codex'
export const CODEX_RELEASE = '/home/alice/.codex/packages/app-server-daemon/releases/0.169.0-x86_64/bin/codex'
export const OPENCODE = '/home/alice/.opencode/bin/opencode'
export const NODE = '/usr/bin/node'

/** One of alice's processes in the terminal session 50. */
export function processRecord(
  pid: number,
  executable: string,
  argv: readonly string[],
  more: Partial<ProcessRecord> = {},
): ProcessRecord {
  return {
    pid,
    parentPid: 50,
    startTicks: pid * 10,
    userId: '1000',
    sessionId: 50,
    ttyNumber: 34816,
    comm: 'x',
    executable,
    argv,
    sessionMarkers: {},
    ...more,
  }
}

/** In a session of its own without a terminal, as agents start their tools. */
export function detached(pid: number, parentPid: number, more: Partial<ProcessRecord> = {}): Partial<ProcessRecord> {
  return { parentPid, sessionId: pid, ttyNumber: 0, ...more }
}
