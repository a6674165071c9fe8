/** What the kernel tells of one process beyond `ProcessEntry`; asked for agents and candidates, not for every process. */
export interface ProcessDetails {
  /** Undefined when it has ended, or its pid is another's by now. @throws never. */
  standing(process: ProcessName): ProcessStanding | undefined
  /** What its standard input, output and error are; undefined as `standing`, or when that may not be seen. @throws never. */
  streams(process: ProcessName): readonly [StreamKind, StreamKind, StreamKind] | undefined
  /**
   * What the kernel calls the file that it runs now: by another path, or with ` (deleted)` behind it, where that was replaced
   * since it began. Undefined as `streams`. @throws never.
   */
  executableNow(process: ProcessName): string | undefined
  /**
   * Paths of the regular files that each holds open, by pid; what may not be seen is left out. Bounded for all together, for
   * anybody may open very many and hand them on to thousands of processes: of such the first are told. @throws never.
   */
  openFiles(processes: readonly ProcessName[]): ReadonlyMap<number, readonly string[]>
  /**
   * The other ends of the TCP connections that each has made, and the ports it listens on, by pid; what may not be seen is
   * left out. Costs milliseconds: the kernel goes through all sockets of a network for one look. Bounded: of a process with
   * very many descriptors some are looked at. @throws never.
   */
  sockets(processes: readonly (ProcessName & { readonly userId: string })[]): ReadonlyMap<number, ProcessSockets>
  /**
   * Another text once it was on a processor, with any of its threads: with the same text it has done nothing in between.
   * Undefined as `standing`, with very many threads, and where the kernel does not count. @throws never.
   */
  activity(process: ProcessName): string | undefined
  /**
   * Who signed the program that it runs, as the kernel knows it. Absent where no kernel does; undefined as `standing`, and for a
   * program without a signature. @throws never.
   */
  signature?(process: ProcessName): CodeSignature | undefined
  /**
   * The process that the system holds responsible for what this one does, such as the application it was started from. Absent where
   * the system has no such thing; undefined as `standing`. @throws never.
   */
  responsible?(process: ProcessName): number | undefined
  /**
   * Whether it is in our mount namespace, so that its paths name the same files as ours: a user may mount anything over a program of
   * the system in a namespace of their own. Absent where there are none; undefined as `standing`. @throws never.
   */
  sharesMounts?(process: ProcessName): boolean | undefined
  /** Who is logged in on this device. @throws never. */
  logins(): readonly Login[]
  /** The namespace of process ids we are in ourselves. */
  readonly ownPidNamespace: string | undefined
  /** What keeps us: this whole system is a guest of Windows. */
  readonly insideWsl: boolean
}

export interface ProcessName {
  readonly pid: number
  readonly startTicks: number
}

export interface ProcessStanding {
  /** Path of its control group: in the unified hierarchy, else in that of systemd. */
  readonly cgroup: string | undefined
  /** Who logged in, whatever the process became since; undefined when nobody did. */
  readonly loginUserId: string | undefined
  readonly auditSession: number | undefined
  readonly pidNamespace: string | undefined
  /** What is mounted at its root, where that is not what is at ours: type, source and options; empty where it cannot be told. */
  readonly rootMount: string | undefined
  readonly workingFolder: string | undefined
}

export interface CodeSignature {
  /** As the maker calls the program, such as `com.anthropic.claude-code`. */
  readonly identifier: string
  /** The maker's number at Apple. Undefined for programs of the system, and for those that nobody answers for. */
  readonly team: string | undefined
  readonly kind: 'system' | 'team' | 'ad-hoc'
}

export type StreamKind = 'socket' | 'pipe' | 'null' | 'terminal' | 'other'

export interface SocketAddress {
  readonly address: string
  readonly port: number
  readonly loopback: boolean
}

export interface ProcessSockets {
  readonly connected: readonly SocketAddress[]
  readonly listening: readonly SocketAddress[]
}

export interface Login {
  readonly userId: string
  /** As the session manager calls it. */
  readonly session: string
  readonly kind: 'terminal' | 'graphical' | 'remote' | 'unknown'
  readonly tty: string | undefined
}
