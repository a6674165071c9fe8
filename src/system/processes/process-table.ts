import type { StartTicks } from './start-ticks.ts'

/** One process as the kernel tells it at the moment of the scan. */
export interface ProcessEntry {
  readonly pid: number
  readonly parentPid: number
  /** On Linux field 22 of /proc/PID/stat; see `ProcessTable.ticks`. With pid and boot id a name for ever. */
  readonly startTicks: number
  /** As in `base/user-id.ts`; of Linux and macOS the effective user. */
  readonly userId: string
  readonly sessionId: number
  /** 0 when it has no controlling terminal. */
  readonly ttyNumber: number
  /** The kernel's name of 15 bytes. A hint only, because the process can change it. */
  readonly comm: string
  /** Resolved /proc/PID/exe, without a trailing ` (deleted)`; undefined for kernel threads and what we may not see. */
  readonly executable: string | undefined
  /** As it is now: programs can overwrite it. Never leaves the device. */
  readonly argv: readonly string[]
  /** Reading its memory blocks, so its arguments are not known. */
  readonly argumentsUnread?: true
  /** What the kernel names, where `executable` is a better name of what it runs; see `KnownPrograms`. */
  readonly startedAs?: string
  /** The file that it runs, whatever path leads there. Absent where that is not known. */
  readonly programFile?: ProgramFile
  /** Where its stack begins: another number after each exec, so that one that was missed is noticed. Undefined where it may not be seen. */
  readonly stackStart?: number
}

/** One file of a program, told apart from all others: those that a later file gets its inode from, too. */
export interface ProgramFile {
  readonly device: number
  readonly inode: number
  /** When the file was made, else changed last. Seconds since 1970. */
  readonly born: number
  readonly ownerId: string
}

/** What a process was given besides its arguments. */
export interface ProcessSurroundings {
  /** Whose they are: a pid may be used again between two looks. */
  readonly startTicks: number
  /** Undefined when they may not be seen. */
  readonly environmentNames: readonly string[] | undefined
  /** Values of the variables that were asked for, where they are short and plain; of no others. */
  readonly sessionMarkers: Readonly<Record<string, string>>
  readonly workingFolder: string | undefined
}

export interface ProcessTable {
  /** How it counts start times. `CLOCK_TICKS` where absent. */
  readonly ticks?: StartTicks | undefined
  /** Whether the device or the session needs the program at this path, where only this system knows its folder. @throws never. */
  isPartOfSystem?(executable: string): boolean
  /** Names this boot: /proc/sys/kernel/random/boot_id. */
  bootId(): Promise<string>
  /**
   * All processes, one pass. Those that end during the scan are left out.
   *
   * @throws `FILE_UNREADABLE` when not everything could be looked at: no descriptors left, no /proc.
   */
  scan(options: { signal?: AbortSignal }): Promise<readonly ProcessEntry[]>
  /** One process, now; undefined when it has ended or may not be seen. @throws `FILE_UNREADABLE` as `scan`. */
  entry(pid: number): ProcessEntry | undefined
  /**
   * Names (never values) of the environment variables of one process; undefined when it may not be seen.
   * @throws never.
   */
  environmentNames(pid: number): Promise<readonly string[] | undefined>
  /**
   * Of one process, now; undefined when it has ended or may not be seen. Values are dropped as they are read, but for those
   * of `variables`, which name a session. @throws `FILE_UNREADABLE` as `scan`.
   */
  surroundings(pid: number, variables: ReadonlySet<string>): ProcessSurroundings | undefined
}
