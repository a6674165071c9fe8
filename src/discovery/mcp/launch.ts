import { boundedText } from '../bounded-text.ts'
import { asObject, type JsonObject, memberOf, objectOf, textOf } from '../json-file.ts'
import { commandLine, commandName, isShell, unwrapped } from './command-line.ts'
import { bridgedAddress, readEndpoint } from './endpoint.ts'
import { hashLaunch, MAX_VARIABLES, OPTION_GROUPS } from './launch-hash.ts'
import { packageLaunch } from './package-launch.ts'
import type { PackageSpec } from './package-spec.ts'
import { holdsSecretArgument, holdsSecretOption, isSecretAddress, isSecretMember } from './secret-shape.ts'
import { type Runs, whatRuns } from './what-runs.ts'

/** How an MCP server is started or reached. Arguments, values and paths of addresses stay here; this is all that leaves. */
export interface Launch {
  readonly transport: 'stdio' | 'http' | 'sse' | 'unknown'
  /** The program, without its arguments. */
  readonly command?: string
  readonly package?: PackageSpec
  /** What an interpreter, a shell or a launcher runs that is no package. */
  readonly runs?: Runs
  /** Scheme, host and port; of a bridge those it speaks to. */
  readonly endpoint?: string
  /** Names of the variables and headers that are set. */
  readonly environment: readonly string[]
  /** A launcher may fetch another version each time; also where nobody can tell which package. */
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

const URL_KEYS = ['url', 'serverUrl', 'httpUrl', 'uri'] as const

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
  const inner = unwrapped(words)
  const [program = '', ...args] = inner
  const launched = packageLaunch(commandName(program), args)
  const spec = launched?.spec
  const runs = spec === undefined ? whatRuns(words, inner, launched?.target) : undefined
  const address = url ?? bridgedAddress(inner)
  const endpoint = address === undefined ? undefined : readEndpoint(address)
  return {
    transport: transportOf(entry, words, url),
    ...programOf(words),
    ...(spec === undefined ? {} : { package: spec }),
    ...(runs === undefined ? {} : { runs }),
    ...(endpoint?.origin === undefined ? {} : { endpoint: endpoint.origin }),
    environment: named.map(([name]) => boundedText(name, 128)).slice(0, MAX_VARIABLES),
    unpinned: launched?.pinned === false,
    shell: isShell(words),
    cleartext: endpoint?.cleartext === true,
    plaintextSecret:
      holdsSecretArgument(words) ||
      named.some(([name, value]) => isSecretMember(name, value)) ||
      holdsSecretOption(entry) ||
      (address !== undefined && isSecretAddress(address)),
    launchHash: hashLaunch({ entry, words, url, named }, key),
  }
}

/**
 * The program alone. A client may take a whole line for one word, and a line has variables before the program and
 * arguments behind it: a path with a blank is told as far as the blank.
 */
function programOf(words: readonly string[]): Pick<Launch, 'command'> {
  const [program] = words.flatMap((word) => word.split(/[ \t]+/)).filter((word) => word !== '' && !/^\w+=/.test(word))
  return program === undefined ? {} : { command: boundedText(program, 256) }
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

/** Also where they stand within the command, as Zed writes it, or within what a request is made of. */
function membersOf(entry: JsonObject, names: readonly string[]): [name: string, value: string][] {
  return [entry, ...OPTION_GROUPS.map((group) => objectOf(entry, group))]
    .flatMap((each) => names.map((name) => memberOf(each, name)))
    .flatMap((value) => Object.entries(asObject(value)))
    .filter((member): member is [string, string] => typeof member[1] === 'string')
    .slice(0, MAX_VARIABLES)
}
