import { arrayOf, asObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { plainPath } from '../files/plain-path.ts'
import { tooMany } from '../files/source-log.ts'
import { valuesAt } from '../formats/member-path.ts'
import { pathBelow } from './named-files.ts'
import type { PluginComponents } from './plugin-components.ts'

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
/** Of one marketplace, and of all that one agent knows. */
const MAX_OFFERS = 1_000
const MAX_ALL_OFFERS = 2_000

/** What the marketplaces offer that an agent knows: of one that is a folder of the person nothing is copied. */
export async function readMarkets(
  components: PluginComponents,
  facts: readonly MarketFact[],
): Promise<readonly OfferedPlugin[]> {
  const offered: OfferedPlugin[] = []
  for (const fact of facts) {
    for (const path of await components.folders.expand(fact.path)) {
      const document = await components.configs.read(path)
      const markets =
        document === undefined ? [] : valuesAt(document, fact.key).flatMap((map) => Object.entries(asObject(map)))
      if (markets.length > MAX_MARKETS) components.onFault(path, tooMany(MAX_MARKETS, markets.length, 'marketplaces'))
      for (const [name, market] of markets.slice(0, MAX_MARKETS)) {
        const [said] = valuesAt(asObject(market), fact.folder)
        const named = typeof said === 'string' ? plainPath(said) : undefined
        if (named === undefined) continue
        const folder = components.folders.placeOf(named)
        const live = textOf(objectOf(asObject(market), 'source'), 'source') === 'directory'
        for (const manifest of fact.manifests) {
          const most = Math.min(MAX_OFFERS, MAX_ALL_OFFERS - offered.length)
          offered.push(...(await offersIn(components, `${folder}/${manifest}`, { name, folder, live }, most)))
        }
      }
    }
  }
  return offered
}

async function offersIn(
  { folders, configs, onFault }: PluginComponents,
  path: string,
  market: { readonly name: string; readonly folder: string; readonly live: boolean },
  most: number,
): Promise<OfferedPlugin[]> {
  if ((await folders.kindOf(path)) === undefined) return []
  const document = await configs.read(path)
  const entries = document === undefined ? [] : arrayOf(document, 'plugins')
  if (entries.length > most) onFault(path, tooMany(most, entries.length, 'plugins on offer'))
  const first = entries.slice(0, most)
  return first.map(asObject).flatMap((entry, index) => {
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
