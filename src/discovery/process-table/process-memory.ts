import type {
  ProcessEvent,
  ProcessEventSource,
  ProcessEvents,
  ProcessEventWatch,
} from '../../system/processes/process-events.ts'
import type { ProcessEntry, ProcessSurroundings } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { ChangeCounter, type ChangeCounts, EventLossDetector, type ProcessChange } from './change-counter.ts'
import { LiveProcesses } from './live-processes.ts'
import { ProcessReader, type ProcessReaderComponents, type ProcessReaderInit, untracked } from './process-reader.ts'
import {
  countTool,
  hasOwnData,
  isBelowAgent,
  isKernelThread,
  isSameRun,
  isToolStepDone,
  leadsOwnSession,
  sessionPositionOf,
  type TrackedProcess,
  updateFrom,
  wasSeen,
} from './tracked-process.ts'

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

interface ProcessMemoryInit extends ProcessReaderInit, ProcessListener {}

/** Live processes that are remembered. Others are scanned each time. */
const MAX_LIVE = 20_000
/** With this many live processes, records keep shorter command lines. */
const MANY = 2_000
const KINDS: readonly ProcessEvent['kind'][] = ['fork', 'exec', 'session', 'exit']

/**
 * Remembers each live process as it was when it started its program, and the process that forked it. Without events it
 * keeps what the first scan found, while the same process runs the same program.
 */
export class ProcessMemory {
  readonly #init: ProcessMemoryInit
  readonly #live = new LiveProcesses()
  readonly #reader: ProcessReader
  /** No event was lost since the last full scan. */
  #isComplete = false
  #lostMeanwhile = false
  readonly #changes = new ChangeCounter()
  #watch: ProcessEventWatch | undefined
  readonly #lossDetector = new EventLossDetector()
  #scannedUpTo = 0
  #scanSince = 0

  constructor(components: ProcessReaderComponents, init: ProcessMemoryInit) {
    this.#reader = new ProcessReader(components, init)
    this.#init = init
  }

  /** Numbers of live processes, and of ended ones with live descendants. */
  get size(): { readonly live: number; readonly ended: number } {
    return { live: this.#live.size, ended: this.#live.endedCount }
  }

  /** Counts of changes until now; undefined if events were lost. */
  changes(): ChangeCounts | undefined {
    this.#watch?.take?.()
    return this.#isComplete ? this.#changes.counts : undefined
  }

  /** Call before each scan, full or by events. @returns as `changes`. */
  beginScan(): ChangeCounts | undefined {
    this.#watch?.take?.()
    this.#changes.scanStarted()
    return this.#isComplete ? this.#changes.counts : undefined
  }

  /** True if the last full scan found what events had announced. */
  get isConsistent(): boolean {
    return this.#isComplete && this.#lossDetector.isConsistent
  }

  /** True if processes start but events no longer arrive. */
  get isSilent(): boolean {
    return this.#lossDetector.isSilent
  }

  /** Follows events until the result is disposed. @throws as `ProcessEventSource.watch`. */
  follow(source: ProcessEventSource, onChange: (change: ProcessChange) => void): ProcessEventWatch {
    const take = (batch: ProcessEvents) => {
      try {
        for (const change of this.#take(batch)) onChange(change)
      } catch (error) {
        this.#lose() // the rest of the batch was not applied
        throw error
      }
    }
    const watch = source.watch(KINDS, take, { variables: this.#init.sessionVariables })
    this.#watch = watch
    this.#lossDetector.reset()
    this.recheck()
    return {
      ...watch,
      get fault() {
        return watch.fault
      },
      get filesFault() {
        return watch.filesFault
      },
      [Symbol.dispose]: () => {
        this.#isComplete = false
        this.#watch = undefined
        watch[Symbol.dispose]()
      },
    }
  }

  /** Call before reading all processes. The scan makes up for events that were lost before. */
  beginFullScan(): void {
    this.#lostMeanwhile = false
    this.#scanSince = this.#live.serial
  }

  /** @param processes a full scan. @returns each as it was when it started, in the same order. */
  records(processes: readonly ProcessEntry[]): readonly ProcessRecord[] {
    this.#watch?.take?.()
    this.#lossDetector.scanStarted({ total: this.#changes.counts.total, isComplete: this.#isComplete })
    const records = processes.map((process) => this.#latest(process))
    const present = new Set(processes.map(({ pid }) => pid))
    for (const record of this.#live.all) {
      // A process that started during the scan may have been missed by it.
      if (present.has(record.pid) || record.serial > this.#scannedUpTo) continue
      this.#lossDetector.mismatch()
      this.#ended(record.pid)
    }
    this.#scannedUpTo = this.#live.serial
    this.#changes.scanDone(this.#live.serial)
    this.#lossDetector.scanEnded({ total: this.#changes.counts.total })
    this.#isComplete = this.#watch !== undefined && !this.#lostMeanwhile
    return records
  }

  /**
   * All processes without a full scan; undefined if events were lost since the last one. Reads only processes whose
   * parent has ended or that have run no program of their own yet.
   */
  current(): readonly ProcessRecord[] | undefined {
    if (!this.#isComplete || this.#live.size >= MAX_LIVE) return undefined
    const records: ProcessRecord[] = []
    for (const record of this.#live.all) {
      const known = hasOwnData(record) && (record.parentPid === 0 || this.#live.get(record.parentPid) !== undefined)
      const entry = known ? record : this.#reader.readAgain(record)
      if (entry === 'no-descriptors') return undefined
      if (entry === undefined && record.firstThreadEnded) this.#ended(record.pid)
      if (entry !== undefined) records.push(known ? record : this.#observe(entry))
      if (entry?.argumentsUnread) this.#changes.began(record) // no event says when it becomes readable
    }
    this.#changes.scanDone(this.#live.serial)
    return records
  }

  /** The live processes as scans and events describe them now. Incomplete where events were lost since the last scan. */
  live(): readonly ProcessRecord[] {
    this.#watch?.take?.()
    return this.#live.all
  }

  /** Matches all live processes again, after the homes or the catalogue changed. */
  recheck(): void {
    for (const record of this.#live.all) {
      this.#reader.resolveAgain(record)
      record.agent = this.#init.isAgent(record)
      this.#watchForks(record)
    }
  }

  #take({ events, lost }: ProcessEvents): ReadonlySet<ProcessChange> {
    const changes = new Set<ProcessChange>(lost ? ['lost'] : [])
    for (const event of events) {
      const change = this.#apply(event)
      if (change !== undefined) changes.add(change)
    }
    if (changes.has('lost')) this.#lose()
    return changes
  }

  #lose(): void {
    this.#init.onLost?.()
    this.#isComplete = false
    this.#lostMeanwhile = true
  }

  #apply(event: ProcessEvent): ProcessChange | undefined {
    const { kind, pid, parentPid } = event
    switch (kind) {
      case 'fork':
        return this.#forked(pid, parentPid ?? 0)
      case 'session': {
        const record = this.#live.get(pid)
        if (record === undefined) return undefined
        this.#changes.changed(record)
        record.sessionId = pid
        record.ttyNumber = 0
        return undefined
      }
      case 'exec':
        return this.#executed(event)
      case 'exit':
        return this.#reader.hasOtherThreads(this.#live.get(pid)) ? 'ended' : this.#ended(pid)
      default:
        return kind satisfies never
    }
  }

  #forked(pid: number, parentPid: number): undefined {
    this.#ended(pid)
    if (this.#live.size >= MAX_LIVE) return
    const parent = this.#live.get(parentPid) ?? this.#read(parentPid)
    if (parent === undefined) return
    this.#init.onFork?.(parent, pid)
    const child = this.#live.fork(pid, parent)
    if (!isKernelThread(parent)) this.#changes.began(child)
  }

  #executed({ pid, process, executable }: ProcessEvent): ProcessChange | undefined {
    const before = this.#live.get(pid)
    this.#changes.changed(before)
    const entry = typeof process === 'object' ? process : process === 'gone' ? undefined : this.#reader.entry(pid)
    if (entry === 'no-descriptors') return 'lost'
    if (entry === undefined) {
      const serial = this.#live.nextSerial()
      if (before === undefined) return undefined
      const missed = this.#reader.missedRecord(before, executable, { serial })
      this.#replace(missed, before)
      this.#init.onExec?.(missed)
      return undefined
    }
    if (before !== undefined && wasSeen(before, entry)) return undefined
    this.#init.onStart?.(entry, before?.forkedBy)
    const surroundings = typeof process === 'object' ? process : this.#reader.surroundings(entry)
    const record = this.#remember(entry, surroundings, before)
    if (before === undefined) this.#changes.began(record)
    record.atExec = sessionPositionOf(entry)
    const isHandedOff = this.#init.onExec?.(record) === true
    if (isHandedOff) this.#watch?.watchProcess?.(pid, { forks: true })
    if (record.agent || isHandedOff) return 'started'
    if (before?.agent === true && before.forkedBy?.agent !== true) return 'ended'
    const repeated = this.#isRepeated(record, before)
    const below = isBelowAgent(record)
    if (below || leadsOwnSession(record)) this.#watch?.watchProcess?.(pid, { forks: below })
    if (below) return 'part'
    const { forkedBy } = record
    const noted = forkedBy === undefined ? undefined : this.#init.onRun?.(record, forkedBy)
    if (noted !== undefined) this.#changes.noted()
    return repeated || noted === 'scan' ? 'tool' : undefined
  }

  #ended(pid: number): ProcessChange | undefined {
    const record = this.#live.end(pid)
    if (record === undefined) return undefined
    this.#init.onEnd?.(pid)
    if (!isKernelThread(record)) this.#changes.ended(record)
    if (record.agent) return 'ended'
    if (record.atExec === undefined) return undefined
    return isBelowAgent(record) ? 'part' : isToolStepDone(record) ? 'tool' : undefined
  }

  /** Notes a process that starts as tools do. Returns as `countTool` has it. */
  #isRepeated(record: TrackedProcess, before: TrackedProcess | undefined): boolean {
    const { forkedBy } = record
    if (forkedBy === undefined || forkedBy.pid === this.#init.ownPid || !leadsOwnSession(record)) return false
    this.#changes.noted()
    const isDoubled = countTool(forkedBy, before)
    this.#init.onTool?.(record, forkedBy)
    return isDoubled
  }

  /** Prefers what events said after the scan read the process. */
  #latest(process: ProcessEntry): ProcessRecord {
    const known = this.#live.get(process.pid)
    if (known === undefined || known.serial <= this.#scanSince) return this.#observe(process)
    const entry = hasOwnData(known) ? undefined : this.#reader.entry(known.pid)
    return hasOwnData(known) ? known : this.#observe(typeof entry === 'object' ? entry : process)
  }

  #observe(process: ProcessEntry): ProcessRecord {
    const known = this.#live.get(process.pid)
    if (known !== undefined && isSameRun(known, process)) {
      if (!updateFrom(known, process)) this.#lossDetector.mismatch()
      if (known.resolvedLate) this.#reader.resolveAgain(known)
      return known
    }
    this.#lossDetector.mismatch()
    const surroundings = this.#reader.surroundings(process)
    if (surroundings === undefined || this.#live.size >= MAX_LIVE) return untracked(process, surroundings)
    return this.#remember(process, surroundings, known)
  }

  #read(pid: number): TrackedProcess | undefined {
    const entry = this.#reader.entry(pid)
    if (entry === undefined || entry === 'no-descriptors') return undefined
    const record = this.#remember(entry, this.#reader.surroundings(entry), undefined)
    this.#changes.began(record)
    return record
  }

  #remember(
    entry: ProcessEntry,
    surroundings: Omit<ProcessSurroundings, 'startTicks'> | undefined,
    before: TrackedProcess | undefined,
  ): TrackedProcess {
    const record = this.#reader.record(entry, surroundings, {
      serial: this.#live.nextSerial(),
      many: this.#live.size >= MANY,
    })
    this.#replace(record, before)
    return record
  }

  #replace(record: TrackedProcess, before: TrackedProcess | undefined): void {
    this.#live.put(record, before)
    this.#watchForks(record)
  }

  #watchForks(record: TrackedProcess): void {
    if (record.agent || this.#init.startsJobs?.(record) === true)
      this.#watch?.watchProcess?.(record.pid, { forks: true })
  }
}
