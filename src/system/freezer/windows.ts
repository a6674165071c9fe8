import { constants, getPriority, setPriority } from 'node:os'
import { SuretyError } from '../../base/errors.ts'
import {
  FREEZE_STATUSES,
  type FreezeResult,
  type FreezeRow,
  type Freezer,
  type FrozenAgentInit,
  type FrozenProcess,
  type OwnedProcess,
} from './freezer.ts'

/** What the addon offers on Windows; see `native/windows/addon/freezer/freeze.c`. Start times are microseconds since 1970. */
export interface WindowsFreezeAddon {
  /** Throws an Error when its thread cannot start. */
  freezeOpen(): NativeWindowsFreezer
  /** Pairs of a pid and the number of an agent, 0 for none. */
  freezeOwn(freezer: NativeWindowsFreezer, members: Float64Array): void
  /** `targets`: a pid, a start time and the number of an agent for each. `rows` gets the same and a status for each process. */
  freezeProcesses(
    freezer: NativeWindowsFreezer,
    agents: Float64Array,
    targets: Float64Array,
    rows: Float64Array,
    callback: (count: number, flags: number, tookUs: number) => void,
  ): void
  /** How many are held and have not run since; `pids` gets the first of them. */
  freezeMembers(freezer: NativeWindowsFreezer, agent: number, pids: Float64Array): number
  freezeStands(freezer: NativeWindowsFreezer, agent: number, pid: number, started: number): boolean
  /** `stopped`: a pid and a start time for each process of an earlier run. How many continue. */
  freezeRelease(freezer: NativeWindowsFreezer, agent: number, stopped: Float64Array): number
  freezeKill(freezer: NativeWindowsFreezer, agent: number, stopped: Float64Array): number
  freezeClose(freezer: NativeWindowsFreezer): void
}

export const WINDOWS_FREEZE_FUNCTIONS: readonly (keyof WindowsFreezeAddon)[] = [
  ...(['freezeOpen', 'freezeOwn', 'freezeProcesses', 'freezeMembers', 'freezeStands', 'freezeRelease'] as const),
  ...(['freezeKill', 'freezeClose'] as const),
]

/** Of the addon alone. */
export type NativeWindowsFreezer = object & { readonly __freezer?: never }

/** See `native/windows/addon/freezer/freeze-job.h`. */
const ROW = 4
const MAX_ROWS = 8_192
const MAX_AGENTS = 256
const FLAGS = { unconfirmed: 1, childrenMissed: 2, tooMany: 4 } as const
const HURRY_MS = 1_000

/**
 * Suspends all threads of all processes of an agent, again and again until nothing new appears, and continues looking while they are
 * held. Windows has nothing stronger: any process of the same user can resume a thread, and is noticed within half a second.
 *
 * @throws `ADDON_UNAVAILABLE` when the addon cannot start its thread.
 */
export function windowsFreezer({ addon }: { readonly addon: WindowsFreezeAddon }): Freezer {
  try {
    return new WindowsFreezer(addon, addon.freezeOpen())
  } catch (cause) {
    throw new SuretyError('ADDON_UNAVAILABLE', 'the addon cannot start the thread that holds agents', { cause })
  }
}

class WindowsFreezer implements Freezer {
  readonly method = 'suspend'
  /** What left a job, or was started before the agent was known, is found by scans alone. */
  readonly knowsForks = false
  readonly #addon: WindowsFreezeAddon
  readonly #native: NativeWindowsFreezer
  /** Numbers of agents for the addon, from 1. */
  readonly #numbers = new Map<string, number>()
  #lastNumber = 0
  #lastJob: Promise<unknown> = Promise.resolve()
  #hurries = 0
  #usualPriority = 0
  readonly #pids = new Float64Array(MAX_ROWS)

  constructor(addon: WindowsFreezeAddon, native: NativeWindowsFreezer) {
    this.#addon = addon
    this.#native = native
  }

  own(members: readonly OwnedProcess[]): void {
    const pairs = members.flatMap(({ pid, agent }) => [pid, agent === '' ? 0 : this.#numberOf(agent)])
    this.#addon.freezeOwn(this.#native, Float64Array.from(pairs))
  }

  prepare(): void {
    // A thread is always there, and the job takes the priority that it needs.
  }

  hurry(): Disposable {
    const slowDown = () => {
      clearTimeout(later)
      if (isOver) return
      isOver = true
      if (--this.#hurries === 0) prioritise(this.#usualPriority)
    }
    let isOver = false
    const later = setTimeout(slowDown, HURRY_MS).unref()
    if (this.#hurries++ === 0) {
      this.#usualPriority = getPriority()
      prioritise(constants.priority.PRIORITY_HIGH)
    }
    return { [Symbol.dispose]: slowDown }
  }

  async freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    if (agents.length > MAX_AGENTS) throw new SuretyError('NOT_SUPPORTED', `more than ${MAX_AGENTS} agents at once`)
    const job = this.#lastJob.then(() => this.#freeze(agents))
    this.#lastJob = job.catch(() => undefined)
    return await job
  }

  held(): readonly string[] {
    return [...this.#numbers.keys()].filter((agent) => this.processesOf(agent).length > 0)
  }

  processesOf(agent: string): readonly number[] {
    const number = this.#numbers.get(agent)
    if (number === undefined) return []
    return [...this.#pids.subarray(0, this.#addon.freezeMembers(this.#native, number, this.#pids))]
  }

  admit(): boolean {
    return false
  }

  stands(agent: string, { pid, startTicks }: FrozenProcess): boolean {
    return this.#addon.freezeStands(this.#native, this.#numberOf(agent), pid, startTicks)
  }

  release(agent: string, stopped: readonly FrozenProcess[]): number {
    return this.#addon.freezeRelease(this.#native, this.#numberOf(agent), pairsOf(stopped))
  }

  kill(agent: string, stopped: readonly FrozenProcess[]): void {
    this.#addon.freezeKill(this.#native, this.#numberOf(agent), pairsOf(stopped))
  }

  close(): void {
    this.#addon.freezeClose(this.#native)
  }

  #freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    const byNumber = new Map(agents.map(({ agent }) => [this.#numberOf(agent), agent]))
    const targets = agents.flatMap(({ agent, processes }) =>
      processes.map(({ pid, startTicks }) => [pid, startTicks, this.#numberOf(agent)]),
    )
    const rows = new Float64Array(MAX_ROWS * ROW)
    const { promise, resolve } = Promise.withResolvers<FreezeResult>()
    this.#addon.freezeProcesses(
      this.#native,
      Float64Array.from(byNumber.keys()),
      Float64Array.from(targets.slice(0, MAX_ROWS).flat()),
      rows,
      (count, flags, tookUs) => {
        const has = (flag: keyof typeof FLAGS) => (flags & FLAGS[flag]) !== 0
        resolve({
          rows: Array.from({ length: count }, (_, at) => rowAt(rows, at * ROW, byNumber)),
          confirmedMs: has('unconfirmed') ? undefined : tookUs / 1000,
          pausedMs: 0,
          oneByOne: false,
          forksMissed: has('childrenMissed'),
          incomplete: has('tooMany') || has('unconfirmed') || targets.length > MAX_ROWS,
        })
      },
    )
    return promise
  }

  #numberOf(agent: string): number {
    const known = this.#numbers.get(agent)
    if (known !== undefined) return known
    this.#numbers.set(agent, ++this.#lastNumber)
    return this.#lastNumber
  }
}

function rowAt(rows: Float64Array, first: number, agents: ReadonlyMap<number, string>): FreezeRow {
  const [pid = 0, startTicks = 0, number = 0, status = 0] = rows.subarray(first, first + ROW)
  return { pid, startTicks, agent: agents.get(number) ?? '', status: FREEZE_STATUSES[status] ?? 'not-moved' }
}

function pairsOf(processes: readonly FrozenProcess[]): Float64Array {
  return Float64Array.from(processes.flatMap(({ pid, startTicks }) => [pid, startTicks]))
}

/** Not being allowed to is no reason to stop nothing. */
function prioritise(priority: number): void {
  try {
    setPriority(process.pid, priority)
  } catch {
    return
  }
}
