import { createHmac } from 'node:crypto'
import { boundedText } from '../bounded-text.ts'
import { arrayOf, asObject, type JsonObject, memberOf, textOf } from '../json-file.ts'
import { type PackageSpec, packageOf } from './package-spec.ts'
import { holdsSecretArgument, holdsSecretOption, isSecretMember, looksSecret } from './secret-shape.ts'

/** How an MCP server is started or reached. Arguments, values and paths of addresses stay here; this is all that leaves. */
export interface Launch {
  readonly transport: 'stdio' | 'http' | 'sse' | 'unknown'
  /** The program, without its arguments. */
  readonly command?: string
  readonly package?: PackageSpec
  /** Scheme, host and port. */
  readonly endpoint?: string
  /** Names of the variables and headers that are set. */
  readonly environment: readonly string[]
  /** A launcher fetches whatever version is newest. */
  readonly unpinned: boolean
  /** A shell interprets the command. */
  readonly shell: boolean
  /** Spoken to without TLS on another machine. */
  readonly cleartext: boolean
  readonly plaintextSecret: boolean
  /**
   * Changes when anything of the launch does, its arguments too. Keyed per device, so that nobody can try guesses for
   * an argument elsewhere.
   */
  readonly launchHash: string
}

const MAX_ARGUMENTS = 256
const MAX_VARIABLES = 64
const URL_KEYS = ['url', 'serverUrl', 'httpUrl', 'uri'] as const
const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'fish', 'cmd', 'powershell', 'pwsh'])
const SHELL_FLAGS = /^(?:-[a-z]*c|\/c|\/k|-command|-encodedcommand)$/i

/** Does this look like an MCP server at all? A map of other things must not become one. */
export function isServerEntry(value: unknown): value is JsonObject {
  const entry = asObject(value)
  return commandLine(entry).length > 0 || urlOf(entry) !== undefined
}

/** @param key of the device, for `launchHash`. */
export function readLaunch(entry: JsonObject, key: string): Launch {
  const words = commandLine(entry)
  const url = urlOf(entry)
  const variables = membersOf(entry, ['env', 'envs', 'environment'])
  const headers = membersOf(entry, ['headers', 'requestInit', 'http_headers'])
  const named = [...variables, ...headers]
  const [program = '', ...args] = unwrapped(words)
  const spec = packageOf(baseName(program), args)
  const endpoint = url === undefined ? undefined : readEndpoint(url)
  return {
    transport: transportOf(entry, words, url),
    ...programOf(words),
    ...(spec === undefined ? {} : { package: spec }),
    ...(endpoint?.origin === undefined ? {} : { endpoint: endpoint.origin }),
    environment: named.map(([name]) => boundedText(name, 128)).slice(0, MAX_VARIABLES),
    unpinned: spec !== undefined && !spec.pinned,
    shell: isShell(words),
    cleartext: endpoint?.cleartext === true,
    plaintextSecret:
      holdsSecretArgument(words) ||
      named.some(([name, value]) => isSecretMember(name, value)) ||
      holdsSecretOption(entry) ||
      (url !== undefined && (looksSecret(url) || endpoint?.secret === true)),
    launchHash: createHmac('sha256', key)
      .update(JSON.stringify([words, url ?? null, named]))
      .digest('hex')
      .slice(0, 32),
  }
}

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

/**
 * The program alone. A client may take a whole line for one word, and a line has variables before the program and
 * arguments behind it: a path with a blank is told as far as the blank.
 */
function programOf(words: readonly string[]): Pick<Launch, 'command'> {
  const [program] = words.flatMap((word) => word.split(/[ \t]+/)).filter((word) => word !== '' && !/^\w+=/.test(word))
  return program === undefined ? {} : { command: boundedText(program, 256) }
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
  if (baseName(program) === 'env') {
    const start = args.findIndex((arg) => !arg.startsWith('-') && !/^\w+=/.test(arg))
    return start === -1 ? words : unwrapped(args.slice(start), depth + 1)
  }
  if (!isShell(words)) return words
  const at = args.findIndex((arg) => SHELL_FLAGS.test(arg))
  const rest = args.slice(at + 1)
  const inner = rest.length === 1 ? (rest[0] ?? '').split(/\s+/).filter((word) => word !== '') : rest
  return unwrapped(inner[0] === 'exec' ? inner.slice(1) : inner, depth + 1)
}

function isShell(words: readonly string[]): boolean {
  return SHELLS.has(baseName(words[0] ?? '')) && words.slice(1).some((word) => SHELL_FLAGS.test(word))
}

function baseName(program: string): string {
  return (program.split(/[/\\]/).at(-1) ?? '').toLowerCase().replace(/\.(?:exe|cmd|bat)$/, '')
}

function urlOf(entry: JsonObject): string | undefined {
  return URL_KEYS.map((name) => textOf(entry, name)).find((url) => url !== undefined && url !== '')
}

function transportOf(entry: JsonObject, words: readonly string[], url: string | undefined): Launch['transport'] {
  const said = (textOf(entry, 'type') ?? textOf(entry, 'transport') ?? '').toLowerCase()
  if (said === 'sse') return 'sse'
  if (words.length > 0) return 'stdio'
  return url === undefined ? 'unknown' : 'http'
}

interface Endpoint {
  /** Undefined where the name of the host could be a secret. */
  readonly origin: string | undefined
  readonly cleartext: boolean
  readonly secret: boolean
}

const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\]|.*\.localhost)$/

/** A path or query may hold a token, so only the origin is told. */
function readEndpoint(text: string): Endpoint | undefined {
  const url = URL.parse(text)
  if (url === null || url.host === '') return undefined
  // Parsed it is in small letters.
  const written = /^[^/]*\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(text)?.[1] ?? ''
  const origin = looksSecret(written) ? undefined : boundedText(`${url.protocol}//${url.host}`, 300)
  const cleartext = (url.protocol === 'http:' || url.protocol === 'ws:') && !LOOPBACK.test(url.hostname)
  const secret = url.password !== '' || [...url.searchParams].some(([name, value]) => isSecretMember(name, value))
  return { origin, cleartext, secret }
}

function membersOf(entry: JsonObject, names: readonly string[]): [name: string, value: string][] {
  return names
    .map((name) => memberOf(entry, name))
    .flatMap((value) => Object.entries(asObject(value)))
    .filter((member): member is [string, string] => typeof member[1] === 'string')
    .slice(0, MAX_VARIABLES)
}
