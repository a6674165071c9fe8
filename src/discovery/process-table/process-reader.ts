import { posix } from 'node:path'
import { isAbsolutePath } from '../../base/absolute-path.ts'
import { codeOf } from '../../base/errors.ts'
import { parseJson } from '../../base/json.ts'
import { asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { ProcessEntry, ProcessSurroundings, ProcessTable } from '../../system/processes/process-table.ts'
import type { ProgramResolver, ResolvedFile } from '../../system/processes/program-resolver.ts'
import { type MatchedProcess, scriptOf } from '../matching/process-match.ts'
import type { ResolvedProgram } from '../matching/process-record.ts'
import { programOf } from '../matching/script-argument.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { StringInterner } from './string-interner.ts'
import type { TrackedProcess } from './tracked-process.ts'

export interface ProcessReaderComponents {
  readonly processes: Pick<ProcessTable, 'entry' | 'surroundings'>
  /** Absent if links cannot be followed without blocking. Scripts are then matched by name alone. */
  readonly programs?: ProgramResolver | undefined
}

export interface ProcessReaderInit extends ResolveProgramInit {
  /** Variables that name a session of an agent. Only their values are kept. */
  readonly sessionVariables: ReadonlySet<string>
}

type Surroundings = Omit<ProcessSurroundings, 'startTicks'>

const NO_MARKERS: Readonly<Record<string, string>> = Object.freeze({})
const NOTHING: readonly string[] = Object.freeze([])

/** Reads a process and makes its record. */
export class ProcessReader {
  readonly #processes: ProcessReaderComponents['processes']
  readonly #programs: ProgramResolver | undefined
  readonly #init: ProcessReaderInit
  readonly #text = new StringInterner()

  constructor({ processes, programs }: ProcessReaderComponents, init: ProcessReaderInit) {
    this.#processes = processes
    this.#programs = programs
    this.#init = init
  }

  /** `no-descriptors`: we ran out of file descriptors, which says nothing about the process. Try again later. */
  entry(pid: number): ProcessEntry | 'no-descriptors' | undefined {
    try {
      return this.#processes.entry(pid)
    } catch {
      return 'no-descriptors'
    }
  }

  /**
   * True if the first thread of an agent has ended but others still run. No event reports the end of those, so each
   * scan reads the process again.
   */
  hasOtherThreads(known: TrackedProcess | undefined): boolean {
    if (known?.agent !== true || !this.#runs(known)) return false
    known.firstThreadEnded = true
    return true
  }

  /** As `entry`, but undefined once all other threads of the process have ended too. */
  readAgain(known: TrackedProcess): ProcessEntry | 'no-descriptors' | undefined {
    return known.firstThreadEnded === true && this.#runs(known) === false ? undefined : this.entry(known.pid)
  }

  #runs({ pid, startTicks }: TrackedProcess): boolean | undefined {
    const entry = this.entry(pid)
    if (entry === 'no-descriptors') return undefined
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

  /** @param many keep shorter command lines, because very many processes run. */
  record(
    entry: ProcessEntry,
    surroundings: Surroundings | undefined,
    { serial, many }: { readonly serial: number; readonly many: boolean },
  ): TrackedProcess {
    const { pid, parentPid, startTicks, userId, sessionId, ttyNumber, comm, stackStart, argumentsUnread } = entry
    const { startedAs, programFile } = entry
    const begun = { ...entry, workingFolder: surroundings?.workingFolder }
    const found = this.#resolve(begun)
    return {
      pid,
      parentPid,
      startTicks,
      userId,
      sessionId,
      ttyNumber,
      comm,
      ...(stackStart === undefined ? {} : { stackStart }),
      ...(argumentsUnread === undefined ? {} : { argumentsUnread }),
      ...(startedAs === undefined ? {} : { startedAs }),
      ...(programFile === undefined ? {} : { programFile }),
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
      serial,
    }
  }

  /** Resolves the program again if that timed out before or its name was not in the catalogue. */
  resolveAgain(known: TrackedProcess): void {
    if (known.resolved !== undefined || !known.live) return
    const { resolved, resolvedLate } = this.#resolve(known)
    known.resolvedLate = resolvedLate
    if (resolved === undefined) return
    known.resolved = resolved
    known.agent = this.#init.isAgent(known)
  }

  #resolve(process: MatchedProcess): Pick<TrackedProcess, 'resolved' | 'resolvedLate'> {
    const found = this.#programs && resolveProgram(this.#programs, this.#init, process)
    if (found === undefined) return {}
    if (found === 'late') return { resolvedLate: true }
    return { resolved: { ...found, path: this.#text.path(found.path) ?? found.path } }
  }

  /** Record of a program that ended before it was read. It is kept because its forks are linked to it. */
  missedRecord(
    before: TrackedProcess,
    executable: string | undefined,
    { serial }: { readonly serial: number },
  ): TrackedProcess {
    const { stackStart: _, environmentNames: __, resolved: ___, startedAs: ____, programFile: _____, ...known } = before
    const unknown = { argv: NOTHING, comm: '', sessionMarkers: NO_MARKERS, agent: false, isMissed: true as const }
    return { ...known, ...unknown, executable: this.#text.path(executable), forks: 0, serial }
  }
}

/** The record of a process that is not remembered, as it is now. */
export function untracked(entry: ProcessEntry, surroundings: Surroundings | undefined) {
  return { ...entry, environmentNames: surroundings?.environmentNames, sessionMarkers: NO_MARKERS }
}

interface ResolveProgramInit {
  /** True if the catalogue has a program with this file name. */
  readonly bearsName: (path: string) => boolean
  /** True if the process matches an agent of the catalogue. */
  readonly isAgent: (process: MatchedProcess) => boolean
}

/** npm's limit for package names. */
const MAX_NAME = 214
const LIMITS = { maxBytes: 64 * 1024, maxDepth: 32 }

/**
 * Follows links to the file that a process runs, and finds its npm package. Manifests are read only for agents and for
 * names of the catalogue: those of ordinary projects are private.
 *
 * @returns `late` if it timed out and should be tried again; undefined if there is nothing to find.
 */
export function resolveProgram(
  resolver: ProgramResolver,
  { bearsName, isAgent }: ResolveProgramInit,
  process: MatchedProcess,
): ResolvedProgram | 'late' | undefined {
  const { executable } = process
  if (executable === undefined) return undefined
  const kind = programOf(executable, process.argv) === undefined ? 'executable' : 'script'
  const path = kind === 'script' ? scriptOf(process) : executable
  if (path === undefined || !isAbsolutePath(path)) return undefined
  const named = bearsName(path)
  if (kind === 'executable' && !named) return undefined
  const found = resolver.resolve(process, path, { kind, manifest: named })
  if (typeof found !== 'object') return found
  if (named || !isAgent({ ...process, resolved: { path: found.path } })) return programIn(found)
  const whole = resolver.resolve(process, path, { kind, manifest: true })
  return programIn(typeof whole === 'object' ? whole : found)
}

function programIn(found: ResolvedFile): ResolvedProgram {
  const owner = packageOf(found)
  return { path: found.path, ...(owner === undefined ? {} : { package: owner }) }
}

function packageOf({ path, manifest }: ResolvedFile): ResolvedProgram['package'] {
  if (manifest === undefined) return undefined
  const document = documentIn(manifest.text)
  const name = textOf(document, 'name')
  if (name === undefined || name === '' || name.length > MAX_NAME) return undefined
  const file = path.slice(manifest.folder.length + 1)
  if (!commandsOf(document).some((command) => posix.normalize(command) === file)) return undefined
  const version = textOf(document, 'version')
  return { name, ...(version === undefined ? {} : { version: boundedText(version, 64) }) }
}

/** Anyone may have written the manifest. A malformed one names no package. */
function documentIn(text: string): JsonObject {
  try {
    return asObject(parseJson(text.startsWith('\ufeff') ? text.slice(1) : text, LIMITS))
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return {}
  }
}

/** The files of `bin`, which is one path or an object of paths by name. */
function commandsOf(document: JsonObject): readonly string[] {
  const bin = memberOf(document, 'bin')
  const paths = typeof bin === 'string' ? [bin] : Object.values(objectOf(document, 'bin'))
  return paths.filter((each) => typeof each === 'string')
}
