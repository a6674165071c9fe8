import { baseName } from '../matching/agent-index.ts'
import type { ProcessRecord } from '../matching/process-record.ts'
import { isShell } from '../running/helper-programs.ts'

/** What a shell was told to run: the path of a script, or `-c`; undefined for one that reads what a person types. */
export function shellScriptOf(shell: ProcessRecord): string | undefined {
  const told = toldTo(shell)
  return told?.isText === true ? '-c' : told?.word
}

/** `. FILE` of a folder of snapshots of shells, in a dot folder. */
const LOADS_SNAPSHOT =
  /(^|[\s;&({])(\.|source)\s{1,8}["'\\]{0,2}\/[^\s"']{0,256}\/\.[^/\s"']{1,64}\/([^/\s"']{1,64}\/){0,4}shell[-_]snapshots?\/[^/\s"']/

/**
 * Is it a shell that was told to begin with the snapshot of another: the functions and settings of a person's own, kept so that
 * each command of many runs as if they had typed it?
 */
export function loadsSnapshot(shell: ProcessRecord): boolean {
  const told = isShell(shell.executable) ? toldTo(shell) : undefined
  return told?.isText === true && LOADS_SNAPSHOT.test(told.word.slice(0, MAX_TEXT))
}

/** Of bash, zsh and their like. An option may have its value behind it (`-euo pipefail`, `--rcfile FILE`). */
const LONG_WITH_VALUE = new Set(['--rcfile', '--init-file', '--emulate'])
/** Of shells with another grammar; their other options may have anything for a value. */
const OTHERS: Readonly<Record<string, { readonly alone: RegExp; readonly text: RegExp }>> = {
  fish: {
    alone: /^(-[liNPn]+|--(login|interactive|no-config|private|no-execute))$/,
    text: /^(-[a-zA-Z]*[cC]|--(init-)?command)/,
  },
  pwsh: { alone: /^-(f|file|nop|noprofile|nol|nologo|noni|noninteractive|login)$/i, text: /^-c(o|$)/i },
}

/**
 * The first word that is no option: a path, or the text of a `-c`, which nobody may be told. Undefined where it is neither
 * for certain: behind `-s` stand arguments of what is read from elsewhere.
 */
function toldTo({ executable, argv }: ProcessRecord): { readonly word: string; readonly isText: boolean } | undefined {
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

/** Of bash, before what is meant: where it runs, and with what. */
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

/** By what it is called; a shell by the first word of what it was told that says what it does. Never told to anybody. */
export function commandName(program: ProcessRecord): string | undefined {
  const { executable } = program
  if (executable === undefined) return undefined
  const told = isShell(executable) ? toldTo(program) : undefined
  const word = told?.isText === true ? firstCommand(told.word) : executable
  return baseName(word ?? '').slice(0, 64) || undefined
}

function firstCommand(text: string): string | undefined {
  return text
    .slice(0, MAX_TEXT)
    .split(/[;&|\n]+/)
    .map((part) => part.trim().split(/\s/, 1)[0] ?? '')
    .find((word) => word !== '' && !PREAMBLE.has(word))
}
