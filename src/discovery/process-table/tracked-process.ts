import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** A process record that the process memory keeps up to date. */
export interface TrackedProcess extends ProcessRecord {
  parentPid: number
  sessionId: number
  ttyNumber: number
  userId: string
  startTicks: number
  stackStart?: number
  forkedBy?: TrackedProcess | undefined
  ended?: true
  ownSessionChildren?: number
  atExec?: ProcessRecord['atExec']
  firstArgv?: readonly string[]
  resolved?: ProcessRecord['resolved']
  /** Resolving its program timed out. */
  resolvedLate?: true | undefined
  /** It ended before it was read, so its data is incomplete. Its forks inherit this. */
  isMissed?: true
  /** Its other threads may still run. */
  firstThreadEnded?: true
  /** It matches an agent of the catalogue. */
  agent: boolean
  /** False once the process ended or runs another program. */
  live: boolean
  /** Records whose `forkedBy` is this one. */
  forks: number
  /** Upper bound of the links above it. */
  depth: number
  /** Records are numbered in the order in which they were made. */
  serial: number
}

/** kthreadd */
const KERNEL_THREADS = 2
/** From the fourth to the sixteenth tool of a program, the end of each is reported. */
const FIRST_STEP = 4
const LAST_STEP = 16

/** Kernel threads and kthreadd. They come and go on an idle machine and run no program. */
export function isKernelThread({ pid, parentPid, executable }: ProcessRecord): boolean {
  return executable === undefined && (pid === KERNEL_THREADS || parentPid === KERNEL_THREADS)
}

/** True if an ancestor is a known agent. */
export function isBelowAgent({ forkedBy }: TrackedProcess): boolean {
  for (let above = forkedBy; above !== undefined; above = above.forkedBy) if (above.agent) return true
  return false
}

/** True for the leader of a session without a terminal. Agents start tools and systems start services in this way. */
export function leadsOwnSession({ pid, sessionId, ttyNumber }: ProcessRecord): boolean {
  return sessionId === pid && ttyNumber === 0
}

/**
 * Counts a tool that `parent` started. A tool that only runs another program now, as a shell does with `exec`, is not
 * counted twice.
 *
 * @param before the record of the same process until now.
 * @returns true when the count is a power of two, so that a daemon that starts many causes few scans.
 */
export function countTool(parent: TrackedProcess, before: TrackedProcess | undefined): boolean {
  if (before?.atExec !== undefined && leadsOwnSession({ ...before, ...before.atExec })) return false
  const count = (parent.ownSessionChildren ?? 0) + 1
  parent.ownSessionChildren = count
  return (count & (count - 1)) === 0
}

/**
 * True if one of several consecutive tools has ended: an agent would call its model now. Reports each of the early
 * ones, then only when the count is a power of two.
 */
export function isToolStepDone(record: TrackedProcess): boolean {
  const { forkedBy } = record
  const count = forkedBy?.ownSessionChildren ?? 0
  if (!leadsOwnSession(record) || forkedBy?.ended === true) return false
  return count >= FIRST_STEP && (count <= LAST_STEP || (count & (count - 1)) === 0)
}

/**
 * True if `process` is the same process and runs the same program. A fork has its parent's program until it runs its own.
 * False if a value that timed out before can be read now.
 */
export function isSameRun(known: TrackedProcess, process: ProcessEntry): boolean {
  const isSameProcess = known.startTicks === process.startTicks || known.startTicks === 0
  const isMoreComplete =
    (known.argumentsUnread === true && process.argumentsUnread === undefined) ||
    (known.executable === undefined && process.executable !== undefined) ||
    // Its file became known by another name meanwhile.
    (known.startedAs === undefined && process.startedAs !== undefined)
  return isSameProcess && !isMoreComplete && known.isMissed === undefined && isSameProgram(known, process)
}

/** Takes over what a scan found. @returns false if session, terminal or user differ from what events said. */
export function updateFrom(known: TrackedProcess, process: ProcessEntry): boolean {
  const { parentPid, sessionId, ttyNumber, userId, startTicks, stackStart } = process
  const asTold = known.sessionId === sessionId && known.ttyNumber === ttyNumber && known.userId === userId
  Object.assign(known, { parentPid, sessionId, ttyNumber, userId, startTicks })
  if (stackStart !== undefined) known.stackStart = stackStart
  return asTold
}

/** True if a scan saw this program before its exec event arrived. A fork (no start time yet) has run nothing. */
export function wasSeen(known: TrackedProcess, started: ProcessEntry): boolean {
  return known.startTicks !== 0 && isSameRun(known, started) && hasSameCommand(known, started)
}

/** Compares commands too: without stack randomisation (`setarch -R`) different programs can have the same stack start. */
function hasSameCommand({ executable, argv, argumentsCut }: TrackedProcess, started: ProcessEntry): boolean {
  if (started.executable !== undefined && started.executable !== executable) return false
  const isTitle = started.argv.slice(1).every((part) => part === '')
  if (isTitle) return true // the process has overwritten its command line since
  const isWhole = argumentsCut === true || argv.length === started.argv.length
  return isWhole && argv.every((kept, at) => started.argv[at]?.startsWith(kept))
}

/** True if the record holds this process's own, complete data, and not what a fork inherited. */
export function hasOwnData({ startTicks, isMissed, argumentsUnread, firstThreadEnded }: TrackedProcess): boolean {
  return startTicks !== 0 && (isMissed ?? argumentsUnread ?? firstThreadEnded) === undefined
}

export function sessionPositionOf({
  parentPid,
  sessionId,
  ttyNumber,
}: ProcessEntry): NonNullable<ProcessRecord['atExec']> {
  return { parentPid, sessionId, ttyNumber }
}

function isSameProgram(known: TrackedProcess, process: ProcessEntry): boolean {
  if (known.stackStart !== undefined && process.stackStart !== undefined) {
    return known.stackStart === process.stackStart
  }
  return known.executable === process.executable || process.executable === undefined
}
