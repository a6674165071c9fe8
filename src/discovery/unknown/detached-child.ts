import type { ProcessRecord } from '../matching/process-record.ts'
import { leadsOwnSession } from '../process-table/tracked-process.ts'
import { keepsSessions } from './known-runners.ts'
import { sameProgram } from './program-name.ts'

/**
 * True for the leader of a session without a terminal. All of the nine agents that we observed start tools in this way.
 * Called for every program that starts, so it must be cheap.
 */
export function standsAlone(process: ProcessRecord): boolean {
  return (
    leadsOwnSession(process) &&
    // A child of init from the start is a service. One that init adopted may still be a tool.
    (process.parentPid > 1 || process.forkedBy !== undefined) &&
    process.executable !== undefined
  )
}

/** True if `parent` may have started it as a tool. A helper that runs the same program is not a tool. */
export function couldBeTool(child: ProcessRecord, parent: ProcessRecord): boolean {
  return (
    standsAlone(child) &&
    child.startTicks >= parent.startTicks &&
    parent.pid !== child.pid &&
    !keepsSessions(parent) &&
    !sameProgram(child, parent)
  )
}
