import { asObject, type JsonObject, memberOf } from '../json-file.ts'
import { isServerEntry } from './launch.ts'

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
 * The servers below `key`, where `*` stands for every member. What does not have the shape of a server is passed over:
 * a file that merely has such a key is not a configuration.
 */
export function serverEntries(document: JsonObject, key: readonly string[]): ServerEntry[] {
  return mapsAt(document, key).flatMap(({ map, below }) =>
    Object.entries(map)
      .filter((member): member is [string, JsonObject] => isServerEntry(member[1]))
      .map(([name, entry]) => ({ name, entry, ...(below === undefined ? {} : { below }) })),
  )
}

interface FoundMap {
  readonly map: JsonObject
  readonly below?: string
}

function mapsAt(document: JsonObject, key: readonly string[]): FoundMap[] {
  const [first, ...rest] = key
  if (first === undefined) return [{ map: document }]
  if (first !== '*') return mapsAt(asObject(memberOf(document, first)), rest)
  return Object.entries(document).flatMap(([below, value]) =>
    mapsAt(asObject(value), rest).map(({ map }) => ({ map, below })),
  )
}
