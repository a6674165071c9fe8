import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'
import { type ShellInput, shellInput } from '../shell/shell-input.ts'

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
