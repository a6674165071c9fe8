import { arrayOf, asObject, type JsonObject, memberOf, textOf } from '../../base/json-object.ts'
import { programOf } from '../matching/script-argument.ts'
import { readShellLine } from './shell-line.ts'
import { MAX_ARGUMENTS, shellScript, whatStarts } from './unwrap-command.ts'

/**
 * `command` and `args`, in the spellings of all clients: a text, a list, an object with `path`. A line is taken apart at blanks alone:
 * `launchHash` is made of these words, and has to stay what it is.
 */
export function commandLine(entry: JsonObject): string[] {
  const command = commandOf(entry)
  const args = texts(arrayOf(entry, 'args'))
  if (typeof command === 'string') return command === '' ? [] : [...splitCommand(command, args), ...args]
  if (Array.isArray(command)) return [...texts(command), ...args]
  const nested = asObject(command)
  const path = textOf(nested, 'path')
  return path === undefined || path === '' ? [] : [path, ...texts(arrayOf(nested, 'args')), ...args]
}

/** As most write it, Goose, and MCPorter. */
function commandOf(entry: JsonObject): unknown {
  return ['command', 'cmd', 'executable'].map((name) => memberOf(entry, name)).find((value) => value !== undefined)
}

/** Some clients take a whole line as the command; one that comes with arguments, or is a path, is one word. */
function splitCommand(command: string, args: readonly string[]): string[] {
  return args.length > 0 || command.startsWith('/') ? [command] : command.split(/\s+/).filter((word) => word !== '')
}

function texts(values: readonly unknown[]): string[] {
  return values.slice(0, MAX_ARGUMENTS).filter((value): value is string => typeof value === 'string')
}

/** What may be a line, or the path of a file with blanks in its name; undefined for what is neither. */
export function possibleLine(entry: JsonObject): string | undefined {
  const command = commandOf(entry)
  const text = typeof command === 'string' ? command : textOf(asObject(command), 'path')
  return text !== undefined && /\S\s/.test(text) ? text : undefined
}

const SETS = /^[^-=/][^=/]*=/
const WINDOWS_PROGRAM = /^\s*([a-z]:\\[^"|&<>\n]*?\.(?:exe|cmd|bat|com|ps1))(?:\s(.*))?$/is

/**
 * The words as they are started: a line is taken apart at blanks outside of quotes, and is one of a shell where it holds several
 * commands.
 *
 * @param isFile `possibleLine` is a file's path.
 */
export function startedWords(entry: JsonObject, isFile: boolean): readonly string[] {
  const words = commandLine(entry)
  const line = possibleLine(entry)
  if (line === undefined || isFile) return words
  const behind = words[0] === line ? words.slice(1) : texts(arrayOf(entry, 'args'))
  const [, program, rest = ''] = WINDOWS_PROGRAM.exec(line) ?? []
  const { commands, whole } = readShellLine(program === undefined ? line : rest, 'client')
  if (!whole) return words
  if (program !== undefined) return [program, ...commands.flat(), ...behind]
  const [only = [], ...others] = commands
  // Only a shell or env could take a variable before a program.
  if (others.length === 0) return [...(SETS.test(only[0] ?? '') ? ['env'] : []), ...only, ...behind]
  return ['sh', '-c', commands.map((each) => each.map(quoted).join(' ')).join('; '), ...behind]
}

/** Longer ones no system has. */
const MAX_PATH = 4_096

/** Is it a line of which not all was understood, and no path with a quote in its name? Any launcher may stand in it. */
export function isUnclearLine(entry: JsonObject, isFile: boolean): boolean {
  const line = possibleLine(entry)
  if (line === undefined || isFile) return false
  const mayBePath = line.length <= MAX_PATH && /^\s*(?:[/\\~.]|[a-z]:\\)/i.test(line)
  return !mayBePath && !readShellLine(line, 'client').whole
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}

/** Files that a command runs, by their whole paths: the programs, those on the way to it too, and the script that one is given. */
export function filesRun(words: readonly string[]): readonly string[] {
  const { programs, commands } = whatStarts(words)
  const scripts = commands.map(({ words: each }) => programOf(each[0] ?? '', each) ?? shellScript(each))
  const named = [...programs, ...scripts.map((script) => (script?.kind === 'script' ? script.path : ''))]
  return [...new Set(named.filter(liesHere))].slice(0, MAX_FILES)
}

const MAX_FILES = 32
/** Where looking alone has the kernel ask another machine, which whoever wrote the configuration may have named; and what is no file. */
const NOT_LOOKED_AT = new Set(['net', 'misc', 'afs', 'proc', 'sys', 'dev'])

/** Is it a whole path of this machine? */
export function liesHere(path: string): boolean {
  const [top] = path.split('/').filter((name) => name !== '' && name !== '.')
  return path.startsWith('/') && top !== undefined && !NOT_LOOKED_AT.has(top)
}
