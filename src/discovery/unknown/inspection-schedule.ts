import type { ProcessDetails, ProcessName } from '../../system/processes/process-details.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { ProgramNotes } from './program-notes.ts'

/** What was seen of a program that shows nothing new is not asked for again so soon: sockets cost milliseconds. */
const EVERY_MS = 10_000
/** More and more seldom, while it runs nothing new. */
const AT_LEAST_EVERY_MS = 60_000
/** But where one tool comes after another and nothing says yet whom it asks in between. */
const AGAIN_MS = 500
/** Of so many processes at once it is asked whether they did anything: to look at a crowd closely is bounded, and costs less. */
const MAX_ASKED = 64

export interface CloseLooksComponents {
  readonly details?: Pick<ProcessDetails, 'activity'> | undefined
  /** Is it known by now that this is an agent? */
  readonly isAgent: (leader: ProcessRecord) => boolean
}

/** Whom to look at closely, now and then. */
export interface Candidate {
  readonly leader: ProcessRecord
  /** Its processes, and those of its tools, that a close look is about. */
  readonly processes: readonly ProcessName[]
  /** Which processes it has, and what it ran last: another text once it does anything that events tell. */
  readonly did: string
  /** It runs one tool after another. */
  readonly isPaced: boolean
  /** More speaks for it than before. */
  readonly isStronger: boolean
}

type Kept = Pick<Candidate, 'leader' | 'processes' | 'did' | 'isPaced'>

interface Last {
  readonly lookedAtMs: number
  readonly everyMs: number
  readonly did: string
  readonly ports: string
  /** What its processes had done until then; undefined where nobody tells. */
  readonly activity: string | undefined
}

/** When programs are looked at closely: who did nothing since is as if looked at again. */
export class InspectionSchedule {
  readonly #components: CloseLooksComponents
  readonly #last = new ProgramNotes<Last>()
  #candidates: readonly Kept[] = []
  #asked = 0

  constructor(components: CloseLooksComponents) {
    this.#components = components
  }

  /** When the next one is due; undefined where there is nobody to look at. */
  get dueMs(): number | undefined {
    const due = this.#candidates.map((each) => this.#dueMs(each))
    return due.length === 0 ? undefined : Math.min(...due)
  }

  keep(lives: (program: ProcessName) => boolean): void {
    this.#last.keep(lives)
  }

  /** Those of `candidates` that are to be looked at now. @param ports where models are served: another text is a reason. */
  take<T extends Candidate>(candidates: readonly T[], { ports, nowMs }: { ports: string; nowMs: number }): T[] {
    this.#candidates = candidates.map(({ leader, processes, did, isPaced }) => ({
      ...{ leader, did, isPaced, processes: processes.map(({ pid, startTicks }) => ({ pid, startTicks })) },
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

  /** Until when nobody needs a look, if those who are due have done nothing; undefined where one has, or nobody knows. */
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
    this.#last.set(leader, { ports, activity, did, everyMs, lookedAtMs: nowMs })
  }

  #dueMs({ leader, did, isPaced }: Kept): number {
    const last = this.#last.of(leader)
    if (last === undefined) return Number.NEGATIVE_INFINITY
    if (isPaced && !this.#components.isAgent(leader)) return last.lookedAtMs + AGAIN_MS
    return last.lookedAtMs + (last.did === did ? last.everyMs : EVERY_MS)
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
