import { isWindowsPath, pathKey } from '../../base/absolute-path.ts'
import { isSpeltByWindows, portableText } from '../../system/files/portable-text.ts'
import type { ProcessEntry } from '../../system/processes/process-table.ts'
import { type ScannedPath, scanPath } from '../catalogue/path-pattern.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { baseName, type Hit, type ProgramIndex } from './agent-index.ts'
import type { ProcessRecord, ResolvedProgram } from './process-record.ts'
import { type Program, placedScript, programOf } from './script-argument.ts'

/** What a process is matched by. */
export interface MatchedProcess extends ProcessEntry {
  /** Where it was started: what its command line names may lie there. */
  readonly workingFolder?: string | undefined
  /** Where what it runs lies; undefined where that was not to be had. */
  readonly resolved?: ResolvedProgram | undefined
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
 * Matches by the executable, or by what an interpreter runs: by its path, with links followed and as it is named, and by the npm
 * package whose command it is. Never by the process name, never by a part of a path.
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
  const matched = ({ hit, evidence }: Found, args: readonly string[]) => ({
    ...hit,
    process,
    evidence: boundedText(
      process.startedAs === undefined ? evidence : `${evidence}, as ${process.startedAs}`,
      MAX_EVIDENCE,
    ),
    args,
  })
  // Of nearly all processes this is all that is asked.
  const path = executableBeforeUpdate(portableText(executable))
  if (bearsName(index, path) || hasPart(index, path)) {
    const found = executableHit(index, process, scanPath(path, homes))
    if (found !== undefined) return matched(found, process.argv.slice(1))
  }
  const named = programOf(executable, process.argv)
  if (named === undefined) return undefined
  const found = programHit(index, placedScript(named, process.workingFolder), process, homes)
  return found === undefined ? undefined : matched(found, named.args)
}

/** Is the executable called as one of the catalogue is? */
export function bearsName({ executables }: Pick<ProgramIndex, 'executables'>, executable: string): boolean {
  return isSpeltByWindows(executable)
    ? executables.upperNames.has(baseName(executable).toUpperCase())
    : executables.names.has(baseName(executable))
}

function hasPart({ executables }: ProgramIndex, path: string): boolean {
  if (!isWindowsPath(path)) return executables.parts.some((part) => path.includes(part))
  const key = path.toUpperCase()
  return executables.upperParts.some((part) => key.includes(part))
}

interface Found {
  readonly hit: Hit
  readonly evidence: string
}

/** npm sets the package that it replaces aside, as `.name-hash`, and deletes it while what runs from there continues. */
const SET_ASIDE = /(\/node_modules\/(?:@[^/]+\/)?)\.([^/]+)-[A-Za-z0-9]{8}(?=\/)/

/** Where an executable was before npm replaced its package. */
export function executableBeforeUpdate(executable: string): string {
  return executable.includes('/.') ? executable.replace(SET_ASIDE, '$1$2') : executable
}

/** The file that an interpreter runs in it, as the process names it; undefined where it names none. */
export function scriptOf({ executable = '', argv, workingFolder }: MatchedProcess): string | undefined {
  const program = programOf(executable, argv)
  const placed = program === undefined ? undefined : placedScript(program, workingFolder)
  return placed?.kind === 'script' ? placed.path : undefined
}

/** What a process runs: the executable, or the script by its name and where it lies. */
export function programFilesOf(process: MatchedProcess): readonly string[] {
  const { executable = '', resolved } = process
  return [...new Set([scriptOf(process) ?? executable, resolved?.path ?? executable])]
}

function executableHit(index: ProgramIndex, process: MatchedProcess, path: ScannedPath): Found | undefined {
  const { executable = '', argv, resolved } = process
  // Of an interpreter it is the package of the script.
  const owner = programOf(executable, argv) === undefined ? resolved?.package : undefined
  return surest([
    [index.executable(path), `executable ${process.executable}`],
    [owner && index.commandOf(owner.name), `executable ${process.executable}, a command of npm package ${owner?.name}`],
  ])
}

function programHit(
  index: ProgramIndex,
  program: Program,
  process: MatchedProcess,
  homes: readonly string[],
): Found | undefined {
  const by = process.executable
  switch (program.kind) {
    case 'script':
      return scriptHit(index, program.path, process, homes)
    case 'module':
      return surest([[index.module(program.name), `module ${program.name} run by ${by}`]])
    case 'title':
      return surest([[index.title(program.title), `title ${program.title} of ${by}`]])
    default:
      return program satisfies never
  }
}

/** What a link leads to says more than its name. */
function scriptHit(
  index: ProgramIndex,
  path: string,
  { executable: by, argv, resolved }: MatchedProcess,
  homes: readonly string[],
): Found | undefined {
  const hitAt = (file: string) => index.script(scanPath(file, homes)) ?? venvHit(index, file, argv[0] ?? '')
  const lies = resolved === undefined || resolved.path === path ? undefined : resolved.path
  const owner = resolved?.package
  return surest([
    [lies === undefined ? undefined : hitAt(lies), `script ${path}, which lies at ${lies}, run by ${by}`],
    [hitAt(path) ?? packageHit(index, path), `script ${path} run by ${by}`],
    [owner && index.commandOf(owner.name), `script ${path}, a command of npm package ${owner?.name}, run by ${by}`],
  ])
}

/** The first match that needs no support, else the first of all. */
function surest(candidates: readonly (readonly [hit: Hit | undefined, evidence: string])[]): Found | undefined {
  const hits = candidates.flatMap(([hit, evidence]): Found[] => (hit === undefined ? [] : [{ hit, evidence }]))
  return hits.find(({ hit }) => !hit.needsSupport) ?? hits[0]
}

/** Python's commands lie beside the interpreter of their virtual environment, which is how they name it. */
function venvHit(index: ProgramIndex, script: string, interpreter: string): Hit | undefined {
  if (isSpeltByWindows(interpreter)) return windowsVenvHit(index, script, interpreter)
  const folder = interpreter.slice(0, interpreter.lastIndexOf('/') + 1)
  if (!folder.endsWith('/bin/') || script !== folder + baseName(script)) return undefined
  return baseName(interpreter).startsWith('python') ? index.venvCommand(baseName(script)) : undefined
}

/** There the command is a program that hands itself to the interpreter beside it: `Scripts\\aider.exe`. */
function windowsVenvHit(index: ProgramIndex, script: string, interpreter: string): Hit | undefined {
  const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
  const [file, python] = [script, portableText(interpreter)].map(pathKey)
  if (file === undefined || python === undefined || folderOf(file) !== folderOf(python)) return undefined
  if (!folderOf(python).endsWith('/SCRIPTS/') || !baseName(interpreter).startsWith('python')) return undefined
  return index.venvCommand(
    baseName(script)
      .replace(/-script\.pyw?$/, '')
      .toLowerCase(),
  )
}

/** Deno's `npm:@scope/name@version/command`; where it starts that again, it names the file that it has fetched. */
function packageHit(index: ProgramIndex, script: string): Hit | undefined {
  const name = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(script)?.[1]
  return name === undefined ? undefined : index.npmPackage(name)
}
