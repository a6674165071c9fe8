import { simpleCommands } from './shell-text.ts'

/** Which programs are shells, and what their arguments give them to run, as far as that is known without running it. */

const POSIX_SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ash', 'ksh', 'mksh', 'rbash', 'fish'])
/** Shells of another grammar. Their texts are not read. */
const OTHER_SHELLS = new Set(['csh', 'tcsh', 'nu', 'elvish', 'xonsh', 'powershell', 'pwsh'])
/** Programs that run a shell as another user or in a terminal of its own. */
const AROUND_SHELLS = new Set(['su', 'runuser', 'script'])

/** @param name of a program's file in small letters, without `.exe`; so in all of this file. */
export function isShell(name: string): boolean {
  return POSIX_SHELLS.has(name) || OTHER_SHELLS.has(name) || name === 'cmd'
}

/** A text such as that of `-c`, which must not be disclosed, or the path of a script. */
export type ShellInput =
  | { readonly kind: 'text' | 'script'; readonly word: string }
  | { readonly kind: 'standard-input' }

/** Options of bash, zsh and similar shells that take a value, besides each `o` and `O` of the others (`-euo pipefail`). */
const LONG_WITH_VALUE = new Set(['--rcfile', '--init-file', '--emulate'])
const POWERSHELL = {
  alone: /^-(f|file|nop|noprofile|nol|nologo|noni|noninteractive|login)$/i,
  text: /^-c(o|$)/i,
}
/** Options of shells with another grammar, whose other options may take any value. */
const OTHERS: Readonly<Record<string, { readonly alone: RegExp; readonly text: RegExp }>> = {
  fish: {
    alone: /^(-[liNPn]+|--(login|interactive|no-config|private|no-execute))$/,
    text: /^(-[a-zA-Z]*[cC]|--(init-)?command)$/,
  },
  powershell: POWERSHELL,
  pwsh: POWERSHELL,
}

/** What a shell is given: the first argument that is no option. Undefined if it is not certain, or a text that is missing. */
export function shellInput(name: string, args: readonly string[]): ShellInput | undefined {
  const other = Object.hasOwn(OTHERS, name) ? OTHERS[name] : undefined
  let isText = false
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const ends = arg === '--' || arg === '-'
    if (ends || !/^[-+]/.test(arg)) return inputIn(ends ? args[at + 1] : arg, isText)
    const [, command] = /^--(?:init-)?command=(.*)$/s.exec(arg) ?? []
    if (command !== undefined) return { kind: 'text', word: command }
    if (other?.text.test(arg) === true)
      return args[at + 1] === '-' ? { kind: 'standard-input' } : inputIn(args[at + 1], true)
    if (other?.alone.test(arg) === false) return undefined
    if (other !== undefined) continue
    if (arg === '--command' || /^-[a-zA-Z]*c/.test(arg)) isText = true
    else if (/^-[a-zA-Z]*s/.test(arg)) return { kind: 'standard-input' }
    at += LONG_WITH_VALUE.has(arg) ? 1 : arg.startsWith('--') ? 0 : (arg.match(/[oO]/g)?.length ?? 0)
  }
  return inputIn(undefined, isText)
}

function inputIn(word: string | undefined, isText: boolean): ShellInput | undefined {
  if (word !== undefined) return { kind: isText ? 'text' : 'script', word }
  return isText ? undefined : { kind: 'standard-input' }
}

export interface ShellText {
  /** Undefined if the text was not understood. */
  readonly commands: readonly (readonly string[])[] | undefined
}

/** @returns undefined for what is no shell, or is given a script or nothing. */
export function shellTextIn(name: string, args: readonly string[]): ShellText | undefined {
  if (POSIX_SHELLS.has(name)) {
    const input = shellInput(name, args)
    return input?.kind === 'text' ? { commands: simpleCommands(input.word) } : undefined
  }
  if (name === 'cmd') return cmdText(args)
  if (name === 'powershell' || name === 'pwsh') {
    // Every option may be cut short: `-File` as `-f`.
    const isText = args.length > 0 && !args.some((arg) => /^[-/]f(?:i(?:le?)?)?$/i.test(arg))
    return isText ? { commands: undefined } : undefined
  }
  const takesText = OTHER_SHELLS.has(name) || AROUND_SHELLS.has(name)
  return takesText && args.some((arg) => /^(?:-[a-z]*[ce]|--(?:session-)?command(?:=.*)?)$/is.test(arg))
    ? { commands: undefined }
    : undefined
}

/** What follows `/c`, `/k` or `/r` is the command: `cmd /c npx -y server`. */
function cmdText(args: readonly string[]): ShellText | undefined {
  const at = args.findIndex((arg) => /^(?:\/[adequsv](?::\w+)?)*\/[ckr]$/i.test(arg))
  if (at === -1) return undefined
  // Node programs put a caret before each quote and blank. One before an operator leaves the operator.
  const [first = '', ...rest] = args.slice(at + 1).map((word) => word.replaceAll('^', ''))
  if ([first, ...rest].some((word) => /["&|<>()%]/.test(word))) return { commands: undefined }
  const words = rest.length === 0 ? first.split(/\s+/).filter((word) => word !== '') : [first, ...rest]
  return { commands: [words[0] === 'call' ? words.slice(1) : words] }
}
