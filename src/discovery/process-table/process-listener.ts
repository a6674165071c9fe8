import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** What is told of processes as they begin. */
export interface ProcessListener {
  /** Our own process: what it starts in sessions of their own is told as no tool, and is no reason to look. */
  readonly ownPid?: number | undefined
  /** Something started as agents start their tools, below no agent that is known. */
  readonly onTool?: ((tool: ProcessRecord, parent: ProcessRecord) => void) | undefined
  /** Any program started at all: as it was told, with all of its arguments; and who forked it, where that was seen. */
  readonly onStart?: ((process: ProcessEntry, forkedBy: ProcessRecord | undefined) => void) | undefined
  /** Something forked. */
  readonly onFork?: ((parent: ProcessRecord) => void) | undefined
  /** Any program started below no agent that is known: was anything noted, and does that call for a look? */
  readonly onRun?: ((program: ProcessRecord, parent: ProcessRecord) => 'look' | 'noted' | undefined) | undefined
}
