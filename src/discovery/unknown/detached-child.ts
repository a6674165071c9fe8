import type { ProcessRecord } from '../matching/process-record.ts'
import { leadsOwnSession } from '../process-table/tracked-process.ts'
import { keepsSessions } from './known-runners.ts'
import { sameProgram } from './program-name.ts'

/**
 * Does it stand in its session as the tools of agents do: first of a session of its own, without a terminal? All of
 * nine agents whose tools were watched start them so. Cheap: asked of every program that starts.
 */
export function standsAlone(process: ProcessRecord): boolean {
  return (
    leadsOwnSession(process) &&
    // What init has from the start is a service; what it was given when its parent ended may be a tool still.
    (process.parentPid > 1 || process.forkedBy !== undefined) &&
    process.executable !== undefined
  )
}

/** Could `parent` have started it as a tool? A helper of its own, run from the same program, is none. */
export function couldBeTool(child: ProcessRecord, parent: ProcessRecord): boolean {
  return (
    standsAlone(child) &&
    child.startTicks >= parent.startTicks &&
    parent.pid !== child.pid &&
    !keepsSessions(parent) &&
    !sameProgram(child, parent)
  )
}
