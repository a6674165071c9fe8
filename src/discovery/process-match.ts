import type { ProcessEntry } from '../system/process-table.ts'
import { baseName, type Hit, type ProgramIndex } from './agent-index.ts'
import { boundedText } from './bounded-text.ts'
import { scanPath } from './catalogue/path-pattern.ts'
import type { ProcessRecord } from './process-record.ts'
import { type Program, placedScript, programOf } from './script-argument.ts'

/** What a process is matched by. */
export interface MatchedProcess extends ProcessEntry {
  /** Where it was started: what its command line names may lie there. */
  readonly workingFolder?: string | undefined
}

/** One process that bears the mark of an agent, or of what serves models. */
export interface ProcessMatch<P extends MatchedProcess = ProcessRecord> extends Hit {
  readonly process: P
  /** Why, without anything of the command line but the path of the script. */
  readonly evidence: string
  /** The agent's own arguments, for flags only. */
  readonly args: readonly string[]
}

const MAX_EVIDENCE = 400

/**
 * Matches by the executable, or by what an interpreter runs; never by the process name, never by a part of a path.
 *
 * @param homes folders that `~` may stand for.
 */
export function matchProcess<P extends MatchedProcess>(
  index: ProgramIndex,
  process: P,
  homes: readonly string[],
): ProcessMatch<P> | undefined {
  const { executable } = process
  if (executable === undefined) return undefined
  const found = (hit: Hit | undefined, evidence: string, args: readonly string[]) =>
    hit === undefined ? undefined : { ...hit, process, evidence: boundedText(evidence, MAX_EVIDENCE), args }
  // Of nearly all processes this is all that is asked.
  const { names, parts } = index.executables
  const path = beforeUpdate(executable)
  if (names.has(baseName(path)) || parts.some((part) => path.includes(part))) {
    const hit = index.executable(scanPath(path, homes))
    if (hit !== undefined) return found(hit, `executable ${executable}`, process.argv.slice(1))
  }
  const named = programOf(executable, process.argv)
  if (named === undefined) return undefined
  const program = placedScript(named, process.workingFolder)
  return found(hitOf(index, program, process, homes), describe(program, executable), program.args)
}

/** npm sets the package that it replaces aside, as `.name-hash`, and deletes it while what runs from there goes on. */
const SET_ASIDE = /(\/node_modules\/(?:@[^/]+\/)?)\.([^/]+)-[A-Za-z0-9]{8}(?=\/)/

/** Where an executable was before npm replaced its package. */
function beforeUpdate(executable: string): string {
  return executable.includes('/.') ? executable.replace(SET_ASIDE, '$1$2') : executable
}

/** The file that an interpreter runs in it, as far as that is said. */
export function scriptOf({ executable = '', argv, workingFolder }: MatchedProcess): string | undefined {
  const program = programOf(executable, argv)
  const placed = program === undefined ? undefined : placedScript(program, workingFolder)
  return placed?.kind === 'script' ? placed.path : undefined
}

function hitOf(
  index: ProgramIndex,
  program: Program,
  process: ProcessEntry,
  homes: readonly string[],
): Hit | undefined {
  switch (program.kind) {
    case 'script':
      return (
        index.script(scanPath(program.path, homes)) ??
        venvHit(index, program.path, process.argv[0] ?? '') ??
        packageHit(index, program.path)
      )
    case 'module':
      return index.module(program.name)
    case 'title':
      return index.title(program.title)
    default:
      return program satisfies never
  }
}

/** Python's commands lie beside the interpreter of their virtual environment, which is how they name it. */
function venvHit(index: ProgramIndex, script: string, interpreter: string): Hit | undefined {
  const folder = interpreter.slice(0, interpreter.lastIndexOf('/') + 1)
  if (!folder.endsWith('/bin/') || script !== folder + baseName(script)) return undefined
  return baseName(interpreter).startsWith('python') ? index.venvCommand(baseName(script)) : undefined
}

/** Deno's `npm:@scope/name@version/command`; where it starts that again, it names the file that it has fetched. */
function packageHit(index: ProgramIndex, script: string): Hit | undefined {
  const name = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(script)?.[1]
  return name === undefined ? undefined : index.npmPackage(name)
}

function describe(program: Program, executable: string): string {
  switch (program.kind) {
    case 'script':
      return `script ${program.path} run by ${executable}`
    case 'module':
      return `module ${program.name} run by ${executable}`
    case 'title':
      return `title ${program.title} of ${executable}`
    default:
      return program satisfies never
  }
}
