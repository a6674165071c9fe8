import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'

/** Returns the script path of a shell, or `-c`; undefined for an interactive shell. */
export function shellScriptOf(shell: ProcessRecord): string | undefined {
  const input = shellInput(shell)
  return input?.isText === true ? '-c' : input?.word
}

/** Matches `. FILE` for a shell snapshot in a dot folder. */
const LOADS_SNAPSHOT =
  /(^|[\s;&({])(\.|source)\s{1,8}["'\\]{0,2}\/[^\s"']{0,256}\/\.[^/\s"']{1,64}\/([^/\s"']{1,64}\/){0,4}shell[-_]snapshots?\/[^/\s"']/

/**
 * True for a shell that first loads a snapshot: functions and settings saved from the user's own shell, so that each
 * command runs as if the user had typed it.
 */
export function loadsSnapshot(shell: ProcessRecord): boolean {
  const input = isShell(shell.executable) ? shellInput(shell) : undefined
  return input?.isText === true && LOADS_SNAPSHOT.test(input.word.slice(0, MAX_TEXT))
}

/** Options of bash, zsh and similar shells that take a value (`-euo pipefail`, `--rcfile FILE`). */
const LONG_WITH_VALUE = new Set(['--rcfile', '--init-file', '--emulate'])
/** Options of shells with another grammar, whose other options may take any value. */
const OTHERS: Readonly<Record<string, { readonly alone: RegExp; readonly text: RegExp }>> = {
  fish: {
    alone: /^(-[liNPn]+|--(login|interactive|no-config|private|no-execute))$/,
    text: /^(-[a-zA-Z]*[cC]|--(init-)?command)/,
  },
  pwsh: { alone: /^-(f|file|nop|noprofile|nol|nologo|noni|noninteractive|login)$/i, text: /^-c(o|$)/i },
}

/**
 * Returns the first argument that is not an option: a path, or the text of `-c`, which must not be disclosed. Undefined
 * if it is not certain: after `-s` come arguments of a script that is read from standard input.
 */
function shellInput({
  executable,
  argv,
}: ProcessRecord): { readonly word: string; readonly isText: boolean } | undefined {
  const other = OTHERS[baseName(executable ?? '')]
  let isText = false
  for (let at = 1; at < argv.length; at++) {
    const part = argv[at] ?? ''
    const ends = part === '--' || part === '-'
    if (ends || !/^[-+]/.test(part)) {
      const word = ends ? argv[at + 1] : part
      return word === undefined ? undefined : { word, isText }
    }
    if (other?.text.test(part) === true) return { word: argv[at + 1] ?? '', isText: true }
    if (other?.alone.test(part) === false) return undefined
    if (other !== undefined) continue
    if (part.startsWith('--')) {
      if (LONG_WITH_VALUE.has(part)) at++
      continue
    }
    if (part.startsWith('-') && part.includes('s')) return undefined
    if (part.startsWith('-') && part.includes('c')) isText = true
    at += part.match(/[oO]/g)?.length ?? 0
  }
  return undefined
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
  const input = isShell(executable) ? shellInput(program) : undefined
  const word = input?.isText === true ? firstCommand(input.word) : executable
  return baseName(word ?? '').slice(0, 64) || undefined
}

function firstCommand(text: string): string | undefined {
  return text
    .slice(0, MAX_TEXT)
    .split(/[;&|\n]+/)
    .map((part) => part.trim().split(/\s/, 1)[0] ?? '')
    .find((word) => word !== '' && !PREAMBLE.has(word))
}
