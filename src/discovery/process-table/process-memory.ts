import type {
  ProcessEvent,
  ProcessEventSource,
  ProcessEvents,
  ProcessEventWatch,
} from '../../system/processes/process-events.ts'
import type { ProcessEntry, ProcessSurroundings } from '../../system/processes/process-table.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { SinceLook, type Told } from './change-counter.ts'
import { LooksAndEvents } from './event-loss-detector.ts'
import { LiveRecords } from './live-processes.ts'
import type { ProcessChange } from './process-change.ts'
import type { ProcessListener } from './process-listener.ts'
import { FirstLook, type FirstLookComponents, type FirstLookInit, unremembered } from './process-reader.ts'
import {
  countsTool,
  isBelowAgent,
  isOfKernel,
  isRead,
  isSame,
  isSeen,
  leadsOwnSession,
  placeOf,
  type Remembered,
  stepIsOver,
  update,
} from './tracked-process.ts'

export interface ProcessMemoryInit extends FirstLookInit, ProcessListener {}

/** So many live processes are remembered; a machine that runs more is looked at without memory of the rest. */
const MAX_LIVE = 20_000
/** From so many on, less is kept of each. */
const MANY = 2_000
const KINDS: readonly ProcessEvent['kind'][] = ['fork', 'exec', 'session', 'exit']

/**
 * Keeps what every live process was when it began to run its program, and who forked it. Without events it keeps what a
 * look found first, for as long as the same process runs the same program.
 */
export class ProcessMemory {
  readonly #init: ProcessMemoryInit
  readonly #live = new LiveRecords()
  readonly #firstLook: FirstLook
  /** Nothing was missed since all processes were looked at. */
  #whole = false
  #lostMeanwhile = false
  readonly #sinceLook = new SinceLook()
  #watch: ProcessEventWatch | undefined
  readonly #looks = new LooksAndEvents()
  #lookedAt = 0
  #lookingSince = 0

  constructor(components: FirstLookComponents, init: ProcessMemoryInit) {
    this.#firstLook = new FirstLook(components, init)
    this.#init = init
  }

  /** How much is kept: live processes, and those that ended and have descendants. */
  get size(): { readonly live: number; readonly ended: number } {
    return { live: this.#live.size, ended: this.#live.endedCount }
  }

  /** What was told until now; undefined unless nothing was missed. */
  told(): Told | undefined {
    this.#watch?.take?.()
    return this.#whole ? this.#sinceLook.told : undefined
  }

  /** A look begins, at all processes or by what was told until now. */
  lookBegins(): Told | undefined {
    this.#watch?.take?.()
    this.#sinceLook.begins()
    return this.#whole ? this.#sinceLook.told : undefined
  }

  /** The last scan of all processes found what events had told. */
  get agreed(): boolean {
    return this.#whole && this.#looks.agree
  }

  /** Nothing is told any more, though it should be. */
  get isDeaf(): boolean {
    return this.#looks.isDeaf
  }

  /** Until the answer is disposed. @throws as `ProcessEventSource.watch`. */
  follow(source: ProcessEventSource, onChange: (change: ProcessChange) => void): ProcessEventWatch {
    const take = (told: ProcessEvents) => {
      try {
        for (const change of this.#take(told)) onChange(change)
      } catch (error) {
        this.#lose() // of the rest nothing is known
        throw error
      }
    }
    const watch = source.watch(KINDS, take, { variables: this.#init.sessionVariables })
    this.#watch = watch
    this.#looks.follow()
    this.recheck()
    return {
      ...watch,
      [Symbol.dispose]: () => {
        this.#whole = false
        this.#watch = undefined
        watch[Symbol.dispose]()
      },
    }
  }

  /** A scan of all processes begins: what was lost before, it finds. */
  looking(): void {
    this.#lostMeanwhile = false
    this.#lookingSince = this.#live.born
  }

  /** What a scan of all processes found, each as it was when it started. In the same order. */
  records(processes: readonly ProcessEntry[]): readonly ProcessRecord[] {
    this.#watch?.take?.()
    this.#looks.begins({ told: this.#sinceLook.told.all, isWhole: this.#whole })
    const records = processes.map((process) => this.#newest(process))
    const present = new Set(processes.map(({ pid }) => pid))
    for (const record of this.#live.all) {
      // What began since the last look may have done so after its place in this one was passed.
      if (present.has(record.pid) || record.born > this.#lookedAt) continue
      this.#looks.amiss()
      this.#ended(record.pid)
    }
    this.#lookedAt = this.#live.born
    this.#sinceLook.saw(this.#live.born)
    this.#looks.ends({ told: this.#sinceLook.told.all })
    this.#whole = this.#watch !== undefined && !this.#lostMeanwhile
    return records
  }

  /**
   * All processes without a look at them: who follows knows them, unless something was lost since the last look. Only those
   * are read whose parent has ended, or that have run no program of their own yet.
   */
  current(): readonly ProcessRecord[] | undefined {
    if (!this.#whole || this.#live.size >= MAX_LIVE) return undefined
    const records: ProcessRecord[] = []
    for (const record of this.#live.all) {
      const known = isRead(record) && (record.parentPid === 0 || this.#live.get(record.parentPid) !== undefined)
      const entry = known ? record : this.#firstLook.again(record)
      if (entry === 'short') return undefined
      if (entry === undefined && record.firstThreadEnded) this.#ended(record.pid)
      if (entry !== undefined) records.push(known ? record : this.#looked(entry))
      if (entry?.argumentsUnread) this.#sinceLook.began(record) // nobody tells when it can be read
    }
    this.#sinceLook.saw(this.#live.born)
    return records
  }

  /** The live processes as scans and events describe them now. Incomplete where events were lost since the last scan. */
  live(): readonly ProcessRecord[] {
    this.#watch?.take?.()
    return this.#live.all
  }

  /** What bears the mark of an agent may be told differently now: there are other homes, or another catalogue. */
  recheck(): void {
    for (const record of this.#live.all) {
      this.#firstLook.resolveAgain(record)
      record.agent = this.#init.isAgent(record)
      if (record.agent) this.#watch?.mind?.(record.pid, { forks: true })
    }
  }

  #take({ events, lost }: ProcessEvents): ReadonlySet<ProcessChange> {
    const changes = new Set<ProcessChange>(lost ? ['lost'] : [])
    for (const event of events) {
      const change = this.#one(event)
      if (change !== undefined) changes.add(change)
    }
    if (changes.has('lost')) this.#lose()
    return changes
  }

  #lose(): void {
    this.#whole = false
    this.#lostMeanwhile = true
  }

  #one(event: ProcessEvent): ProcessChange | undefined {
    const { kind, pid, parentPid } = event
    switch (kind) {
      case 'fork':
        return this.#forked(pid, parentPid ?? 0)
      case 'session': {
        const record = this.#live.get(pid)
        if (record === undefined) return undefined
        this.#sinceLook.changed(record)
        record.sessionId = pid
        record.ttyNumber = 0
        return undefined
      }
      case 'exec':
        return this.#executed(event)
      case 'exit':
        return this.#firstLook.goesOn(this.#live.get(pid)) ? 'ended' : this.#ended(pid)
      default:
        return kind satisfies never
    }
  }

  #forked(pid: number, parentPid: number): undefined {
    this.#ended(pid)
    if (this.#live.size >= MAX_LIVE) return
    const parent = this.#live.get(parentPid) ?? this.#read(parentPid)
    if (parent === undefined) return
    this.#init.onFork?.(parent)
    const child = this.#live.fork(pid, parent)
    if (!isOfKernel(parent)) this.#sinceLook.began(child)
  }

  #executed({ pid, process, executable }: ProcessEvent): ProcessChange | undefined {
    const before = this.#live.get(pid)
    this.#sinceLook.changed(before)
    const entry = typeof process === 'object' ? process : process === 'gone' ? undefined : this.#firstLook.entry(pid)
    if (entry === 'short') return 'lost'
    if (entry === undefined) {
      const born = this.#live.nextBorn()
      if (before !== undefined) this.#replace(this.#firstLook.passed(before, executable, { born }), before)
      return undefined
    }
    if (before !== undefined && isSeen(before, entry)) return undefined
    this.#init.onStart?.(entry, before?.forkedBy)
    const surroundings = typeof process === 'object' ? process : this.#firstLook.surroundings(entry)
    const record = this.#remember(entry, surroundings, before)
    if (before === undefined) this.#sinceLook.began(record)
    record.atExec = placeOf(entry)
    if (record.agent) return 'started'
    if (before?.agent === true && before.forkedBy?.agent !== true) return 'ended'
    const repeated = this.#isRepeated(record, before)
    const below = isBelowAgent(record)
    if (below || leadsOwnSession(record)) this.#watch?.mind?.(pid, { forks: below })
    if (below) return 'part'
    const { forkedBy } = record
    const noted = forkedBy === undefined ? undefined : this.#init.onRun?.(record, forkedBy)
    if (noted !== undefined) this.#sinceLook.noted()
    return repeated || noted === 'look' ? 'tool' : undefined
  }

  #ended(pid: number): ProcessChange | undefined {
    const record = this.#live.end(pid)
    if (record === undefined) return undefined
    if (!isOfKernel(record)) this.#sinceLook.ended(record)
    if (record.agent) return 'ended'
    if (record.atExec === undefined) return undefined
    return isBelowAgent(record) ? 'part' : stepIsOver(record) ? 'tool' : undefined
  }

  /** As agents start their tools, once more; told as `countsTool` has it. */
  #isRepeated(record: Remembered, before: Remembered | undefined): boolean {
    const { forkedBy } = record
    if (forkedBy === undefined || forkedBy.pid === this.#init.ownPid || !leadsOwnSession(record)) return false
    this.#sinceLook.noted()
    const isDoubled = countsTool(forkedBy, before)
    this.#init.onTool?.(record, forkedBy)
    return isDoubled
  }

  /** What became something else, as was told, after it was read is that. */
  #newest(process: ProcessEntry): ProcessRecord {
    const known = this.#live.get(process.pid)
    if (known === undefined || known.born <= this.#lookingSince) return this.#looked(process)
    const entry = isRead(known) ? undefined : this.#firstLook.entry(known.pid)
    return isRead(known) ? known : this.#looked(typeof entry === 'object' ? entry : process)
  }

  #looked(process: ProcessEntry): ProcessRecord {
    const known = this.#live.get(process.pid)
    if (known !== undefined && isSame(known, process)) {
      if (!update(known, process)) this.#looks.amiss()
      if (known.resolvedLate) this.#firstLook.resolveAgain(known)
      return known
    }
    this.#looks.amiss()
    const surroundings = this.#firstLook.surroundings(process)
    if (surroundings === undefined || this.#live.size >= MAX_LIVE) return unremembered(process, surroundings)
    return this.#remember(process, surroundings, known)
  }

  #read(pid: number): Remembered | undefined {
    const entry = this.#firstLook.entry(pid)
    if (entry === undefined || entry === 'short') return undefined
    const record = this.#remember(entry, this.#firstLook.surroundings(entry), undefined)
    this.#sinceLook.began(record)
    return record
  }

  #remember(
    entry: ProcessEntry,
    surroundings: Omit<ProcessSurroundings, 'startTicks'> | undefined,
    before: Remembered | undefined,
  ): Remembered {
    const record = this.#firstLook.record(entry, surroundings, {
      born: this.#live.nextBorn(),
      many: this.#live.size >= MANY,
    })
    this.#replace(record, before)
    return record
  }

  #replace(record: Remembered, before: Remembered | undefined): void {
    this.#live.put(record, before)
    if (record.agent) this.#watch?.mind?.(record.pid, { forks: true })
  }
}
