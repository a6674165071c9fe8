import { posix } from 'node:path'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../installed/folders.ts'
import { valuesAt } from '../installed/member-path.ts'
import { arrayOf, asObject, type JsonObject, memberOf, objectOf, textOf } from '../json-file.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import { isServerEntry } from '../mcp/launch.ts'
import { plainPath } from './plain-path.ts'

type MarketFact = NonNullable<CatalogueEntry['pluginMarkets']>[number]

/** A plugin as a marketplace offers it. */
export interface OfferedPlugin {
  readonly id: string
  /** Where it is run from as it lies there; absent where it is installed first. */
  readonly liveRoot?: string
  /** Servers that the marketplace itself gives it. */
  readonly servers?: { readonly path: string; readonly key: readonly string[] }
}

const MAX_MARKETS = 64
const MAX_OFFERS = 1_000

/** What the marketplaces offer that an agent knows: of one that is a folder of the person nothing is copied. */
export async function readMarkets(
  components: { readonly folders: Folders; readonly configs: ConfigFiles },
  facts: readonly MarketFact[],
): Promise<readonly OfferedPlugin[]> {
  const offered: OfferedPlugin[] = []
  for (const fact of facts) {
    for (const path of await components.folders.expand(fact.path)) {
      const document = await components.configs.read(path)
      const markets =
        document === undefined ? [] : valuesAt(document, fact.key).flatMap((map) => Object.entries(asObject(map)))
      for (const [name, market] of markets.slice(0, MAX_MARKETS)) {
        const [said] = valuesAt(asObject(market), fact.folder)
        const folder = typeof said === 'string' ? plainPath(said) : undefined
        if (folder === undefined) continue
        const live = textOf(objectOf(asObject(market), 'source'), 'source') === 'directory'
        for (const manifest of fact.manifests) {
          offered.push(...(await offersIn(components, `${folder}/${manifest}`, { name, folder, live })))
        }
      }
    }
  }
  return offered
}

async function offersIn(
  { folders, configs }: { readonly folders: Folders; readonly configs: ConfigFiles },
  path: string,
  market: { readonly name: string; readonly folder: string; readonly live: boolean },
): Promise<OfferedPlugin[]> {
  if ((await folders.kindOf(path)) === undefined) return []
  const document = await configs.read(path)
  const entries = document === undefined ? [] : arrayOf(document, 'plugins').slice(0, MAX_OFFERS)
  return entries.map(asObject).flatMap((entry, index) => {
    const name = textOf(entry, 'name')
    if (name === undefined) return []
    const root = market.live ? pathBelow(market.folder, memberOf(entry, 'source')) : undefined
    const hasServers = Object.keys(objectOf(entry, 'mcpServers')).length > 0
    return [
      {
        id: `${name}@${market.name}`,
        ...(root === undefined ? {} : { liveRoot: root }),
        ...(hasServers ? { servers: { path, key: ['plugins', String(index), 'mcpServers'] } } : {}),
      },
    ]
  })
}

/** Of a list that may name files the first. */
const MAX_NAMED = 16

/** Files of a plugin that its manifest names instead of what it would say itself: one, or a list. */
export function filesNamedIn(document: JsonObject, key: readonly string[], root: string): string[] {
  const texts = valuesAt(document, key).flatMap((value) => (Array.isArray(value) ? value.slice(0, MAX_NAMED) : [value]))
  return texts.flatMap((text) => pathBelow(root, text) ?? []).filter((path) => path.endsWith('.json'))
}

/** Where maps of servers stand in such a list, beside the files. */
export function mapsAmongFiles(document: JsonObject, key: readonly string[]): string[][] {
  const [list] = valuesAt(document, key)
  const values: readonly unknown[] = Array.isArray(list) ? list.slice(0, MAX_NAMED) : []
  const isMap = (value: unknown) => Object.keys(asObject(value)).length > 0 && !isServerEntry(value)
  return values.flatMap((value, at) => (isMap(value) ? [[...key, String(at)]] : []))
}

/** What `./…` names below a folder; undefined for anything else. */
export function pathBelow(folder: string, text: unknown): string | undefined {
  if (typeof text !== 'string' || !text.startsWith('./')) return undefined
  const path = plainPath(posix.join(folder, text))
  return path?.startsWith(`${folder}/`) === true ? path : undefined
}
