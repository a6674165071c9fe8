import type { ProcessEntry, ProcessSurroundings, ProcessTable } from '../../system/processes/process-table.ts'
import type { ProgramResolver } from '../../system/processes/program-resolver.ts'
import type { MatchedProcess } from '../matching/process-match.ts'
import { type ResolveProgramInit, resolveProgram } from './resolve-program.ts'
import { KeptText } from './string-interner.ts'
import type { Remembered } from './tracked-process.ts'

export interface FirstLookComponents {
  readonly processes: Pick<ProcessTable, 'entry' | 'surroundings'>
  /** Absent where links cannot be followed without waiting: scripts are then known by their names alone. */
  readonly programs?: ProgramResolver | undefined
}

export interface FirstLookInit extends ResolveProgramInit {
  /** Variables that name a session of an agent: their values are kept, and no others. */
  readonly sessionVariables: ReadonlySet<string>
}

/** What is asked of a process besides its entry. */
type Surroundings = Omit<ProcessSurroundings, 'startTicks'>

const NO_MARKERS: Readonly<Record<string, string>> = Object.freeze({})
const NOTHING: readonly string[] = Object.freeze([])

/** Reads what a process is as it begins, and keeps of that what is worth keeping. */
export class FirstLook {
  readonly #processes: FirstLookComponents['processes']
  readonly #programs: ProgramResolver | undefined
  readonly #init: FirstLookInit
  readonly #text = new KeptText()

  constructor({ processes, programs }: FirstLookComponents, init: FirstLookInit) {
    this.#processes = processes
    this.#programs = programs
    this.#init = init
  }

  /** Being short of descriptors says nothing about a process: what was missed is looked at later. */
  entry(pid: number): ProcessEntry | 'short' | undefined {
    try {
      return this.#processes.entry(pid)
    } catch {
      return 'short'
    }
  }

  /**
   * The end of its first thread was told, but others of an agent still run its program, or are about to end as well, which nobody
   * tells: from now on it is asked for at each look.
   */
  goesOn(known: Remembered | undefined): boolean {
    if (known?.agent !== true || !this.#runs(known)) return false
    known.firstThreadEnded = true
    return true
  }

  /** As `entry`; of what has only its other threads left undefined once these have ended, too. */
  again(known: Remembered): ProcessEntry | 'short' | undefined {
    return known.firstThreadEnded === true && this.#runs(known) === false ? undefined : this.entry(known.pid)
  }

  #runs({ pid, startTicks }: Remembered): boolean | undefined {
    const entry = this.entry(pid)
    if (entry === 'short') return undefined
    return entry !== undefined && entry.executable !== undefined && entry.startTicks === startTicks
  }

  surroundings({ pid, startTicks }: ProcessEntry): ProcessSurroundings | undefined {
    try {
      const found = this.#processes.surroundings(pid, this.#init.sessionVariables)
      return found?.startTicks === startTicks ? found : undefined
    } catch {
      return undefined
    }
  }

  /** @param many very many processes run: less is kept of each. */
  record(
    entry: ProcessEntry,
    surroundings: Surroundings | undefined,
    { born, many }: { readonly born: number; readonly many: boolean },
  ): Remembered {
    const { pid, parentPid, startTicks, userId, sessionId, ttyNumber, comm, stackStart, argumentsUnread } = entry
    const begun = { ...entry, workingFolder: surroundings?.workingFolder }
    const found = this.#resolve(begun)
    return {
      ...{ pid, parentPid, startTicks, userId, sessionId, ttyNumber, comm },
      ...(stackStart === undefined ? {} : { stackStart }),
      ...(argumentsUnread === undefined ? {} : { argumentsUnread }),
      executable: this.#text.path(entry.executable),
      ...this.#text.arguments(entry.argv, many),
      environmentNames: this.#text.names(surroundings?.environmentNames),
      sessionMarkers: surroundings?.sessionMarkers ?? NO_MARKERS,
      workingFolder: this.#text.path(surroundings?.workingFolder),
      ...found,
      agent: this.#init.isAgent({ ...begun, ...found }),
      live: true,
      forks: 0,
      depth: 0,
      born,
    }
  }

  /** Asks again where what it runs lies, if that is not known: it did not answer in time, or bears a name that was not heeded. */
  resolveAgain(known: Remembered): void {
    if (known.resolved !== undefined || !known.live) return
    const { resolved, resolvedLate } = this.#resolve(known)
    known.resolvedLate = resolvedLate
    if (resolved === undefined) return
    known.resolved = resolved
    known.agent = this.#init.isAgent(known)
  }

  #resolve(process: MatchedProcess): Pick<Remembered, 'resolved' | 'resolvedLate'> {
    const found = this.#programs && resolveProgram(this.#programs, this.#init, process)
    if (found === undefined) return {}
    if (found === 'late') return { resolvedLate: true }
    return { resolved: { ...found, path: this.#text.path(found.path) ?? found.path } }
  }

  /** Gone before anybody could look, but for the file that it ran: what it forked hangs on it. */
  passed(before: Remembered, executable: string | undefined, { born }: { readonly born: number }): Remembered {
    const { stackStart: _, environmentNames: __, resolved: ___, ...known } = before
    const unknown = { argv: NOTHING, comm: '', sessionMarkers: NO_MARKERS, agent: false, isPassed: true as const }
    return { ...known, ...unknown, executable: this.#text.path(executable), forks: 0, born }
  }
}

/** Of a process that is not remembered: as it is now. */
export function unremembered(entry: ProcessEntry, surroundings: Surroundings | undefined) {
  return { ...entry, environmentNames: surroundings?.environmentNames, sessionMarkers: NO_MARKERS }
}
