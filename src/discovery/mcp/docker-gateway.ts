import { posix } from 'node:path'
import { arrayOf, asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { tooMany } from '../files/source-log.ts'
import { CONFIG_MAX_BYTES, parseConfig } from '../formats/config-text.ts'
import { valuesAt } from '../formats/member-path.ts'
import { MAX_SERVERS, type ServerEntry } from './server-entries.ts'

export interface DefinedComponents {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}

type DefinedIn = NonNullable<NonNullable<CatalogueEntry['mcp']>[number]['definedIn']>

/** Limit of lists in one folder, far above what people use. */
const MAX_FILES = 16

/**
 * The servers that Docker's gateway serves: their names are at `key` of its register, what each is in lists of hundreds.
 * Of one that no list has the name is told, and of those that are more than may be told. What people configured a server with
 * is not looked at.
 */
export async function definedServers(
  components: DefinedComponents,
  document: JsonObject,
  key: readonly string[],
  { path: pattern }: DefinedIn,
): Promise<ServerEntry[]> {
  const served = new Map(valuesAt(document, key).flatMap((map) => Object.entries(asObject(map))))
  const left = new Set([...served.keys()].slice(0, MAX_SERVERS))
  const definitions = new Map<string, JsonObject>()
  const lists = await components.folders.expand(pattern)
  for (const [at, path] of lists.entries()) {
    if (left.size === 0) break
    if (at === MAX_FILES) {
      components.onFault(posix.dirname(path), tooMany(MAX_FILES, lists.length, 'lists of servers'))
      break
    }
    for (const [name, definition] of await definitionsIn(components, path, left)) {
      definitions.set(name, definition)
      left.delete(name)
    }
  }
  return [...served].map(([name, entry]) => ({ name, entry: entryOf(definitions.get(name) ?? {}, asObject(entry)) }))
}

/** As other clients write it: a program, which here is an image that is run, or an address. */
function entryOf(definition: JsonObject, { enabled }: JsonObject): JsonObject {
  const [image, remote] = [textOf(definition, 'image') ?? '', objectOf(definition, 'remote')]
  const url = textOf(remote, 'url') ?? textOf(definition, 'sseEndpoint')
  const secrets = arrayOf(definition, 'secrets').map((each) => [textOf(asObject(each), 'env') ?? '', ''])
  const variables = arrayOf(definition, 'env').map((each) => [
    textOf(asObject(each), 'name'),
    textOf(asObject(each), 'value'),
  ])
  return {
    ...(enabled === undefined ? {} : { enabled }),
    ...(image === '' || url !== undefined ? {} : { command: 'docker', args: ['run', image] }),
    ...(url === undefined ? {} : { url, type: textOf(remote, 'transport_type') ?? '' }),
    env: Object.fromEntries([...variables, ...secrets].filter(([name]) => name !== undefined && name !== '')),
    headers: memberOf(remote, 'headers'),
  }
}

/** Such a list is too long for a parser of YAML: the lines of each server that is looked for are taken out of it first. */
async function definitionsIn(
  { folders, onFault }: DefinedComponents,
  path: string,
  names: ReadonlySet<string>,
): Promise<ReadonlyMap<string, JsonObject>> {
  const found = new Map<string, JsonObject>()
  try {
    const text = await folders.files.readText(path, { maxBytes: CONFIG_MAX_BYTES })
    for (const [name, block] of blocksIn(text, names)) {
      found.set(name, objectOf(await parseConfig('block.yaml', block), 'it'))
    }
  } catch (error) {
    onFault(path, error)
  }
  return found
}

const ENTRY = /^( +)(?:"([^"]{1,128})"|'([^']{1,128})'|([A-Za-z0-9][\w.@/-]{0,127})):[ \t]*$/

/** Below `registry:`, the lines of each name; what is indented further belongs to it. */
function blocksIn(text: string, names: ReadonlySet<string>): ReadonlyMap<string, string> {
  const blocks = new Map<string, string[]>()
  let indent: string | undefined
  let inRegistry = false
  let block: string[] | undefined
  for (const line of text.split(/\r?\n/)) {
    if (/^[^\s#]/.test(line)) {
      inRegistry = /^registry:[ \t]*$/.test(line)
      block = undefined
      continue
    }
    if (!inRegistry) continue
    const [, spaces, ...quoted] = ENTRY.exec(line) ?? []
    indent ??= spaces
    if (spaces === undefined || spaces !== indent) {
      block?.push(line)
      continue
    }
    const name = quoted.find((each) => each !== undefined) ?? ''
    block = names.has(name) && !blocks.has(name) ? [] : undefined
    if (block !== undefined) blocks.set(name, block)
  }
  return new Map([...blocks].map(([name, lines]) => [name, `it:\n${lines.join('\n')}\n`]))
}
