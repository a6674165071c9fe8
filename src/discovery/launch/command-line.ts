import { isWindowsPath } from '../../base/absolute-path.ts'
import { arrayOf, asObject, type JsonObject, memberOf, textOf } from '../../base/json-object.ts'
import { portableText } from '../../system/files/portable-text.ts'
import { programOf } from '../matching/script-argument.ts'
import { lineWords } from '../shell/line-words.ts'
import { MAX_ARGUMENTS, shellScript, unwrapCommand } from './unwrap-command.ts'

/**
 * `command` and `args` in the spellings of all clients: a text, a list, an object with `path`. A text is split at every blank,
 * whatever its quotes: `launchHash` is made of these words and must not change.
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

/** `cmd` is the spelling of Goose, `executable` that of MCPorter. */
function commandOf(entry: JsonObject): unknown {
  return ['command', 'cmd', 'executable'].map((name) => memberOf(entry, name)).find((value) => value !== undefined)
}

/** Some clients take a whole line as the command. A command with arguments beside it, or a path, is one word. */
function splitCommand(command: string, args: readonly string[]): string[] {
  return args.length > 0 || command.startsWith('/') ? [command] : command.split(/\s+/).filter((word) => word !== '')
}

function texts(values: readonly unknown[]): string[] {
  return values.slice(0, MAX_ARGUMENTS).filter((value): value is string => typeof value === 'string')
}

/** The command if it may be a whole line: a text with blanks. It may also be the path of a file. */
export function possibleLine(entry: JsonObject): string | undefined {
  const command = commandOf(entry)
  const text = typeof command === 'string' ? command : textOf(asObject(command), 'path')
  return text !== undefined && /\S\s/.test(text) ? text : undefined
}

const SETS = /^[^-=/][^=/]*=/

/**
 * The words as they are started. A line is split at blanks outside of quotes; one with operators of a shell is a line for a shell.
 *
 * @param isFile `possibleLine` is the path of a file.
 */
export function startedWords(entry: JsonObject, isFile: boolean): readonly string[] {
  const words = commandLine(entry)
  const line = possibleLine(entry)
  if (line === undefined || isFile) return words
  const read = lineWords(line)
  if (read === undefined) return words
  const behind = words[0] === line ? words.slice(1) : texts(arrayOf(entry, 'args'))
  if (read.shell) return ['sh', '-c', line, ...behind]
  // Only a shell or env takes a variable before a program.
  return [...(SETS.test(read.words[0] ?? '') ? ['env'] : []), ...read.words, ...behind]
}

/** Linux's PATH_MAX. */
const MAX_PATH = 4_096

/** True for a line with a quote that never ends, unless it may be a path with a quote in it. Any launcher may be in it. */
export function isUnclearLine(entry: JsonObject, isFile: boolean): boolean {
  const line = possibleLine(entry)
  if (line === undefined || isFile) return false
  const mayBePath = line.length <= MAX_PATH && /^\s*(?:[/\\~.]|[a-z]:\\)/i.test(line)
  return !mayBePath && lineWords(line) === undefined
}

/** Absolute paths of the files that a command runs: programs, wrappers, and the script that an interpreter is given. */
export function filesRun(words: readonly string[]): readonly string[] {
  const { programs, commands } = unwrapCommand(words)
  const scripts = commands.map(({ words: each }) => programOf(each[0] ?? '', each) ?? shellScript(each))
  const named = [...programs, ...scripts.map((script) => (script?.kind === 'script' ? script.path : ''))].map(
    portableText,
  )
  return [...new Set(named.filter(isLocalPath))].slice(0, MAX_FILES)
}

const MAX_FILES = 32
/**
 * Folders of the root where no file of this machine lies. A look below `/net` and the like makes the kernel ask another machine,
 * which the author of the configuration may have chosen.
 */
const NOT_LOCAL = new Set(['net', 'misc', 'afs', 'proc', 'sys', 'dev'])

/** Whether it is an absolute path that may be looked at. */
export function isLocalPath(path: string): boolean {
  // A drive of another machine is refused when it is opened.
  if (isWindowsPath(path)) return true
  const [top] = path.split('/').filter((name) => name !== '' && name !== '.')
  return path.startsWith('/') && top !== undefined && !NOT_LOCAL.has(top)
}
