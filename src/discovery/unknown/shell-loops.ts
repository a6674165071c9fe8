import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'
import { type ShellInput, shellInput } from '../shell/shell-input.ts'
import { modelCallOf } from './model-endpoint.ts'
import type { ProgramName } from './program-name.ts'
import { ProgramNotes } from './program-notes.ts'
import type { Reason } from './signals.ts'

/** Programs that run around every call, whatever the model answered. */
const PLUMBING = new Set(
  [
    'jq yq sed awk gawk mawk grep egrep rg cut tr head tail cat tac tee echo printf wc sort uniq xargs env true false test',
    'date sleep mktemp rm mkdir touch basename dirname realpath readlink base64 openssl uuidgen seq expr bc stty tput clear',
    'python3 python perl node ruby which id uname hostname ps kill pgrep tty less more fold column paste rev nl cmp diff',
  ].flatMap((line) => line.split(' ')),
)
/** Limits for calls, and for programs between two calls. */
const MAX_CALLS = 64
const MAX_PROGRAMS = 16
const CALLS_NEEDED = 3
const DIFFERENT_NEEDED = 2
const CALLS_WEIGHT = 30
const COMMANDS_WEIGHT = 30

interface Script {
  readonly where: string
  calls: number
  /** Programs that ran after each call, without plumbing. */
  readonly after: Set<string>[]
}

/**
 * Finds shell scripts that call a model repeatedly and run different programs after each call: an agent loop in bash. A
 * script that processes files or messages with a model runs the same programs each time and is no agent.
 */
export class ShellLoops {
  readonly #scripts = new ProgramNotes<Script>()

  /**
   * Notes a program that started below a shell.
   *
   * @returns `scan` if the shell should be scanned, undefined if nothing was noted.
   */
  note(program: ProcessRecord, parent: ProcessRecord): 'scan' | 'noted' | undefined {
    const isFetcher = modelCallOf(program)
    if (isFetcher === undefined && this.#scripts.size === 0) return undefined
    const script = scriptAbove(parent)
    if (script === undefined) return undefined
    const known = this.#scripts.of(script)
    if (isFetcher !== undefined) return this.#called(script, known, isFetcher.where) ? 'scan' : 'noted'
    const [last, name] = [known?.after.at(-1), nameOf(program)]
    if (last === undefined || name === undefined || last.size >= MAX_PROGRAMS) return undefined
    last.add(name)
    return 'noted'
  }

  #called(shell: ProcessRecord, known: Script | undefined, where: string): boolean {
    const script = known ?? { where, calls: 0, after: [] }
    this.#scripts.set(shell, script)
    script.calls++
    script.after.push(new Set())
    if (script.after.length > MAX_CALLS) script.after.shift()
    return script.calls >= CALLS_NEEDED && (script.calls & (script.calls - 1)) === 0
  }

  /** Pids of shells with enough calls. */
  get pids(): readonly number[] {
    return this.#scripts.pids.filter((pid) => (this.#scripts.at(pid)?.calls ?? 0) >= CALLS_NEEDED)
  }

  reasonsFor(shell: Pick<ProcessRecord, 'pid' | 'startTicks'>): readonly Reason[] {
    const script = this.#scripts.of(shell)
    if (script === undefined || script.calls < CALLS_NEEDED) return []
    const { calls, where, after } = script
    const different = countDifferent(after)
    return [
      { name: 'model-calls', weight: CALLS_WEIGHT, detail: `a script that has asked a model ${calls} times: ${where}` },
      ...(different < DIFFERENT_NEEDED
        ? []
        : [
            {
              name: 'answered-commands' as const,
              weight: COMMANDS_WEIGHT,
              detail: `ran other programs than before after ${different} of its questions`,
            },
          ]),
    ]
  }

  /** Forgets shells that have ended. */
  keep(lives: (shell: Pick<ProcessRecord, 'pid' | 'startTicks'>) => boolean): void {
    this.#scripts.keep(lives)
  }
}

/** Number of calls after which a new program ran. Programs after the first call are the baseline. */
function countDifferent(after: readonly ReadonlySet<string>[]): number {
  const seen = new Set<string>(after[0])
  let count = 0
  for (const programs of after.slice(1)) {
    const fresh = [...programs].filter((name) => !seen.has(name))
    if (fresh.length > 0) count++
    for (const name of fresh) seen.add(name)
  }
  return count
}

/** The shell that runs the script; its bare forks count as the same shell. Undefined for an interactive shell. */
function scriptAbove(parent: ProcessRecord): ProcessRecord | undefined {
  let shell = parent
  for (let steps = 0; steps < 8 && shell.forkedBy?.argv === shell.argv; steps++) shell = shell.forkedBy
  return isShell(shell.executable) && shellScriptOf(shell) !== undefined ? shell : undefined
}

/** A script is named after its file. */
export function scriptName(shell: ProcessRecord): ProgramName | undefined {
  const { executable } = shell
  const script = shellScriptOf(shell)
  if (executable === undefined || script === undefined) return undefined
  if (script === '-c') return { name: `${baseName(executable)} -c`, path: executable }
  const path = script.slice(0, 4096)
  return { name: baseName(path).replace(/\.(ba|z|k|da)?sh$/, '') || baseName(path), path }
}

/** Name of the program, unless it is plumbing. */
function nameOf(program: ProcessRecord): string | undefined {
  const name = commandName(program)
  return name === undefined || PLUMBING.has(name) ? undefined : name
}

/** Returns the script path of a shell, or `-c`; undefined for an interactive shell. */
export function shellScriptOf(shell: ProcessRecord): string | undefined {
  const input = inputOf(shell)
  if (input === undefined || input.kind === 'standard-input') return undefined
  return input.kind === 'text' ? '-c' : input.word
}

/** Matches `. FILE` for a shell snapshot in a dot folder. */
const LOADS_SNAPSHOT =
  /(^|[\s;&({])(\.|source)\s{1,8}["'\\]{0,2}\/[^\s"']{0,256}\/\.[^/\s"']{1,64}\/([^/\s"']{1,64}\/){0,4}shell[-_]snapshots?\/[^/\s"']/

/**
 * True for a shell that first loads a snapshot: functions and settings saved from the user's own shell, so that each
 * command runs as if the user had typed it.
 */
export function loadsSnapshot(shell: ProcessRecord): boolean {
  const input = isShell(shell.executable) ? inputOf(shell) : undefined
  return input?.kind === 'text' && LOADS_SNAPSHOT.test(input.word.slice(0, MAX_TEXT))
}

function inputOf({ executable, argv }: ProcessRecord): ShellInput | undefined {
  return shellInput(baseName(executable ?? ''), argv.slice(1))
}

/** Words before the actual command, which set its folder and variables. */
const PREAMBLE = new Set([
  'cd',
  'set',
  'export',
  'source',
  '.',
  'eval',
  'exec',
  'env',
  'command',
  'timeout',
  'nice',
  'time',
])
const MAX_TEXT = 512

/** Name of the command; for a shell, the first meaningful word of its script. Must not be disclosed. */
export function commandName(program: ProcessRecord): string | undefined {
  const { executable } = program
  if (executable === undefined) return undefined
  const input = isShell(executable) ? inputOf(program) : undefined
  const word = input?.kind === 'text' ? firstCommand(input.word) : executable
  return baseName(word ?? '').slice(0, 64) || undefined
}

function firstCommand(text: string): string | undefined {
  return text
    .slice(0, MAX_TEXT)
    .split(/[;&|\n]+/)
    .map((part) => part.trim().split(/\s/, 1)[0] ?? '')
    .find((word) => word !== '' && !PREAMBLE.has(word))
}
