/** Stops processes of agents, so that they keep what they have and do nothing. */
export interface Freezer {
  /** The strongest way of this system. */
  readonly method: FreezeMethod
  /** Whether the system tells forks: otherwise what a process started and left behind can be missed. */
  readonly knowsForks: boolean
  /** From now on these processes, and all that they start, belong to these agents. The agent is '' for none. */
  own(members: readonly OwnedProcess[]): void
  /** A job is likely to come: call it as soon as an order arrives. */
  prepare(): void
  /** All threads of this program get real-time priority, for at most a second or until the answer is disposed. */
  hurry(): Disposable
  /**
   * Freezes agents with all their processes. What is frozen already stays so. Jobs run one after the other.
   *
   * @throws `NOT_SUPPORTED` for more than 256 agents at once.
   */
  freeze(agents: readonly FrozenAgentInit[]): Promise<FreezeResult>
  /** Agents that are frozen now. Of an earlier run those that groups hold; of others the system does not tell whose they are. */
  held(): readonly string[]
  /** The processes of an agent that are held now, but for those that signals stopped. */
  processesOf(agent: string): readonly number[]
  /**
   * Takes over a process that is frozen elsewhere, without letting it run in between. `cgroup` is where it came from.
   *
   * @returns false when it has ended, or this system cannot.
   */
  admit(agent: string, pid: number, cgroup: string): boolean
  /** Whether a process that no group holds has not run since it was stopped, as far as this system tells. */
  stands(agent: string, process: FrozenProcess): boolean
  /** Lets an agent continue. `stopped`: those that no group holds. @returns how many processes continue. */
  release(agent: string, stopped: readonly FrozenProcess[]): number
  /** What became of processes after their release, once the kernel has had some time. Absent where the system does not tell. */
  readonly afterRelease?: ((processes: readonly FrozenProcess[]) => Promise<ReleasedProcesses>) | undefined
  /** Ends all processes of a frozen agent. */
  kill(agent: string, stopped: readonly FrozenProcess[]): void
  close(): void
}

export type FreezeMethod = 'cgroup2' | 'cgroup1' | 'suspend' | 'signals'

/** Names a process of this boot: a pid alone is reused. */
export interface FrozenProcess {
  readonly pid: number
  readonly startTicks: number
}

/** What is in neither list has ended. */
export interface ReleasedProcesses {
  readonly running: readonly FrozenProcess[]
  /** Another program, such as a second daemon, keeps it frozen. */
  readonly frozen: readonly FrozenProcess[]
}

export interface OwnedProcess {
  readonly pid: number
  /** 32 hexadecimal digits. */
  readonly agent: string
}

export interface FrozenAgentInit {
  /** 32 hexadecimal digits. */
  readonly agent: string
  /** All that is known. What these have started since is found. */
  readonly processes: readonly FrozenProcess[]
}

/** What became of one process. The addon of Linux answers with the place of one in this list, so new ones go to its end. */
export const FREEZE_STATUSES = [
  'cgroup2',
  'cgroup1',
  'signals',
  'ended',
  'not-moved',
  'protected',
  'uninterruptible',
  'suspend',
] as const

export interface FreezeRow extends FrozenProcess {
  readonly agent: string
  readonly status: (typeof FREEZE_STATUSES)[number]
}

export interface FreezeResult {
  readonly rows: readonly FreezeRow[]
  /** Milliseconds from the begin of the job. Undefined when the kernel did not confirm it in time. */
  readonly confirmedMs: number | undefined
  /** How long other processes beside the agents were paused. Milliseconds. */
  readonly pausedMs: number
  /** Some processes were in a group that cannot be paused: the root, or that of this program. */
  readonly oneByOne: boolean
  /** Forks were missed, so a process may have been left out. */
  readonly forksMissed: boolean
  /** New processes appeared until the end. */
  readonly incomplete: boolean
}
