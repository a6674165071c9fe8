import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../installed/folders.ts'
import { valuesAt } from '../installed/member-path.ts'
import { asObject, memberOf, textOf } from '../json-file.ts'
import type { ConfigFiles } from './config-files.ts'

type StatesFact = NonNullable<NonNullable<CatalogueEntry['mcp']>[number]['states']>

/**
 * Which servers are on, by name, where that stands in other files than the servers. One that any program has on is on; of
 * what none names nothing is known.
 */
export async function readServerStates(
  { folders, configs }: { readonly folders: Folders; readonly configs: ConfigFiles },
  fact: StatesFact,
): Promise<ReadonlyMap<string, boolean>> {
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
  return states
}
