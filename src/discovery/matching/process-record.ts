import type { ProcessEntry } from '../../system/processes/process-table.ts'

/** The file that a process runs, once the links on the way to it are followed. Never leaves the device but for its path. */
export interface ResolvedProgram {
  /** Of the script, or of the executable where it runs none. */
  readonly path: string
  /** The npm package above that file which names it as one of its commands. */
  readonly package?: { readonly name: string; readonly version?: string }
}

/**
 * What is known of one process: as it was when it started where that was seen, else as it was first looked at. Parent,
 * session, terminal and user are those of the last look. Never leaves the device.
 */
export interface ProcessRecord extends ProcessEntry {
  /** Names of its environment variables; undefined when they could not be read. */
  readonly environmentNames?: readonly string[] | undefined
  /** Values of the few variables that name a session (`sessionVariables` of the catalogue), and of no others. */
  readonly sessionMarkers: Readonly<Record<string, string>>
  /** Its current folder, when it was looked at. */
  readonly workingFolder?: string | undefined
  /** Where the file that it runs lay when it was first looked at; undefined where that was not to be had. */
  readonly resolved?: ResolvedProgram | undefined
  /**
   * Who forked it, as the kernel told at the fork: it may have ended since, and says then what it was. Undefined where the
   * fork was not seen; `parentPid` is then all there is. The `startTicks` of one that ended before it was looked at are 0.
   */
  readonly forkedBy?: ProcessRecord | undefined
  readonly ended?: true
  /** Where it was when it began to run this program, where that was seen. */
  readonly atExec?: Pick<ProcessEntry, 'parentPid' | 'sessionId' | 'ttyNumber'> | undefined
  /**
   * Below an agent, the arguments of the first program that it ran, where that gave way to this one: as wrappers do that end in
   * `exec`.
   */
  readonly firstArgv?: readonly string[]
  /** How many of its children began a program in a session of their own without a terminal, as agents start their tools. */
  readonly ownSessionChildren?: number
  /** Not all of its arguments are kept, or not the whole of each. */
  readonly argumentsCut?: true
  /** Behind those that are kept there are others, or may be: the command line is longer than what is read of any. */
  readonly argumentsMissing?: true
}
