import { SuretyError } from '../../base/errors.ts'
import type { Mount } from '../mounts/mountinfo.ts'
import { superOptionsOf } from '../mounts/mountinfo.ts'
import type { NativeAddon, NativeFreezer } from '../native/native-addon.ts'
import { afterRelease, startTicksOf } from './after-release.ts'
import {
  FREEZE_STATUSES,
  type FreezeResult,
  type FreezeRow,
  type Freezer,
  type FrozenAgentInit,
  type FrozenProcess,
  type OwnedProcess,
  type ReleasedProcesses,
} from './freezer.ts'
import { Quarantine } from './quarantine.ts'

/** See `native/linux/addon/freezer/freeze-job.h`. */
const ROW = 4
const MAX_ROWS = 8192
const MAX_AGENTS = 256
const FLAGS = { oneByOne: 1, unconfirmed: 2, forksMissed: 4, notClean: 8, noMemory: 16 } as const

export interface LinuxFreezerInit {
  /** Whether the kernel can leave out process events that were not asked for. */
  readonly hasFilter: boolean
  readonly mounts: readonly Mount[]
  /** Names the quarantine of this daemon: several may run on one machine. */
  readonly name: string
  /** For tests: as on a system without it. */
  readonly without?: readonly ('cgroup2' | 'cgroup1')[]
}

const EVENT_FORK = 1
const PUT_BACK_AFTER_MS = 100

/** The folder of a daemon's quarantine, from the root of the hierarchy. */
export function quarantineOf(name: string): string {
  return `surety.quarantine/${name}`
}

/** @throws an error of the system when the addon cannot start its thread. */
export function linuxFreezer(
  { addon }: { readonly addon: Pick<NativeAddon, 'openFreezer'> },
  init: LinuxFreezerInit,
): Freezer {
  const { mounts, without = [] } = init
  const mountOf = (method: 'cgroup2' | 'cgroup1', find: (mount: Mount) => boolean) =>
    without.includes(method) ? '' : (mounts.findLast((mount) => mount.root === '/' && find(mount))?.mountPoint ?? '')
  return new LinuxFreezer(
    addon.openFreezer(
      init.hasFilter ? EVENT_FORK : 0,
      mountOf('cgroup2', ({ type }) => type === 'cgroup2'),
      mountOf('cgroup1', (mount) => mount.type === 'cgroup' && superOptionsOf(mount).includes('freezer')),
    ),
    quarantineOf(init.name),
  )
}

class LinuxFreezer implements Freezer {
  readonly #native: NativeFreezer
  readonly #base: string
  readonly #quarantines: readonly Quarantine[]
  /** Numbers of agents in the lineage. None is used twice, because forks still inherit it. */
  readonly #numbers = new Map<string, number>()
  #lastNumber = 0
  #lastJob: Promise<unknown> = Promise.resolve()
  /** Agents that run and are not where they came from. They are put back before anything is frozen again. */
  readonly #thawed = new Set<string>()
  #later: NodeJS.Timeout | undefined

  constructor(native: NativeFreezer, base: string) {
    this.#native = native
    this.#base = base
    this.#quarantines = [
      ...(native.cgroup2 < 0
        ? []
        : [{ root: folderOf(native.cgroup2), base, freezeFile: 'cgroup.freeze', frozen: '1', thawed: '0' }]),
      ...(native.cgroup1 < 0
        ? []
        : [{ root: folderOf(native.cgroup1), base, freezeFile: 'freezer.state', frozen: 'FROZEN', thawed: 'THAWED' }]),
    ].map((init) => new Quarantine(init))
    // What an earlier run had paused for a moment when it was killed, and what it had let continue but not put back.
    native.thawUnits(base)
    for (const quarantine of this.#quarantines) quarantine.putBackThawed()
  }

  get method() {
    const { cgroup2, cgroup1 } = this.#native
    return cgroup2 >= 0 ? 'cgroup2' : cgroup1 >= 0 ? 'cgroup1' : 'signals'
  }

  get knowsForks(): boolean {
    return this.#native.forksTold
  }

  own(members: readonly OwnedProcess[]): void {
    const numbers = members.map(({ agent }) => (agent === '' ? 0 : this.#numberOf(agent)))
    this.#native.own(
      Int32Array.from(members, ({ pid }) => pid),
      Uint32Array.from(numbers),
    )
  }

  prepare(): void {
    this.#native.warm()
  }

  hurry(): Disposable {
    this.#native.urgent(true)
    return { [Symbol.dispose]: () => this.#native.urgent(false) }
  }

  async freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    if (agents.length > MAX_AGENTS) throw new SuretyError('NOT_SUPPORTED', `more than ${MAX_AGENTS} agents at once`)
    const job = this.#lastJob.then(() => {
      this.#putBack()
      return this.#freeze(agents)
    })
    this.#lastJob = job.catch(() => undefined)
    return await job
  }

  held(): readonly string[] {
    return [...new Set(this.#quarantines.flatMap((quarantine) => quarantine.held()))]
  }

  processesOf(agent: string): readonly number[] {
    return this.#quarantines.flatMap((quarantine) => quarantine.processesOf(agent))
  }

  admit(agent: string, pid: number, cgroup: string): boolean {
    // What was let continue in that folder would be frozen with it.
    this.#putBack()
    return this.method === 'cgroup2' && this.#quarantines[0]?.admit(agent, pid, cgroup) === true
  }

  /** Nothing tells who gets SIGCONT. */
  stands(): boolean {
    return true
  }

  release(agent: string, stopped: readonly FrozenProcess[]): number {
    const signalled = signal(stopped, 'SIGCONT')
    const count = this.#quarantines.reduce((sum, quarantine) => sum + quarantine.thaw(agent), signalled)
    // It runs. Moves wait for the kernel, so the receipt goes first.
    this.#thawed.add(agent)
    this.#later ??= setTimeout(() => this.#putBack(), PUT_BACK_AFTER_MS).unref()
    return count
  }

  afterRelease(processes: readonly FrozenProcess[]): Promise<ReleasedProcesses> {
    const { cgroup2, cgroup1 } = this.#native
    return afterRelease(
      {
        cgroup2: cgroup2 < 0 ? undefined : folderOf(cgroup2),
        cgroup1: cgroup1 < 0 ? undefined : folderOf(cgroup1),
      },
      processes,
    )
  }

  kill(agent: string, stopped: readonly FrozenProcess[]): void {
    for (const quarantine of this.#quarantines) {
      if (quarantine.kill(agent)) continue
      for (const pid of quarantine.processesOf(agent)) sendSignal(pid, 'SIGKILL')
    }
    signal(stopped, 'SIGKILL')
    // The freezer of cgroup v1 holds back also the signal that ends a process.
    for (const quarantine of this.#quarantines.slice(this.method === 'cgroup2' ? 1 : 0)) quarantine.thaw(agent)
    for (const quarantine of this.#quarantines) quarantine.tidy()
  }

  close(): void {
    this.#putBack()
    for (const quarantine of this.#quarantines) quarantine.remove()
    this.#native.close()
  }

  #freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    if (agents.length === 0) return Promise.resolve(NOTHING)
    const targets = agents.flatMap(({ processes }, index) =>
      processes.map(({ pid, startTicks }) => [pid, startTicks, index, 0] as const),
    )
    const rows = new Float64Array(MAX_ROWS * ROW)
    const { promise, resolve } = Promise.withResolvers<FreezeResult>()
    // The thread of the addon does not keep the program alive.
    const alive = setInterval(() => undefined, 1_000)
    this.#native.freeze(
      this.#base,
      agents.map(({ agent }) => agent).join(''),
      Uint32Array.from(agents, ({ agent }) => this.#numberOf(agent)),
      Float64Array.from(targets.slice(0, MAX_ROWS).flat()),
      rows,
      (count, flags, confirmedUs, pausedUs) => {
        clearInterval(alive)
        const has = (flag: keyof typeof FLAGS) => (flags & FLAGS[flag]) !== 0
        resolve({
          rows: Array.from({ length: count }, (_, at) => rowAt(rows, at * ROW, agents)),
          confirmedMs: confirmedUs < 0 ? undefined : confirmedUs / 1000,
          pausedMs: pausedUs / 1000,
          oneByOne: has('oneByOne'),
          forksMissed: has('forksMissed'),
          incomplete: has('notClean') || has('noMemory') || targets.length > MAX_ROWS,
        })
      },
    )
    return promise
  }

  #putBack(): void {
    clearTimeout(this.#later)
    this.#later = undefined
    for (const agent of this.#thawed) for (const quarantine of this.#quarantines) quarantine.putBack(agent)
    this.#thawed.clear()
  }

  #numberOf(agent: string): number {
    const known = this.#numbers.get(agent)
    if (known !== undefined) return known
    this.#numbers.set(agent, ++this.#lastNumber)
    return this.#lastNumber
  }
}

function folderOf(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`
}

const NOTHING: FreezeResult = {
  rows: [],
  confirmedMs: 0,
  pausedMs: 0,
  oneByOne: false,
  forksMissed: false,
  incomplete: false,
}

function rowAt(rows: Float64Array, first: number, agents: readonly FrozenAgentInit[]): FreezeRow {
  const [pid = 0, startTicks = 0, index = 0, status = 0] = rows.subarray(first, first + ROW)
  return { pid, startTicks, agent: agents[index]?.agent ?? '', status: FREEZE_STATUSES[status] ?? 'not-moved' }
}

/** @returns how many processes got it. */
function signal(processes: readonly FrozenProcess[], name: 'SIGCONT' | 'SIGKILL'): number {
  return processes.filter(({ pid, startTicks }) => startTicksOf(pid) === startTicks && sendSignal(pid, name)).length
}

function sendSignal(pid: number, name: 'SIGCONT' | 'SIGKILL'): boolean {
  try {
    return process.kill(pid, name)
  } catch {
    return false
  }
}
