import type { Reason } from './signals.ts'
import type { PastTool } from './tool-memory.ts'

/**
 * The tools load a snapshot of the user's shell, as those of Claude Code, Codex and OpenClaw do. Build tools and
 * development servers have no use for one.
 */
export function snapshotReason(tools: readonly PastTool[]): Reason | undefined {
  if (!tools.some(({ loadsSnapshot }) => loadsSnapshot)) return undefined
  return {
    name: 'shell-snapshots',
    weight: 20,
    detail: 'has its commands begin with a snapshot of a shell that it keeps',
  }
}
