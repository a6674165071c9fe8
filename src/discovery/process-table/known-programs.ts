import { posix } from 'node:path'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import { ROOT_ID } from '../../base/text/user-id.ts'
import type { LocalMounts } from '../../system/mounts/mounts.ts'
import type { ProcessEvent, ProcessEventSource } from '../../system/processes/process-events.ts'
import type { ProcessEntry, ProcessTable, ProgramFile } from '../../system/processes/process-table.ts'
import { isRootsProgram, type RootsProgramComponents } from '../../system/processes/program-file.ts'
import type { ProgramResolver } from '../../system/processes/program-resolver.ts'

export interface KnownProgramsComponents {
  readonly processes: ProcessTable
  readonly events?: ProcessEventSource | undefined
  readonly programs?: ProgramResolver | undefined
  /** As this process sees them. Where they are not known, nothing of root's is learned. */
  readonly mounts?: (() => LocalMounts | undefined) | undefined
  readonly lstat?: RootsProgramComponents['lstat']
}

/** Whether a process is an agent, or runs scripts, by the path of its executable. */
type RecognisesPath = (process: ProcessEntry) => boolean

const MAX_OF_ROOT = 1_000
const MAX_OF_USER = 32
/** A user may have many ids, by `/etc/subuid`. */
const MAX_USERS = 1_000
const NO_VARIABLES: ReadonlySet<string> = new Set()

/**
 * Programs under other names. A file that was seen as an agent by its path is known again by device and inode: through a hard link,
 * a bind mount, or in another mount namespace. What the dynamic linker runs is named by its argument. Both get the path by which
 * they are recognised for their `executable`, and `startedAs` is the path that the kernel reports.
 *
 * A copy is another file, and is not known. After a restart of the daemon a file must be seen by its path again.
 */
export class KnownPrograms {
  readonly #components: KnownProgramsComponents
  readonly #recognises: RecognisesPath
  /** Paths by file, for each user. What is root's counts for all. */
  readonly #paths = new Map<string, Map<string, string>>([[ROOT_ID, new Map()]])

  constructor(components: KnownProgramsComponents, recognises: RecognisesPath) {
    this.#components = components
    this.#recognises = recognises
  }

  /**
   * Remembers the file of a recognised process. Users may give any file any path, where they may mount. So a file of root's is learned
   * only where we see it at that path, and a user's own file counts only for processes of that user.
   */
  learn({ executable, startedAs, programFile, userId }: ProcessEntry): void {
    if (executable === undefined || startedAs !== undefined || programFile === undefined) return
    const { ownerId } = programFile
    const key = keyOf(programFile)
    if (this.#paths.get(ownerId)?.has(key) === true) return
    const isKnown = ownerId === ROOT_ID ? this.#isRoots(executable, programFile) : ownerId === userId
    if (!isKnown) return
    const known = this.#paths.get(ownerId) ?? new Map<string, string>()
    dropOldest(known, ownerId === ROOT_ID ? MAX_OF_ROOT : MAX_OF_USER)
    known.set(key, executable)
    if (this.#paths.has(ownerId)) return
    const users = [...this.#paths.keys()].filter((id) => id !== ROOT_ID)
    if (users[0] !== undefined && users.length >= MAX_USERS) this.#paths.delete(users[0])
    this.#paths.set(ownerId, known)
  }

  #isRoots(executable: string, programFile: ProgramFile): boolean {
    const { mounts, lstat } = this.#components
    return isRootsProgram(executable, programFile, { mounts: mounts?.(), ...(lstat && { lstat }) })
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
    const known = programFile && this.#pathOf(process, programFile)
    if (known !== undefined && (known === executable || this.#recognises(process))) return process
    if (known !== undefined) return { ...process, executable: known, startedAs: executable }
    const run = programFile?.ownerId === ROOT_ID ? programOfLoader(executable, process.argv) : undefined
    const path = run && this.#placed(process, run.path)
    if (run === undefined || path === undefined) return process
    return { ...process, executable: path, argv: run.argv, startedAs: executable }
  }

  #pathOf({ userId }: ProcessEntry, file: ProgramFile): string | undefined {
    return this.#paths.get(file.ownerId === ROOT_ID ? ROOT_ID : userId)?.get(keyOf(file))
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

function dropOldest(known: Map<string, string>, maximum: number): void {
  const [oldest] = known.keys()
  if (oldest !== undefined && known.size >= maximum) known.delete(oldest)
}

function keyOf({ device, inode, born }: ProgramFile): string {
  return `${device} ${inode} ${born}`
}

/** The dynamic linker as a program: `ld.so [OPTION]... PROGRAM [ARGUMENT]...`. See ld.so(8); musl takes the same. */

/** Where only root puts libraries. Anyone can call a program `ld.so` elsewhere. */
const LOADER = /^\/(?:usr\/)?lib(?:32|64|x32)?\/(?:[^/]+\/)*ld(?:-linux[^/]*|-musl-[^/]*|64|-\d[^/]*)?\.so(?:\.\d+)*$/
const WITH_VALUE = new Set([
  ...['--library-path', '--inhibit-rpath', '--audit', '--preload', '--argv0'],
  ...['--glibc-hwcaps-prepend', '--glibc-hwcaps-mask'],
])
/** With one of these it runs nothing. */
const RUNS_NOTHING = new Set(['--list', '--verify', '--help', '--version', '--list-tunables', '--list-diagnostics'])

/** The program that a linker runs, as it is named, and the arguments of that program. Undefined where it runs none. */
export function programOfLoader(
  executable: string,
  argv: readonly string[],
): { readonly path: string; readonly argv: readonly string[] } | undefined {
  if (!LOADER.test(executable)) return undefined
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    if (RUNS_NOTHING.has(part)) return undefined
    if (WITH_VALUE.has(part)) at++
    else if (part !== '' && !part.startsWith('-')) return { path: part, argv: argv.slice(at) }
  }
  return undefined
}
