import { setTimeout as sleep } from 'node:timers/promises'
import { SuretyError } from '../../base/errors.ts'
import type { FreezeResult, FreezeRow, Freezer, FrozenAgentInit, FrozenProcess } from './freezer.ts'

/** What the addon offers on macOS; see `native/darwin/suspend.c`. Each answers with 0 or errno. */
export interface DarwinFreezerAddon {
  suspendProcess(pid: number): number
  resumeProcess(pid: number): number
}

export interface DarwinFreezerComponents {
  readonly addon: DarwinFreezerAddon
  /** Another text once the process has run; see `ProcessDetails.activity`. */
  readonly activity: (process: FrozenProcess) => string | undefined
  readonly processes: {
    /** All processes, now. @throws `FILE_UNREADABLE`. */
    identities(): readonly (FrozenProcess & { readonly parentPid: number })[]
  }
  /** As `process.kill`. */
  readonly kill: (pid: number, signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL') => void
}

const ESRCH = 3
const MAX_AGENTS = 256
const MAX_ROWS = 8_192
/** A fork that was under way when its process was suspended still makes a child. */
const QUIET_PASSES = 2
const MOST_PASSES = 50
const BETWEEN_PASSES_MS = 5

/**
 * Suspends the tasks of agents (pid_suspend(2)): a suspended process makes neither threads nor children. Where macOS refuses, for
 * its own protected programs, SIGSTOP is used. Nothing tells forks, so children are looked for until no new one appears.
 */
export function darwinFreezer(components: DarwinFreezerComponents): Freezer {
  return new DarwinFreezer(components)
}

class DarwinFreezer implements Freezer {
  readonly method = 'suspend'
  readonly knowsForks = false
  readonly #components: DarwinFreezerComponents
  #lastJob: Promise<unknown> = Promise.resolve()
  /** What was suspended or stopped: whose it is, and how much it had run by then. */
  readonly #stopped = new Map<string, Stopped>()

  constructor(components: DarwinFreezerComponents) {
    this.#components = components
  }

  own(): void {}

  prepare(): void {}

  hurry(): Disposable {
    return { [Symbol.dispose]() {} }
  }

  async freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    if (agents.length > MAX_AGENTS) throw new SuretyError('NOT_SUPPORTED', `more than ${MAX_AGENTS} agents at once`)
    const job = this.#lastJob.then(() => this.#freeze(agents))
    this.#lastJob = job.catch(() => undefined)
    return await job
  }

  /** Of this run: the kernel does not list what is suspended. */
  held(): readonly string[] {
    return [...new Set(this.#suspended().map(({ agent }) => agent))]
  }

  processesOf(agent: string): readonly number[] {
    return this.#suspended().flatMap((one) => (one.agent === agent ? [one.pid] : []))
  }

  /** Any process of the same user may resume what is suspended: then it has run. */
  stands(agent: string, process: FrozenProcess): boolean {
    const now = this.#components.activity(process)
    const known = this.#stopped.get(keyOf(process))
    if (known !== undefined) return now !== undefined && now === known.activity
    // Stopped by an earlier run: what it does from now on is seen.
    this.#stopped.set(keyOf(process), { ...process, agent, method: 'signals', activity: now })
    return true
  }

  admit(): boolean {
    return false
  }

  release(_agent: string, stopped: readonly FrozenProcess[]): number {
    for (const one of stopped) this.#stopped.delete(keyOf(one))
    return this.#alive(stopped).filter(({ pid }) => {
      const resumed = this.#components.addon.resumeProcess(pid) === 0
      return this.#signal(pid, 'SIGCONT') === 'sent' || resumed
    }).length
  }

  kill(_agent: string, stopped: readonly FrozenProcess[]): void {
    for (const one of stopped) this.#stopped.delete(keyOf(one))
    for (const { pid } of this.#alive(stopped)) {
      // The signal waits while the task is suspended, and comes before anything else once it continues.
      this.#signal(pid, 'SIGKILL')
      this.#components.addon.resumeProcess(pid)
    }
  }

  close(): void {}

  async #freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult> {
    const startedAt = performance.now()
    const rows = new Map<string, FreezeRow>()
    let quiet = 0
    for (let pass = 0; pass < MOST_PASSES && quiet < QUIET_PASSES; pass++) {
      if (pass > 0) await sleep(BETWEEN_PASSES_MS)
      const found = membersOf(agents, this.#components.processes.identities()).filter(
        (member) => !rows.has(keyOf(member)),
      )
      for (const member of found.slice(0, MAX_ROWS - rows.size)) {
        rows.set(keyOf(member), { ...member, status: this.#stop(member.pid) })
      }
      quiet = found.length === 0 ? quiet + 1 : 0
    }
    const all = [...rows.values()]
    for (const { pid, startTicks, agent, status: method } of all) {
      if (method !== 'suspend' && method !== 'signals') continue
      const one = { pid, startTicks }
      this.#stopped.set(keyOf(one), { ...one, agent, method, activity: this.#components.activity(one) })
    }
    return {
      rows: [...all, ...notStopped(agents, rows)],
      // pid_suspend returns when the threads have stopped; nothing says so of a signal.
      confirmedMs: all.some(({ status }) => status === 'signals') ? undefined : performance.now() - startedAt,
      pausedMs: 0,
      oneByOne: false,
      forksMissed: false,
      incomplete: quiet < QUIET_PASSES || rows.size >= MAX_ROWS,
    }
  }

  #stop(pid: number): FreezeRow['status'] {
    const { addon } = this.#components
    const failure = addon.suspendProcess(pid)
    if (failure === 0) return 'suspend'
    if (failure === ESRCH) return 'ended'
    const signal = this.#signal(pid, 'SIGSTOP')
    if (signal !== 'sent') return signal === 'ended' ? 'ended' : 'protected'
    // An earlier run may have suspended it, and a second suspension is refused. Stopped as it is, it does not run in between.
    return addon.resumeProcess(pid) === 0 && addon.suspendProcess(pid) === 0 ? 'suspend' : 'signals'
  }

  #signal(pid: number, name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): 'sent' | 'ended' | 'refused' {
    try {
      this.#components.kill(pid, name)
      return 'sent'
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'ESRCH' ? 'ended' : 'refused'
    }
  }

  #suspended(): readonly Stopped[] {
    const all = [...this.#stopped.values()].filter(({ method }) => method === 'suspend')
    if (all.length === 0) return all
    const alive = new Set(this.#alive(all).map(keyOf))
    for (const one of all) if (!alive.has(keyOf(one))) this.#stopped.delete(keyOf(one))
    return all.filter((one) => this.#stopped.has(keyOf(one)))
  }

  /** Those whose pid is not another's by now. */
  #alive(processes: readonly FrozenProcess[]): readonly FrozenProcess[] {
    const now = new Set(this.#components.processes.identities().map(keyOf))
    return processes.filter((one) => now.has(keyOf(one)))
  }
}

interface Stopped extends FrozenProcess {
  readonly agent: string
  readonly method: 'suspend' | 'signals'
  readonly activity: string | undefined
}

interface Member extends FrozenProcess {
  readonly agent: string
}

/** The processes of each agent, and all that descend from them. What is named of an agent belongs to it, whoever started it. */
function membersOf(
  agents: readonly FrozenAgentInit[],
  now: readonly (FrozenProcess & { readonly parentPid: number })[],
): readonly Member[] {
  const named = new Map(agents.flatMap(({ agent, processes }) => processes.map((one) => [keyOf(one), agent] as const)))
  const members = new Map<number, Member>()
  // Parents come before their children.
  for (const { pid, startTicks, parentPid } of [...now].sort((a, b) => a.startTicks - b.startTicks)) {
    const agent = named.get(keyOf({ pid, startTicks })) ?? members.get(parentPid)?.agent
    if (agent !== undefined && pid !== process.pid) members.set(pid, { pid, startTicks, agent })
  }
  return [...members.values()]
}

/** Named processes that were not stopped: they have ended, or are this very program. */
function notStopped(agents: readonly FrozenAgentInit[], rows: ReadonlyMap<string, FreezeRow>): readonly FreezeRow[] {
  return agents.flatMap(({ agent, processes }) =>
    processes
      .filter((one) => !rows.has(keyOf(one)))
      .map(({ pid, startTicks }) => {
        const status = pid === process.pid ? ('protected' as const) : ('ended' as const)
        return { pid, startTicks, agent, status }
      }),
  )
}

function keyOf({ pid, startTicks }: FrozenProcess): string {
  return `${pid} ${startTicks}`
}
