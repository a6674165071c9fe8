import { posix } from 'node:path'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import type { ProcessEvent, ProcessEventSource } from '../../system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable, ProgramFile } from '../../system/processes/process-table.ts'
import { isRootsProgram } from '../../system/processes/program-file.ts'
import type { ProgramResolver } from '../../system/processes/program-resolver.ts'
import { programOfLoader } from './loader-arguments.ts'

export interface KnownProgramsComponents {
  readonly processes: ProcessTable
  readonly events?: ProcessEventSource | undefined
  readonly programs?: ProgramResolver | undefined
}

/** Whether a process is an agent, or runs scripts, by the path of its executable. */
export type RecognisesPath = (process: ProcessEntry) => boolean

const MAX_KNOWN = 1_000
const NO_VARIABLES: ReadonlySet<string> = new Set()

/**
 * Programs under other names. A file that was seen as an agent by its path is known again by device and inode: through a hard link,
 * a bind mount, or in another mount namespace. What the dynamic linker runs is named by its argument. Both get the path by which
 * they are recognised for their `executable`, and `startedAs` says what the kernel told.
 *
 * A copy is another file, and is not known. After a restart of the daemon a file must be seen by its path again.
 */
export class KnownPrograms {
  readonly #components: KnownProgramsComponents
  readonly #recognises: RecognisesPath
  readonly #paths = new Map<string, string>()

  constructor(components: KnownProgramsComponents, recognises: RecognisesPath) {
    this.#components = components
    this.#recognises = recognises
  }

  /**
   * Remembers the file of a recognised process. Users may give any file a recognised path, where they may mount: so of files of
   * others nothing is learned from them, or everyone's Python would become an agent.
   */
  learn({ executable, startedAs, programFile, userId }: ProcessEntry): void {
    if (executable === undefined || startedAs !== undefined || programFile === undefined) return
    const key = keyOf(programFile)
    if (this.#paths.has(key)) return
    const isOwn = programFile.ownerId === userId && userId !== '0'
    if (!isOwn && !isRootsProgram(executable, programFile)) return
    const [oldest] = this.#paths.keys()
    if (oldest !== undefined && this.#paths.size >= MAX_KNOWN) this.#paths.delete(oldest)
    this.#paths.set(key, executable)
  }

  /** The processes, by the names that are known for their programs. */
  table(): ProcessTable {
    const { processes } = this.#components
    const { ticks } = processes
    return {
      ...(ticks === undefined ? {} : { ticks }),
      ...(processes.isPartOfSystem === undefined
        ? {}
        : { isPartOfSystem: (executable) => processes.isPartOfSystem?.(executable) === true }),
      bootId: () => processes.bootId(),
      scan: async (options) => (await processes.scan(options)).map((process) => this.#named(process)),
      entry: (pid) => {
        const process = processes.entry(pid)
        return process && this.#named(process)
      },
      environmentNames: (pid) => processes.environmentNames(pid),
      surroundings: (pid, variables) => processes.surroundings(pid, variables),
    }
  }

  /** The same for what starts. */
  events(): ProcessEventSource | undefined {
    const { events } = this.#components
    const named = (event: ProcessEvent): ProcessEvent =>
      event.kind === 'exec' && typeof event.process === 'object'
        ? { ...event, process: this.#named(event.process) }
        : event
    return (
      events && {
        watch: (kinds, listener, options) =>
          events.watch(kinds, (batch) => listener({ ...batch, events: batch.events.map(named) }), options),
      }
    )
  }

  #named<P extends ProcessEntry & { readonly workingFolder?: string | undefined }>(process: P): P {
    const { executable, programFile } = process
    if (executable === undefined) return process
    const run = programOfLoader(executable, process.argv)
    if (run !== undefined) {
      const path = this.#placed(process, run.path)
      return path === undefined ? process : { ...process, executable: path, argv: run.argv, startedAs: executable }
    }
    const known = programFile && this.#paths.get(keyOf(programFile))
    if (known === undefined || known === executable || this.#recognises(process)) return process
    return { ...process, executable: known, startedAs: executable }
  }

  /** Where a path of its command line leads. */
  #placed(process: ProcessEntry & { readonly workingFolder?: string | undefined }, named: string): string | undefined {
    const { processes, programs } = this.#components
    const { pid, workingFolder = processes.surroundings(pid, NO_VARIABLES)?.workingFolder ?? '' } = process
    const path = posix.resolve(workingFolder, named)
    if (!isAbsolutePath(named) && workingFolder === '') return undefined
    const found = programs?.resolve(process, path, { kind: 'script', manifest: false })
    return typeof found === 'object' ? found.path : path
  }
}

function keyOf({ device, inode, born }: ProgramFile): string {
  return `${device} ${inode} ${born}`
}
