import type { ProcessEntry } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'

/** A record that the memory still keeps up: what is looked at anew, what ends. */
export interface Remembered extends ProcessRecord {
  parentPid: number
  sessionId: number
  ttyNumber: number
  userId: string
  startTicks: number
  stackStart?: number
  forkedBy?: Remembered | undefined
  ended?: true
  ownSessionChildren?: number
  atExec?: ProcessRecord['atExec']
  firstArgv?: readonly string[]
  resolved?: ProcessRecord['resolved']
  /** Where what it runs lies did not come in time. */
  resolvedLate?: true | undefined
  /** What it runs was gone before anybody could look, as it was told; so too of what it forked since. */
  isPassed?: true
  /** Its other threads may go on. */
  firstThreadEnded?: true
  /** It bears the mark of an agent. */
  agent: boolean
  /** Of the process that runs now, and not of one that ended or became another program. */
  live: boolean
  /** Records that name it as the one that forked them. */
  forks: number
  /** Links above it, at most. */
  depth: number
  /** When it was made, in the memory's own count. */
  born: number
}

/** kthreadd */
const KERNEL_THREADS = 2
/** Of so many tools of one program the end of each is told. */
const FIRST_STEP = 4
const LAST_STEP = 16

/** A thread of the kernel, or the one that starts them: they come and go on a machine that does nothing, and run nothing. */
export function isOfKernel({ pid, parentPid, executable }: ProcessRecord): boolean {
  return executable === undefined && (pid === KERNEL_THREADS || parentPid === KERNEL_THREADS)
}

/** Some agent that is known forked it, or one above it. */
export function isBelowAgent({ forkedBy }: Remembered): boolean {
  for (let above = forkedBy; above !== undefined; above = above.forkedBy) if (above.agent) return true
  return false
}

/** First of a session of its own, without a terminal: as agents start their tools, and systems their services. */
export function leadsOwnSession({ pid, sessionId, ttyNumber }: ProcessRecord): boolean {
  return sessionId === pid && ttyNumber === 0
}

/**
 * Counts a tool that `parent` has started, unless it is one already that now runs another program, as shells hand over to what
 * they were given.
 *
 * @param before what the same process ran until now.
 * @returns each time that their number has doubled, so that a daemon costs few looks.
 */
export function countsTool(parent: Remembered, before: Remembered | undefined): boolean {
  if (before?.atExec !== undefined && leadsOwnSession({ ...before, ...before.atExec })) return false
  const count = (parent.ownSessionChildren ?? 0) + 1
  parent.ownSessionChildren = count
  return (count & (count - 1)) === 0
}

/**
 * One of several that were started as agents start their tools, one after another: whoever runs them asks somebody now. Of the
 * first of them each, then as often as of their starts.
 */
export function stepIsOver(record: Remembered): boolean {
  const { forkedBy } = record
  const count = forkedBy?.ownSessionChildren ?? 0
  if (!leadsOwnSession(record) || forkedBy?.ended === true) return false
  return count >= FIRST_STEP && (count <= LAST_STEP || (count & (count - 1)) === 0)
}

/**
 * The same process, and the same program in it. A fork is its parent's program until it runs one of its own. What could not be
 * read in time, on a busy machine, and can be now is not the same.
 */
export function isSame(known: Remembered, process: ProcessEntry): boolean {
  const isSameProcess = known.startTicks === process.startTicks || known.startTicks === 0
  const saysMore =
    (known.argumentsUnread === true && process.argumentsUnread === undefined) ||
    (known.executable === undefined && process.executable !== undefined)
  return isSameProcess && !saysMore && known.isPassed === undefined && isSameProgram(known, process)
}

/** Takes over what a look at the same process found. @returns false where it stands elsewhere or is another's than was told. */
export function update(known: Remembered, process: ProcessEntry): boolean {
  const { parentPid, sessionId, ttyNumber, userId, startTicks, stackStart } = process
  const asTold = known.sessionId === sessionId && known.ttyNumber === ttyNumber && known.userId === userId
  Object.assign(known, { parentPid, sessionId, ttyNumber, userId, startTicks })
  if (stackStart !== undefined) known.stackStart = stackStart
  return asTold
}

/** What begins now was seen already: a look came before what was told. A fork has run nothing yet, whatever its parent was. */
export function isSeen(known: Remembered, started: ProcessEntry): boolean {
  return known.startTicks !== 0 && isSame(known, started) && saysTheSame(known, started)
}

/** Where stacks lie at no random place (`setarch -R`), that of a program with as many letters begins where the last one's did. */
function saysTheSame({ executable, argv, argumentsCut }: Remembered, started: ProcessEntry): boolean {
  if (started.executable !== undefined && started.executable !== executable) return false
  const isTitle = started.argv.slice(1).every((part) => part === '')
  if (isTitle) return true // it was overwritten since
  const isWhole = argumentsCut === true || argv.length === started.argv.length
  return isWhole && argv.every((kept, at) => started.argv[at]?.startsWith(kept))
}

/** It was read itself, and whole: it is no fork that is taken for its parent, and was there when it was looked at, as it is still. */
export function isRead({ startTicks, isPassed, argumentsUnread, firstThreadEnded }: Remembered): boolean {
  return startTicks !== 0 && (isPassed ?? argumentsUnread ?? firstThreadEnded) === undefined
}

export function placeOf({ parentPid, sessionId, ttyNumber }: ProcessEntry): NonNullable<ProcessRecord['atExec']> {
  return { parentPid, sessionId, ttyNumber }
}

function isSameProgram(known: Remembered, process: ProcessEntry): boolean {
  if (known.stackStart !== undefined && process.stackStart !== undefined) {
    return known.stackStart === process.stackStart
  }
  return known.executable === process.executable || process.executable === undefined
}
