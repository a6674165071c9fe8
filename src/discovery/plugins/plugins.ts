import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { tooMany } from '../files/source-log.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { toldName } from '../redaction/redact-name.ts'
import { type Candidate, candidatesFor, type PluginFact } from './plugin-candidates.ts'
import type { PluginComponents } from './plugin-components.ts'
import { type OfferedPlugin, readMarkets } from './plugin-markets.ts'
import { readPluginRecords } from './plugin-records.ts'
import { openSwitches, type PluginState, type Switches } from './plugin-switches.ts'

/** A plugin that an agent has installed: what lies in its folder counts as far as it is switched on. */
export interface Plugin extends PluginState {
  /** As the agent's settings call it. */
  readonly id: string
  readonly root: string
}

export interface PluginsInit {
  readonly catalogue: Catalogue
  readonly home: string
  /** Folders people work in. */
  readonly projects: readonly string[]
}

/** Plugins of all agents in one home. */
export class Plugins {
  readonly #of: ReadonlyMap<CatalogueEntry, readonly FoundPlugin[]>
  /** Servers that a marketplace gives to a plugin, beside what lies in its folder. */
  readonly offered: readonly OfferedServers[]

  constructor(of: ReadonlyMap<CatalogueEntry, readonly FoundPlugin[]>, offered: readonly OfferedServers[]) {
    this.#of = of
    this.offered = offered
  }

  /**
   * Where to look for what `pattern` means: in each plugin of `client` that is installed. Undefined when the pattern is not
   * about what lies in plugins.
   */
  patternsFor(client: CatalogueEntry, pattern: string): { pattern: string; plugin: Plugin }[] | undefined {
    const fact = client.plugins?.find(({ path }) => pattern.startsWith(`${path}/`))
    if (fact === undefined) return undefined
    const within = pattern.slice(fact.path.length)
    return (this.#of.get(client) ?? [])
      .filter((found) => found.fact === fact)
      .map(({ plugin }) => ({ pattern: plugin.root + within, plugin }))
  }
}

interface FoundPlugin {
  readonly fact: PluginFact
  readonly plugin: Plugin
}

interface OfferedServers {
  readonly client: CatalogueEntry
  readonly plugin: Plugin
  readonly path: string
  readonly key: readonly string[]
}

/** As a sighting has it. */
export function workspaceOf({ workspace }: Plugin): { readonly workspace?: string } {
  return workspace === undefined ? {} : { workspace }
}

export function pluginName({ id }: Plugin): string {
  return toldName(id)
}

export function evidenceOf(plugin: Plugin): string {
  const { enabled } = plugin
  const state = enabled === true ? 'switched on' : enabled === false ? 'switched off' : 'perhaps switched on'
  return boundedText(`plugin ${pluginName(plugin)}, ${state}`, 512)
}

/** Of one agent; each is looked for in many places. */
const MAX_PLUGINS = 500

/** What is installed, by the agent's own records where it keeps some, and whether it is switched on anywhere. */
export async function findPlugins(components: PluginComponents, init: PluginsInit): Promise<Plugins> {
  const of = new Map<CatalogueEntry, readonly FoundPlugin[]>()
  const offered: OfferedServers[] = []
  for (const client of init.catalogue.entries.filter(({ plugins }) => plugins !== undefined)) {
    const markets = await readMarkets(components, client.pluginMarkets ?? [])
    const switches = await openSwitches(components, client.pluginSwitches ?? [], init)
    const found: FoundPlugin[] = []
    const candidates = await candidatesOf(components, init, client, { markets, switches })
    if (candidates.length > MAX_PLUGINS) {
      components.onFault(init.home, tooMany(MAX_PLUGINS, candidates.length, `plugins of ${client.name}`))
    }
    for (const { fact, id, root, certain } of candidates.slice(0, MAX_PLUGINS)) {
      const state = await switches.stateOf({ id, root, onByDefault: fact.onByDefault })
      // What is not certain to be installed is not certain to be on.
      const enabled = state.enabled === true && !certain ? 'unknown' : state.enabled
      found.push({ fact, plugin: { ...state, enabled, id, root } })
    }
    of.set(client, found)
    for (const { id, servers } of markets) {
      const plugin = servers === undefined ? undefined : found.find((each) => each.plugin.id === id)?.plugin
      if (servers !== undefined && plugin !== undefined) offered.push({ client, plugin, ...servers })
    }
  }
  return new Plugins(of, offered)
}

/** One of a marketplace that is run from where it lies counts there, and a copy of it does not. */
async function candidatesOf(
  components: PluginComponents,
  { home }: PluginsInit,
  { plugins = [], pluginRecords = [] }: CatalogueEntry,
  { markets, switches }: { readonly markets: readonly OfferedPlugin[]; readonly switches: Switches },
): Promise<Candidate[]> {
  const records = await readPluginRecords(components, pluginRecords)
  const installed = (await Promise.all(plugins.map((fact) => candidatesFor(components, home, fact, records)))).flat()
  const live = new Map(markets.flatMap(({ id, liveRoot }) => (liveRoot === undefined ? [] : [[id, liveRoot] as const])))
  const [fact] = plugins
  const copied = new Set(installed.map(({ id }) => id))
  const named: Candidate[] = []
  for (const [id, root] of live) {
    const counts = copied.has(id) || (await switches.names({ id, root, onByDefault: undefined }))
    if (counts && fact !== undefined) named.push({ fact, id, root, certain: true })
  }
  return [...installed.filter(({ id }) => !live.has(id)), ...named]
}
