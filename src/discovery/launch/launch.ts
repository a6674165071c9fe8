import { asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import { isSecretVariable, toldProgram, toldVariable } from '../redaction/redact-name.ts'
import { holdsSecretArgument, holdsSecretOption, isSecretAddress, isSecretMember } from '../redaction/secret-shape.ts'
import { commandLine, isUnclearLine, startedWords } from './command-line.ts'
import { bridgedAddress, readEndpoint } from './endpoint.ts'
import { hashLaunch, MAX_VARIABLES, OPTION_GROUPS } from './launch-hash.ts'
import { packageCalled, programIn, type Runs, registryAt, together, whatRuns } from './launch-target.ts'
import { commandName } from './launchers.ts'
import { packageLaunch } from './package-launch.ts'
import { isFetchedElsewhere, type PackageLaunch, type PackageSpec } from './package-spec.ts'
import { type StartedCommand, type UnwrappedCommand, unwrapCommand } from './unwrap-command.ts'

/** How an MCP server is started or reached. Arguments, values and paths of addresses stay here; this is all that leaves. */
export interface Launch {
  readonly transport: 'stdio' | 'http' | 'sse' | 'unknown'
  /** The program, without its arguments. */
  readonly command?: string
  readonly package?: PackageSpec
  /** What an interpreter, a shell or a launcher runs that is no package, and where a package is fetched from but the usual registry. */
  readonly runs?: Runs
  /** Scheme, host and port; of a bridge those it speaks to. */
  readonly endpoint?: string
  /** Names of the variables and headers that are set. */
  readonly environment: readonly string[]
  /** A launcher may fetch another version each time, or from another registry than the usual one; also where nobody can tell which package. */
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

const URL_KEYS = ['url', 'serverUrl', 'httpUrl', 'uri', 'baseUrl', 'base_url', 'server_url'] as const

/** The last is Cline's of old. */
const TRANSPORT_KEYS = ['type', 'transport', 'transportType'] as const

const VARIABLES = ['env', 'envs', 'environment'] as const
const HEADERS = ['headers', 'requestInit', 'http_headers'] as const

/** Does this look like an MCP server at all? A map of other things must not become one. */
export function isServerEntry(value: unknown): value is JsonObject {
  const entry = asObject(value)
  return commandLine(entry).length > 0 || urlOf(entry) !== undefined
}

/**
 * @param key of the device, for `launchHash`.
 * @param isFile `possibleLine` of the entry is the path of a file.
 */
export function readLaunch(entry: JsonObject, key: string, isFile = false): Launch {
  const words = commandLine(entry)
  const url = urlOf(entry)
  const named = [...textsIn(valuesOf(entry, VARIABLES)), ...textsIn(valuesOf(entry, HEADERS))]
  const members = [...named, ...othersIn(valuesOf(entry, [...VARIABLES, ...HEADERS]))]
  const unwrapped = unwrapCommand(startedWords(entry, isFile))
  const { spec, runs, unpinned } = readCommands(unwrapped, members)
  const bridged = unwrapped.commands.map((command) => bridgedAddress(command.words)).findLast(Boolean)
  const address = url ?? bridged
  const endpoint = address === undefined ? undefined : readEndpoint(address)
  const command = toldProgram(words)
  return {
    transport: transportOf(entry, words, url),
    ...(command === undefined ? {} : { command }),
    ...(spec === undefined ? {} : { package: spec }),
    ...(runs === undefined ? {} : { runs }),
    ...(endpoint?.origin === undefined ? {} : { endpoint: endpoint.origin }),
    environment: [...new Set(members.map(([name]) => toldVariable(name)))].slice(0, MAX_VARIABLES),
    unpinned: unpinned || isUnclearLine(entry, isFile),
    shell: unwrapped.shell,
    cleartext: endpoint?.cleartext === true,
    plaintextSecret:
      holdsSecretArgument(words) ||
      members.some(([name, value]) => isSecretVariable(name) || isSecretMember(name, value)) ||
      holdsSecretOption(entry) ||
      (address !== undefined && isSecretAddress(address)),
    launchHash: hashLaunch({ entry, words, url, named }, key),
  }
}

interface ReadCommands {
  readonly spec: PackageSpec | undefined
  readonly runs: Runs | undefined
  readonly unpinned: boolean
}

type Launched = readonly [command: StartedCommand, launch: PackageLaunch | undefined]

/** Reads all commands of a line: which package is fetched, from where, and which programs run beside it. */
function readCommands({ commands, variables, isWhole }: UnwrappedCommand, members: readonly Member[]): ReadCommands {
  const launched = commands.map((command): Launched => {
    const [program = '', ...args] = command.words
    return [command, packageLaunch(commandName(program), args)]
  })
  const main = launched.at(-1)
  const fetched = launched.findLast(([, launch]) => launch?.spec !== undefined)
  const set = [...members, ...variables.map(pairIn)]
  const byVariable = launched.some(([, launch]) => launch?.ecosystem && isFetchedElsewhere(launch.ecosystem, set))
  const from = [...launched.flatMap(([, launch]) => launch?.from ?? []), ...(byVariable ? [''] : [])]
  const others = launched.filter((each) => each !== fetched && each !== main)
  const meant = main === fetched ? undefined : main
  const runs = [
    meant && (runsOf(meant) ?? (others.length > 0 ? programIn(meant[0]) : undefined)),
    ...from.map(registryAt),
    ...others.map(([command, launch]) => besides(command, launch)),
  ]
  return {
    spec: fetched?.[1]?.spec,
    runs: together(runs.filter((each) => each !== undefined)),
    unpinned: !isWhole || byVariable || launched.some(([, launch]) => launch?.pinned === false),
  }
}

function runsOf([command, launch]: Launched): Runs | undefined {
  return launch?.called === undefined ? whatRuns(command, launch?.target) : packageCalled(launch.called)
}

/** @param set `NAME=VALUE`, or `NAME+=VALUE` of a shell. */
function pairIn(set: string): Member {
  const at = set.indexOf('=')
  return [set.slice(0, at).replace(/\+$/, ''), set.slice(at + 1)]
}

function besides(command: StartedCommand, launch: PackageLaunch | undefined): Runs | undefined {
  if (launch?.spec !== undefined) return { kind: 'program', name: launch.spec.name }
  return runsOf([{ ...command, isDirect: false }, launch]) ?? programIn(command)
}

function urlOf(entry: JsonObject): string | undefined {
  return URL_KEYS.map((name) => textOf(entry, name)).find((url) => url !== undefined && url !== '')
}

function transportOf(entry: JsonObject, words: readonly string[], url: string | undefined): Launch['transport'] {
  const said = TRANSPORT_KEYS.map((name) => textOf(entry, name))
    .find((each) => each !== undefined)
    ?.toLowerCase()
  if (said === 'sse') return 'sse'
  if (words.length > 0) return 'stdio'
  return url === undefined ? 'unknown' : 'http'
}

/** Also where they are within the command, as Zed writes it, or within what a request is made of. */
function valuesOf(entry: JsonObject, names: readonly string[]): unknown[] {
  return [entry, ...OPTION_GROUPS.map((group) => objectOf(entry, group))].flatMap((each) =>
    names.map((name) => memberOf(each, name)),
  )
}

type Member = readonly [name: string, value: string]

function textsIn(values: readonly unknown[]): readonly Member[] {
  return values
    .flatMap((value) => Object.entries(asObject(value)))
    .filter((member): member is [string, string] => typeof member[1] === 'string')
    .slice(0, MAX_VARIABLES)
}

/** What is no text or is in a list, which `launchHash` counts as it is written: numbers and switches of YAML and TOML, `NAME=value`. */
function othersIn(values: readonly unknown[]): readonly Member[] {
  return values
    .flatMap((value) => (Array.isArray(value) ? value.slice(0, MAX_VARIABLES).flatMap(listed) : scalarsIn(value)))
    .slice(0, MAX_VARIABLES)
}

function scalarsIn(value: unknown): Member[] {
  return Object.entries(asObject(value)).flatMap(([name, each]): Member[] =>
    typeof each === 'number' || typeof each === 'boolean' ? [[name, String(each)]] : [],
  )
}

function listed(each: unknown): Member[] {
  if (typeof each === 'string') return [each.includes('=') ? pairIn(each) : [each, '']]
  const { name, value } = asObject(each)
  return typeof name === 'string' && name !== '' ? [[name, typeof value === 'string' ? value : '']] : []
}
