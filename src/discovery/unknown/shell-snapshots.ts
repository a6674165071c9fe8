import type { Reason } from './signals.ts'
import type { PastTool } from './tool-memory.ts'

/**
 * Its tools begin with a snapshot of a person's shell, as Claude Code, Codex and OpenClaw have them do: what runs commands for a
 * project, or a server for developers, has no use for one.
 */
export function snapshotReason(tools: readonly PastTool[]): Reason | undefined {
  if (!tools.some(({ loadsSnapshot }) => loadsSnapshot)) return undefined
  return {
    name: 'shell-snapshots',
    weight: 20,
    detail: 'has its commands begin with a snapshot of a shell that it keeps',
  }
}
