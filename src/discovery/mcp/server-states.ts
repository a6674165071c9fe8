import { asObject, memberOf, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import type { Folders } from '../files/folders.ts'
import { valuesAt } from '../formats/member-path.ts'

type McpFact = NonNullable<CatalogueEntry['mcp']>[number]

/** Is this server on, as far as other files than that of the servers say? */
export type ServerState = (name: string) => boolean | 'unknown'

export interface StatesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
}

/** One that any program has on is on; of what none names nothing is known. */
export async function readServerStates(
  { folders, configs }: StatesComponents,
  fact: NonNullable<McpFact['states']>,
): Promise<ServerState> {
  const states = new Map<string, boolean>()
  for (const path of await folders.expand(fact.path)) {
    const document = await configs.read(path)
    for (const list of document === undefined ? [] : valuesAt(document, fact.key)) {
      for (const entry of Array.isArray(list) ? list.map(asObject) : []) {
        const name = textOf(entry, 'name')
        if (name !== undefined) states.set(name, states.get(name) === true || memberOf(entry, 'enabled') !== false)
      }
    }
  }
  return (name) => states.get(name) ?? 'unknown'
}

/**
 * What a person, or an administrator, agreed to of the servers that a project brings along. Who says no is heard wherever it
 * stands; of what nobody speaks the client will ask.
 */
export async function readApprovals(
  { folders, configs }: StatesComponents,
  approvals: NonNullable<McpFact['approvals']>,
  workspace: string,
): Promise<ServerState> {
  const said = { on: new Set<unknown>(), off: new Set<unknown>(), all: new Set<unknown>() }
  let unreadable = false
  for (const { path: pattern, key, says } of approvals) {
    for (const path of pattern.startsWith('./') ? [workspace + pattern.slice(1)] : await folders.expand(pattern)) {
      const document = await configs.read(path)
      unreadable ||= document === undefined && (await folders.kindOf(path)) !== undefined
      for (const named of document === undefined ? [] : folders.namesOf(workspace)) {
        const ofProject = key.map((name) => (name === '.' ? named : name))
        for (const each of valuesAt(document ?? {}, ofProject).flat()) said[says].add(each)
      }
    }
  }
  return (name) => {
    if (said.off.has(name)) return false
    return !unreadable && (said.all.has(true) || said.on.has(name)) ? true : 'unknown'
  }
}
