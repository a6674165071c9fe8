import { arrayOf, asObject, type JsonObject, memberOf, textOf } from '../json-file.ts'
import { type Program, programOf } from '../script-argument.ts'

/** More words of one command are not looked at. */
export const MAX_ARGUMENTS = 256
export const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'zsh',
  'dash',
  'ksh',
  'fish',
  'cmd',
  'powershell',
  'pwsh',
])
const SHELL_FLAGS = /^(?:-[a-z]*c|\/c|\/k|-command|-encodedcommand)$/i

/** `command` and `args`, in the spellings of all clients: a text, a list, an object with `path`. */
export function commandLine(entry: JsonObject): string[] {
  const command = memberOf(entry, 'command') ?? memberOf(entry, 'cmd')
  const args = texts(arrayOf(entry, 'args'))
  if (typeof command === 'string') return command === '' ? [] : [...splitCommand(command, args), ...args]
  if (Array.isArray(command)) return [...texts(command), ...args]
  const nested = asObject(command)
  const path = textOf(nested, 'path')
  return path === undefined || path === '' ? [] : [path, ...texts(arrayOf(nested, 'args')), ...args]
}

/** Some clients take a whole line as the command; one that comes with arguments, or is a path, is one word. */
function splitCommand(command: string, args: readonly string[]): string[] {
  return args.length > 0 || command.startsWith('/') ? [command] : command.split(/\s+/).filter((word) => word !== '')
}

function texts(values: readonly unknown[]): string[] {
  return values.slice(0, MAX_ARGUMENTS).filter((value): value is string => typeof value === 'string')
}

/** What really runs behind `env A=b …` and `sh -c "…"`. */
export function unwrapped(words: readonly string[], depth = 0): readonly string[] {
  const [program = '', ...args] = words
  if (depth === 3) return words
  if (commandName(program) === 'env') {
    const start = args.findIndex((arg) => !arg.startsWith('-') && !/^\w+=/.test(arg))
    return start === -1 ? words : unwrapped(args.slice(start), depth + 1)
  }
  if (!isShell(words)) return words
  const at = args.findIndex((arg) => SHELL_FLAGS.test(arg))
  const rest = args.slice(at + 1)
  const line = rest.length === 1 ? (rest[0] ?? '').split(/\s+/).map(unquoted) : rest
  // Variables stand before the program, as behind `env`.
  const start = line.findIndex((word) => word !== '' && word !== 'exec' && !/^\w+=/.test(word))
  return unwrapped(start === -1 ? [] : line.slice(start).filter((word) => word !== ''), depth + 1)
}

function unquoted(word: string): string {
  return word.replace(/^(["'])(.*)\1$/s, '$2')
}

export function isShell(words: readonly string[]): boolean {
  return SHELLS.has(commandName(words[0] ?? '')) && words.slice(1).some((word) => SHELL_FLAGS.test(word))
}

/** A file that a shell runs, as the first line of the file has the system ask it to. */
export function shellScript([shell = '', ...args]: readonly string[]):
  | Extract<Program, { kind: 'script' }>
  | undefined {
  if (!SHELLS.has(commandName(shell))) return undefined
  const at = args.findIndex((arg) => !/^[-+]/.test(arg))
  const path = args[at]
  // Behind some options stands code, and behind others a word of theirs.
  if (path === undefined || !args.slice(0, at).every((arg) => /^-[eux]+$/.test(arg))) return undefined
  return { kind: 'script', path, args: args.slice(at + 1) }
}

/**
 * Files that a command runs, by their whole paths: the program, behind `env` and a shell too, and the script that it is given. One word
 * may be a path with blanks or a line that begins with one: what comes before the first blank is asked as well.
 */
export function filesRun(words: readonly string[]): readonly string[] {
  const inner = unwrapped(words)
  const [program = ''] = inner
  const script = programOf(program, inner) ?? shellScript(inner)
  const named = [words[0] ?? '', program, script?.kind === 'script' ? script.path : '']
  return [...new Set(named.flatMap((path) => [path, path.replace(/\s.*$/s, '')]).filter(liesHere))]
}

/** Where looking alone has the kernel ask another machine, which whoever wrote the configuration may have named; and what is no file. */
const NOT_LOOKED_AT = new Set(['net', 'misc', 'afs', 'proc', 'sys', 'dev'])

function liesHere(path: string): boolean {
  const [top] = path.split('/').filter((name) => name !== '' && name !== '.')
  return path.startsWith('/') && top !== undefined && !NOT_LOOKED_AT.has(top)
}

/** The name of a program's file alone, in small letters, as a command may call it: `C:\\x\\Npx.CMD` is `npx`. */
export function commandName(program: string): string {
  return (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat)$/, '')
}
