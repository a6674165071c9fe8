import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningAgents } from '../../../discovery/running-agents-port.ts'
import type { Freezer, FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { ProcessTable } from '../../../system/processes/process-table.ts'
import type { HeldAgent } from '../stops/stops-file.ts'
import { keyOf } from './held-agents.ts'

export interface HeldProcessesComponents {
  readonly freezer: Pick<Freezer, 'own' | 'processesOf' | 'stands'>
  readonly agents: Pick<RunningAgents, 'list' | 'membersOf'>
  readonly processes: Pick<ProcessTable, 'entry'>
}

const REMOVED_LOOKS = 100
const LOOK_MS = 10

/** What of held agents is frozen, and what runs. */
export class HeldProcesses {
  readonly #components: HeldProcessesComponents
  /** Members that the freezer knows, by agent. */
  #owned = new Map<string, readonly FrozenProcess[]>()

  constructor(components: HeldProcessesComponents) {
    this.#components = components
  }

  /** Tells the freezer whose forks to follow. */
  own(): void {
    const { agents, freezer } = this.#components
    const owned = new Map(agents.list().map(({ id }) => [id, agents.membersOf(id)]))
    const members = [...owned].flatMap(([agent, processes]) =>
      this.#owned.get(agent) === processes ? [] : processes.map(({ pid }) => ({ pid, agent })),
    )
    if (members.length > 0) freezer.own(members)
    this.#owned = owned
  }

  /** Whether nothing of the agent runs. */
  isWhole({ agent, processes, signalled = [] }: HeldAgent): boolean {
    const { freezer, agents } = this.#components
    const frozen = new Set(freezer.processesOf(agent))
    const stopped = new Set(signalled.filter((one) => freezer.stands(agent, one)).map(keyOf))
    return [...agents.membersOf(agent), ...processes].every(
      (process) => frozen.has(process.pid) || stopped.has(keyOf(process)) || !this.runs(process),
    )
  }

  /** Whether a process that was frozen runs. */
  isLoose({ agent, signalled = [] }: HeldAgent, process: FrozenProcess): boolean {
    const { freezer } = this.#components
    if (!this.runs(process)) return false
    if (signalled.some((one) => keyOf(one) === keyOf(process))) return !freezer.stands(agent, process)
    return !freezer.processesOf(agent).includes(process.pid)
  }

  /** Whether it exists, frozen or not. */
  runs({ pid, startTicks }: FrozenProcess): boolean {
    const now = this.#components.processes.entry(pid)
    return now !== undefined && (startTicks === 0 || now.startTicks === startTicks)
  }

  /**
   * Resolves once nothing of these has a program any more, or after a second: a scan would find again what the kernel still removes.
   * One whose parent has not asked for its end has none.
   */
  async removed(agents: readonly HeldAgent[]): Promise<void> {
    const hasProgram = ({ pid }: FrozenProcess) => this.#components.processes.entry(pid)?.executable !== undefined
    const isLeft = () => agents.some(({ processes }) => processes.some((one) => this.runs(one) && hasProgram(one)))
    for (let look = 0; look < REMOVED_LOOKS && isLeft(); look++) await sleep(LOOK_MS)
  }

  /** Whether nothing of the agent exists any more. */
  hasEnded({ agent, processes }: HeldAgent): boolean {
    return this.#components.freezer.processesOf(agent).length === 0 && !processes.some((one) => this.runs(one))
  }
}
