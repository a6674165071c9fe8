import { commandName } from './launchers.ts'

/**
 * What a shell is given to run, as far as it can be known without running it. Commands in a row are read; a text with
 * anything else (pipes, substitutions, loops, input from a file) is not read at all.
 */

/** Longer texts and more commands are not read. */
const MAX_CHARACTERS = 16_384
const MAX_COMMANDS = 16

const BLANK = /(?:[ \t\r]|\\\n)+/y
/** Where the output of a command goes: `2>&1`, `>/dev/null`. */
const OUTPUT = /(?:\d|&)?>>?(?:&\d|[ \t]*[\w./~+-]+)/y
const SEPARATOR = /&&|;|\n/y
/** Quotes and backslashes included. Neither a remark nor anything that a shell replaces by the output of a command. */
const WORD = /(?!#)(?:[^\s"'\\;&|<>()`$]|\\[\s\S]|'[^']*'|"(?:[^"\\`$]|\\[\s\S]|\$(?!\())*"|\$(?![('"]))+/y
/** First words of what is more than a simple command, and programs that only a variable names. */
const NOT_SIMPLE =
  /^(?:if|then|elif|else|fi|while|until|for|do|done|case|esac|select|function|coproc|time|eval|[!{}]|\[\[?|\$[\w@*{}]+)$/

/** The commands of a text for a POSIX shell, each as its words without quotes. Undefined if any of it is not understood. */
export function readShellText(text: string): readonly (readonly string[])[] | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  const commands: string[][] = [[]]
  let at = 0
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const [found = ''] = pattern.exec(text) ?? []
    at += found.length
    return found
  }
  while (at < text.length) {
    if (take(BLANK) !== '' || take(OUTPUT) !== '') continue
    if (take(SEPARATOR) !== '') {
      commands.push([])
      continue
    }
    const word = take(WORD)
    if (word === '') return undefined
    commands.at(-1)?.push(withoutQuotes(word))
  }
  const read = commands.filter((words) => words.length > 0)
  return read.length > MAX_COMMANDS || read.some((words) => NOT_SIMPLE.test(programIn(words))) ? undefined : read
}

/** The word that names the program, behind `NAME=VALUE` and `exec`. */
function programIn(words: readonly string[]): string {
  return words.find((word) => !/^(?:\w+\+?=.*|exec|command|builtin)$/s.test(word)) ?? ''
}

function withoutQuotes(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g,
    (_, literal?: string, quoted?: string, one?: string) => {
      if (quoted !== undefined)
        return quoted.replace(/\\(["\\$`\n])/g, (_, escaped) => (escaped === '\n' ? '' : escaped))
      return literal ?? (one === '\n' ? '' : (one ?? ''))
    },
  )
}

const LINE_WORD = /(?:[^\s"'\\]|\\[\s"'\\]?|'[^']*'|"(?:[^"\\]|\\[\s\S])*")+/y
/** Words that only a shell acts on. */
const FOR_SHELL = /^(?:&&|\|\|?|[;&]|(?:\d|&)?>.*|<.*)$|^[^"']*;$/s

/**
 * A whole line as clients take it for a command: words, with quotes around those that have blanks. What a shell would act on
 * within a word is a part of that word.
 *
 * @returns `shell` if it is a line for a shell; undefined if a quote never ends.
 */
export function lineWords(line: string): { readonly words: readonly string[]; readonly shell: boolean } | undefined {
  const words: string[] = []
  let shell = false
  for (let at = 0; at < line.length; ) {
    LINE_WORD.lastIndex = at
    const [word = ''] = LINE_WORD.exec(line) ?? []
    if (word === '' && !/\s/.test(line[at] ?? '')) return undefined
    at += Math.max(1, word.length)
    if (word === '') continue
    shell ||= FOR_SHELL.test(word)
    words.push(
      word.replace(
        /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s"'\\])/g,
        (_, literal?: string, quoted?: string, one?: string) =>
          literal ?? quoted?.replace(/\\(["\\])/g, '$1') ?? one ?? '',
      ),
    )
  }
  return { words, shell }
}

const POSIX_SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ash', 'ksh', 'mksh', 'rbash', 'fish'])
/** Shells of another grammar. Their texts are not read. */
const OTHER_SHELLS = new Set(['csh', 'tcsh', 'nu', 'elvish', 'xonsh', 'powershell', 'pwsh'])
/** Programs that run a shell as another user or in a terminal of its own. */
const AROUND_SHELLS = new Set(['su', 'runuser', 'script'])

/** @param name as `commandName` gives it. */
export function isShell(name: string): boolean {
  return POSIX_SHELLS.has(name) || OTHER_SHELLS.has(name) || name === 'cmd'
}

export interface ShellText {
  /** Undefined if the text was not understood. */
  readonly commands: readonly (readonly string[])[] | undefined
}

/** @returns undefined for what is no shell, or is given a script or nothing. */
export function shellTextIn([program = '', ...args]: readonly string[]): ShellText | undefined {
  const name = commandName(program)
  if (POSIX_SHELLS.has(name)) return posixText(args)
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

/** Options of bash and zsh whose value is the next word. */
const WITH_VALUE = new Set(['--rcfile', '--init-file', '--emulate'])

/** Options may stand together and behind `-c`. The text is the first word that is no option. */
function posixText(args: readonly string[]): ShellText | undefined {
  let isText = false
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    const [, command] = /^--command=(.*)$/s.exec(arg) ?? []
    if (command !== undefined) return { commands: readShellText(command) }
    if (arg === '--' || arg === '-' || !/^[-+]./.test(arg)) {
      const text = arg === '--' || arg === '-' ? args[at + 1] : arg
      return isText && text !== undefined ? { commands: readShellText(text) } : undefined
    }
    if (arg === '--command' || /^-[a-zA-Z]*c/.test(arg)) isText = true
    // Each `-o` and `-O` has a word of its own behind it.
    at += WITH_VALUE.has(arg) ? 1 : arg.startsWith('--') ? 0 : (arg.match(/[oO]/g)?.length ?? 0)
  }
  return undefined
}

/** What stands behind `/c`, `/k` or `/r` is the command: `cmd /c npx -y server`. */
function cmdText(args: readonly string[]): ShellText | undefined {
  const at = args.findIndex((arg) => /^(?:\/[adequsv](?::\w+)?)*\/[ckr]$/i.test(arg))
  if (at === -1) return undefined
  // Node programs put a caret before each quote and blank. One before an operator leaves the operator.
  const [first = '', ...rest] = args.slice(at + 1).map((word) => word.replaceAll('^', ''))
  if ([first, ...rest].some((word) => /["&|<>()%]/.test(word))) return { commands: undefined }
  const words = rest.length === 0 ? first.split(/\s+/).filter((word) => word !== '') : [first, ...rest]
  return { commands: [words[0] === 'call' ? words.slice(1) : words] }
}
