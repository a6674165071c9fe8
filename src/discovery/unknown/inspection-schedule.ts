import type { ProcessDetails, ProcessName } from '../../system/processes/process-details.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { ProgramNotes } from './program-notes.ts'

/** First interval of inspections of one program. Reading sockets costs milliseconds. */
const EVERY_MS = 10_000
/** Longest interval, reached while the program starts nothing new. */
const AT_LEAST_EVERY_MS = 60_000
/** Interval for a program that starts tools in turn, until it is known what it connects to in between. */
const AGAIN_MS = 500
/** Processes whose activity is read at once. Inspecting a larger crowd is bounded elsewhere and costs less. */
const MAX_ASKED = 64

export interface InspectionComponents {
  readonly details?: Pick<ProcessDetails, 'activity'> | undefined
  /** True if the program has been judged an agent. */
  readonly isAgent: (leader: ProcessRecord) => boolean
}

/** A program to inspect from time to time. */
export interface Candidate {
  readonly leader: ProcessRecord
  /** Its processes and those of its tools, which an inspection reads. */
  readonly processes: readonly ProcessName[]
  /** Its processes and last tools as a text, which changes with every event of the program. */
  readonly did: string
  /** True if it starts tools one after another. */
  readonly isPaced: boolean
  /** True if its score has risen. */
  readonly isStronger: boolean
}

type Kept = Pick<Candidate, 'leader' | 'processes' | 'did' | 'isPaced'>

interface Last {
  readonly inspectedAtMs: number
  readonly everyMs: number
  readonly did: string
  readonly ports: string
  /** Activity counters of its processes; undefined if not available. */
  readonly activity: string | undefined
}

/** Decides when to inspect programs. One that did nothing since its last inspection counts as inspected again. */
export class InspectionSchedule {
  readonly #components: InspectionComponents
  readonly #last = new ProgramNotes<Last>()
  #candidates: readonly Kept[] = []
  #asked = 0

  constructor(components: InspectionComponents) {
    this.#components = components
  }

  /** When the next inspection is due; undefined without candidates. */
  get dueMs(): number | undefined {
    const due = this.#candidates.map((each) => this.#dueMs(each))
    return due.length === 0 ? undefined : Math.min(...due)
  }

  keep(lives: (program: ProcessName) => boolean): void {
    this.#last.keep(lives)
  }

  /** @param ports where models are served, as a text; a change is a reason to inspect. @returns candidates to inspect now. */
  take<T extends Candidate>(candidates: readonly T[], { ports, nowMs }: { ports: string; nowMs: number }): T[] {
    this.#candidates = candidates.map(({ leader, processes, did, isPaced }) => ({
      leader,
      did,
      isPaced,
      processes: processes.map(({ pid, startTicks }) => ({ pid, startTicks })),
    }))
    this.#asked = 0
    return candidates.filter((each) => {
      if (!each.isStronger && nowMs < this.#dueMs(each)) return false
      const activity = this.#activityOf(each.processes)
      const last = this.#last.of(each.leader)
      const isSame = last?.did === each.did && last.ports === ports && isRest(last.activity, activity)
      this.#set(each, { ports, activity, nowMs })
      return each.isStronger || !isSame
    })
  }

  /** When the next inspection is due if all due programs were idle; undefined if one was active or its activity is unknown. */
  idleUntilMs(nowMs: number): number | undefined {
    this.#asked = 0
    for (const each of this.#candidates) {
      if (nowMs < this.#dueMs(each)) continue
      const last = this.#last.of(each.leader)
      if (last?.did !== each.did || !isRest(last.activity, this.#activityOf(each.processes))) return undefined
      this.#set(each, { ...last, nowMs })
    }
    return this.dueMs
  }

  #set({ leader, did }: Kept, seen: Pick<Last, 'ports' | 'activity'> & { readonly nowMs: number }): void {
    const last = this.#last.of(leader)
    const everyMs = last?.did === did ? Math.min(2 * last.everyMs, AT_LEAST_EVERY_MS) : EVERY_MS
    const { ports, activity, nowMs } = seen
    this.#last.set(leader, { ports, activity, did, everyMs, inspectedAtMs: nowMs })
  }

  #dueMs({ leader, did, isPaced }: Kept): number {
    const last = this.#last.of(leader)
    if (last === undefined) return Number.NEGATIVE_INFINITY
    if (isPaced && !this.#components.isAgent(leader)) return last.inspectedAtMs + AGAIN_MS
    return last.inspectedAtMs + (last.did === did ? last.everyMs : EVERY_MS)
  }

  #activityOf(processes: readonly ProcessName[]): string | undefined {
    this.#asked += processes.length
    if (this.#asked > MAX_ASKED) return undefined
    const each = processes.map((process) => this.#components.details?.activity(process))
    return each.includes(undefined) ? undefined : each.join(' ')
  }
}

function isRest(before: string | undefined, now: string | undefined): boolean {
  return now !== undefined && now === before
}
