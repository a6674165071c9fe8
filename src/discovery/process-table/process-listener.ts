import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** Callbacks for process events. */
export interface ProcessListener {
  /** Our own process. Its children are never reported as tools and never cause a scan. */
  readonly ownPid?: number | undefined
  /** A program started as agents start their tools, but not below a known agent. */
  readonly onTool?: ((tool: ProcessRecord, parent: ProcessRecord) => void) | undefined
  /** Any program started. `process` has all of its arguments; `forkedBy` is undefined if the fork was not seen. */
  readonly onStart?: ((process: ProcessEntry, forkedBy: ProcessRecord | undefined) => void) | undefined
  readonly onFork?: ((parent: ProcessRecord, pid: number) => void) | undefined
  /** A process runs another program. @returns true for a job that an agent had another program start. */
  readonly onExec?: ((record: ProcessRecord) => boolean) | undefined
  /** Whether what this process forks may be such a job. */
  readonly startsJobs?: ((record: ProcessRecord) => boolean) | undefined
  readonly onEnd?: ((pid: number) => void) | undefined
  readonly onLost?: (() => void) | undefined
  /** A program started, but not below a known agent. @returns `scan` if it calls for a scan, `noted` if it was only noted. */
  readonly onRun?: ((program: ProcessRecord, parent: ProcessRecord) => 'scan' | 'noted' | undefined) | undefined
}
