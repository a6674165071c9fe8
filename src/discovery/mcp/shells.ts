import { commandName } from './command-name.ts'
import type { Dialect } from './shell-line.ts'

/** A text that a shell is given to run. */
export interface ShellText {
  readonly text: string
  readonly dialect: Dialect
  /** What the text calls `$0`, `$1` and so on. */
  readonly args: readonly string[]
}

type TextIn = (args: readonly string[]) => ShellText | undefined

const POSIX = 'sh bash zsh dash ash ksh mksh pdksh oksh yash osh rbash hush csh tcsh'
const OTHERS = 'nu elvish xonsh'
/** They run a shell as somebody else, or before somebody's eyes. */
const AROUND_SHELLS = 'su runuser script'

/** Programs that take a script, or a text with an option. */
const SHELLS: ReadonlyMap<string, TextIn> = new Map<string, TextIn>([
  ...POSIX.split(' ').map((name): [string, TextIn] => [name, textOfPosix]),
  ['fish', (args) => textBehindOption(args, /^-[a-zA-Z]*[cC]$/, true)],
  ...OTHERS.split(' ').map((name): [string, TextIn] => [name, (args) => textBehindOption(args, /^-[a-z]*[ce]$/, true)]),
  ['cmd', textOfCmd],
  ['powershell', (args) => textOfPowerShell(args, true)],
  ['pwsh', (args) => textOfPowerShell(args, false)],
])
const WITH_TEXT: ReadonlyMap<string, TextIn> = new Map([
  ...SHELLS,
  ...AROUND_SHELLS.split(' ').map((name): [string, TextIn] => [
    name,
    (args) => textBehindOption(args, /^-[a-z]*c$/, false),
  ]),
])

/** @param name as `commandName` tells it. */
export function isShell(name: string): boolean {
  return SHELLS.has(name)
}

/** @returns undefined for what is no shell, and one that is given a script or nothing. */
export function shellText([program = '', ...args]: readonly string[]): ShellText | undefined {
  return WITH_TEXT.get(commandName(program))?.(args)
}

/** Of bash and zsh, behind which stands a word of theirs. */
const LONG_WITH_VALUE: ReadonlySet<string> = new Set(['--rcfile', '--init-file', '--emulate'])

/** Options may stand together and behind `-c`: the text is the first word that is none. */
function textOfPosix(args: readonly string[]): ShellText | undefined {
  let isText = false
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const ends = arg === '--' || arg === '-'
    if (ends || !/^[-+]./.test(arg)) {
      const text = ends ? args[++at] : arg
      return isText && text !== undefined ? { text, dialect: 'posix', args: args.slice(at + 1) } : undefined
    }
    if (arg.startsWith('--')) {
      if (LONG_WITH_VALUE.has(arg)) at++
      continue
    }
    if (arg.startsWith('-') && arg.includes('c')) isText = true
    // Of these each has a word of its own behind it.
    at += arg.match(/[oO]/g)?.length ?? 0
  }
  return undefined
}

/** `-c TEXT`, `--command TEXT`, `--command=TEXT`. */
function textBehindOption(args: readonly string[], short: RegExp, endsAtWord: boolean): ShellText | undefined {
  for (const [at, arg] of args.entries()) {
    if (arg === '--' || (endsAtWord && !arg.startsWith('-'))) return undefined
    const [option, attached] = /^--(?:init-)?(?:commands?|execute|session-command)(?:=(.*))?$/s.exec(arg) ?? []
    const text = attached ?? args[at + 1]
    if (text !== undefined && (option !== undefined || short.test(arg))) {
      return { text, dialect: 'posix', args: args.slice(at + (attached === undefined ? 2 : 1)) }
    }
  }
  return undefined
}

/** Behind `/c`, `/k` or `/r`, which may stand behind others in one word (`/d/s/c`), all that follows is the text. */
function textOfCmd(args: readonly string[]): ShellText | undefined {
  for (const [at, arg] of args.entries()) {
    const [, attached] = /^(?:\/\/?[adequsv](?::\w*)?)*\/\/?[ckr](.*)$/is.exec(arg) ?? []
    if (attached === undefined) continue
    const text = asOneText([attached, ...args.slice(at + 1)].filter((word) => word !== ''))
    // As it says itself: quotes around the whole text are taken away, but from the path of a program.
    return { text: text.replace(/^"(".*|(?![a-z]:\\|\\)[^"]*)"$/is, '$1'), dialect: 'cmd', args: [] }
  }
  return undefined
}

/** One word is a text; of several those with blanks had quotes around them. */
function asOneText(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? '') : words.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ')
}

/** Options whose value is the next word, as far as an abbreviation of theirs is no other's. */
const WITH_VALUE =
  /^(?:ex|ep$|executionpolicy|version|v$|w$|win|wi$|psc|in$|inp|if$|o$|ou|of$|conf|cus|set|wo|wd$|ea$|encodeda)/

/** Every option may be cut short. Without one the first word begins a text, in newer ones it is a script. */
function textOfPowerShell(args: readonly string[], takesText: boolean): ShellText | undefined {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const [, option] = /^[-/\u2013]{1,2}(\w+)$/.exec(arg.toLowerCase()) ?? []
    const rest = args.slice(at + 1)
    if (option === undefined) {
      return takesText ? { text: args.slice(at).join(' '), dialect: 'powershell', args: [] } : undefined
    }
    if ('file'.startsWith(option)) return undefined
    if ('command'.startsWith(option) || /^(?:cwa|commandw\w*)$/.test(option)) {
      return { text: rest.join(' '), dialect: 'powershell', args: [] }
    }
    if ('encodedcommand'.startsWith(option) || option === 'ec') {
      return { text: decoded(rest[0] ?? ''), dialect: 'powershell', args: [] }
    }
    if (WITH_VALUE.test(option)) at++
  }
  return undefined
}

const MAX_ENCODED = 262_144

function decoded(text: string): string {
  return Buffer.from(text.slice(0, MAX_ENCODED), 'base64').toString('utf16le')
}
