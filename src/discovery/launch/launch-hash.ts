import { createHmac } from 'node:crypto'
import { asObject, type JsonObject, memberOf } from '../../base/json-object.ts'
import type { TextFiles } from '../formats/json-file.ts'
import { MAX_ARGUMENTS } from './unwrap-command.ts'

/**
 * What `Launch.launchHash` is keyed with: derived from the machine id, which never leaves as it is (machine-id(5) asks
 * for exactly this). Without one the hashes still compare on this device.
 */
export async function readLaunchKey(files: TextFiles): Promise<string> {
  const machineId = await files.readText('/etc/machine-id', { maxBytes: 256 }).catch(() => '')
  return createHmac('sha256', machineId.trim()).update('surety mcp launch').digest('hex')
}

interface HashedLaunch {
  readonly entry: JsonObject
  readonly words: readonly string[]
  readonly url: string | undefined
  /** Variables and headers with their values. */
  readonly named: readonly (readonly [name: string, value: string])[]
}

/** Groups of options that are within an entry. */
export const OPTION_GROUPS = ['command', 'requestInit', 'requestOptions'] as const
/** More variables, or headers, of one entry are not looked at. */
export const MAX_VARIABLES = 64

/** What says nothing of how a server is started or reached: whether it is, what it may do unasked, how long it may take, how it is called. */
const OF_NO_MATTER =
  /^(?:enabled|disabled|required|trust|startonlaunch|autostart|alwaysload|(?:auto|always)(?:allow|approve).*|(?:allowed|enabled|disabled|include|exclude|included|excluded|available)?tools|toolsettings|defaulttoolsapprovalmode|.*timeout(?:ms|sec|seconds)?|watchpaths|id|name|displayname|title|description|icons?|notes?|tags|instructions|homepage|source|bundled|gallery|(?:created|updated|installed|lastused)at)$/
/** Which of an address and a command counts, where there are both. */
const CHOICE = /^(?:type|transport|transporttype)$/
/** Their texts are among the words and what is named. */
const COUNTED = new Set(['cmd', 'args', 'env', 'envs', 'environment', 'headers', 'http_headers'])
/** Through its aliases YAML can hold one part in itself, and a small one very often. */
const MAX_VISITED = 10_000
const MAX_DEPTH = 80

/**
 * Keyed, of all that says how a server is started or reached. Of an entry that has nothing but words, an address, variables and
 * headers it is what it was when there was no more to it: an update of the daemon is no change of the launch.
 *
 * @returns 32 hexadecimal digits.
 */
export function hashLaunch({ entry, words, url, named }: HashedLaunch, key: string): string {
  const isEither = words.length > 0 && url !== undefined
  const more = membersOf(entry).flatMap(([name, value]) => {
    const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
    if (value === url || OF_NO_MATTER.test(plain) || (CHOICE.test(plain) && !isEither)) return []
    const left = COUNTED.has(name) ? uncounted(value) : name === 'oauth' ? withoutState(value) : value
    return left === undefined ? [] : [[name, left] as const]
  })
  const hashed = [words, url ?? null, named, ...(more.length === 0 ? [] : [inOrder(more)])]
  return createHmac('sha256', key).update(JSON.stringify(hashed)).digest('hex').slice(0, 32)
}

/** What Cline keeps there of each time it logs in: tokens, and when. */
const OF_LOGIN =
  /^(?:clientInformation|tokens|codeVerifier|discoveryState|redirectUrl|lastError|lastAuthenticatedAt|authorizationRequired)$/

function withoutState(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const members = Object.entries(value)
  const left = members.filter(([name]) => !OF_LOGIN.test(name))
  return left.length === 0 && members.length > 0 ? undefined : Object.fromEntries(left)
}

/** Those of its groups as well; a command that is a text or a list is all words. */
function membersOf(entry: JsonObject): [name: string, value: unknown][] {
  const groups: readonly string[] = OPTION_GROUPS
  const outer = Object.entries(entry).filter(([name]) => !groups.includes(name))
  const inner = OPTION_GROUPS.flatMap((group) => Object.entries(asObject(memberOf(entry, group))))
  return [...outer, ...inner.filter(([name]) => name !== 'path')].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** What is no text, and lists and maps that are longer than what is looked at. */
function uncounted(value: unknown): unknown {
  if (typeof value === 'string') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.length <= MAX_ARGUMENTS && value.every((each) => typeof each === 'string') ? undefined : value
  }
  const members = Object.entries(value)
  if (members.length > MAX_VARIABLES) return value
  const left = members.filter(([, each]) => typeof each !== 'string')
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

/** With the members of maps in the order of their names: programs that write a file again change theirs. */
function inOrder(value: unknown): unknown {
  let left = MAX_VISITED
  const copy = (each: unknown, depth: number): unknown => {
    if (typeof each !== 'object' || each === null) return each
    if (depth === MAX_DEPTH || --left < 0) return null
    if (Array.isArray(each)) return each.slice(0, MAX_VISITED).map((member) => copy(member, depth + 1))
    const members = Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))
    return members.map(([name, member]) => [name, copy(member, depth + 1)])
  }
  return copy(value, 0)
}
