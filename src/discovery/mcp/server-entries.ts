import { asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import { isServerEntry } from '../launch/launch.ts'
import { looksSecret } from '../redaction/known-tokens.ts'

/** One server as a configuration names it. */
export interface ServerEntry {
  readonly name: string
  readonly entry: JsonObject
  /** The member that a `*` of the key stood for: in Claude Code's state that is a project's folder. */
  readonly below?: string
}

/** So many servers of one file are told. */
export const MAX_SERVERS = 500

/**
 * The servers at `key`, where `*` stands for every member: a map of them, a list whose members say their name, or one alone.
 * What does not have the shape of a server is passed over: a file that merely has such a key is not a configuration.
 */
export function serverEntries(document: JsonObject, key: readonly string[]): ServerEntry[] {
  return placesAt(document, key).flatMap(({ value, below }) => {
    const place = below === undefined ? {} : { below }
    if (isServerEntry(value) && key.length > 0) {
      return [{ name: nameIn(value) ?? nameIn(document) ?? key.at(-1) ?? '', entry: value, ...place }]
    }
    const isServer = (entry: unknown): entry is JsonObject =>
      isServerEntry(entry) || (key.at(-1) === ZED_SERVERS && isOfExtension(entry))
    return membersOf(value).flatMap(([name, member]) => {
      const entry = withTransport(member)
      return isServer(entry) ? [{ name, entry, ...place }] : []
    })
  })
}

/** Cline takes what a server is started or reached with within `transport` as well, and Continue did. */
function withTransport(value: unknown): unknown {
  const transport = objectOf(asObject(value), 'transport')
  return isServerEntry(transport) && !isServerEntry(value) ? { ...asObject(value), ...transport } : value
}

const ZED_SERVERS = 'context_servers'

/**
 * One that an extension of Zed brings along: how it is started is there, and what it is set up with here. Since the end
 * of 2025 nothing else says so; before, `source` did.
 */
function isOfExtension(entry: unknown): entry is JsonObject {
  const { source, settings } = asObject(entry)
  const isMap = typeof settings === 'object' && settings !== null && !Array.isArray(settings)
  return source === 'extension' || (source === undefined && isMap)
}

function membersOf(value: unknown): [name: string, entry: unknown][] {
  if (!Array.isArray(value)) return Object.entries(asObject(value))
  return value.map((entry, index) => [nameIn(asObject(entry)) ?? String(index), entry])
}

function nameIn(object: JsonObject): string | undefined {
  const name = textOf(object, 'name')
  if (name !== undefined && name !== '') return name
  // Others call the key of an account so.
  return ['key', 'id'].map((each) => textOf(object, each)).find((each) => each !== undefined && readsLikeName(each))
}

function readsLikeName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9 ._@/-]{0,63}$/.test(text) && !/[A-Za-z0-9]{20}/.test(text) && !looksSecret(text)
}

interface Place {
  readonly value: unknown
  readonly below?: string
}

function placesAt(value: unknown, key: readonly string[]): Place[] {
  const [first, ...rest] = key
  if (first === undefined) return [{ value }]
  // Of a list the places are the names.
  const members = asObject(Array.isArray(value) ? { ...value } : value)
  if (first !== '*') return placesAt(memberOf(members, first), rest)
  return Object.entries(asObject(value)).flatMap(([below, each]) =>
    placesAt(each, rest).map((place) => ({ value: place.value, below })),
  )
}
