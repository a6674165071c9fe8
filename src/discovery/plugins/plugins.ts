import { boundedText } from '../bounded-text.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { starsIn } from '../catalogue/path-pattern.ts'
import type { Folders } from '../installed/folders.ts'
import { compareVersions } from '../installed/programs.ts'
import { textOf } from '../json-file.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import { looksSecret } from '../mcp/secret-shape.ts'
import { isPathInHome } from './path-in-home.ts'
import { type PluginRecords, readPluginRecords } from './plugin-records.ts'
import { openSwitches, type PluginState, type Switched } from './plugin-switches.ts'

/** A plugin that an agent has installed: what lies in its folder counts as far as it is switched on. */
export interface Plugin extends PluginState {
  /** As the agent's settings call it. */
  readonly id: string
  readonly root: string
}

export interface PluginsComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
}

export interface PluginsInit {
  readonly catalogue: Catalogue
  readonly home: string
  /** Folders people work in. */
  readonly projects: readonly string[]
}

type PluginFact = NonNullable<CatalogueEntry['plugins']>[number]

/** Plugins of all agents in one home. */
export class Plugins {
  readonly #of: ReadonlyMap<CatalogueEntry, readonly FoundPlugin[]>

  constructor(of: ReadonlyMap<CatalogueEntry, readonly FoundPlugin[]>) {
    this.#of = of
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

export function pluginName({ id }: Plugin): string {
  return looksSecret(id) ? 'unnamed' : id
}

export function evidenceOf(plugin: Plugin): string {
  const { enabled } = plugin
  const state = enabled === true ? 'switched on' : enabled === false ? 'switched off' : 'perhaps switched on'
  return boundedText(`plugin ${pluginName(plugin)}, ${state}`, 512)
}

/** What is installed, by the agent's own records where it keeps some, and whether it is switched on anywhere. */
export async function findPlugins(components: PluginsComponents, init: PluginsInit): Promise<Plugins> {
  const of = new Map<CatalogueEntry, readonly FoundPlugin[]>()
  for (const client of init.catalogue.entries.filter(({ plugins }) => plugins !== undefined)) {
    const records = await readPluginRecords(components, client.pluginRecords ?? [], init.home)
    const candidates = (
      await Promise.all((client.plugins ?? []).map((fact) => candidatesFor(components, init.home, fact, records)))
    ).flat()
    if (candidates.length === 0) continue
    const switches = await openSwitches(components, client.pluginSwitches ?? [], init)
    const found: FoundPlugin[] = []
    for (const { fact, id, root, certain } of candidates) {
      const switched: Switched = { id, root, onByDefault: fact.onByDefault }
      const state = await switches.stateOf(switched)
      // Which of its versions counts, or whether it does, stands in a record that cannot be read.
      const enabled = state.enabled === true && !certain ? 'unknown' : state.enabled
      found.push({ fact, plugin: { ...state, enabled, id, root } })
    }
    of.set(client, found)
  }
  return new Plugins(of)
}

interface Candidate {
  readonly fact: PluginFact
  readonly id: string
  readonly root: string
  readonly certain: boolean
}

async function candidatesFor(
  components: PluginsComponents,
  home: string,
  fact: PluginFact,
  records: PluginRecords,
): Promise<Candidate[]> {
  const { folders } = components
  const versions = new Map<string, Candidate[]>()
  const add = (candidate: Candidate) => versions.set(candidate.id, [...(versions.get(candidate.id) ?? []), candidate])
  for (const folder of await folders.expand(fact.path)) {
    if ((await folders.kindOf(folder)) !== 'directory') continue
    const id = idOf(fact, home, folder)
    if (id === undefined || (records.knows(id) && !records.folders.has(folder))) continue
    const root = await rootOf(components, fact, home, folder)
    if (root !== undefined) add({ fact, id, root, certain: !records.unreadable })
  }
  if (fact.versions === true) {
    for (const [id, found] of versions) if (!records.knows(id)) versions.set(id, newest(found, records.unreadable))
  }
  return [...versions.values(), elsewhere(fact, home, records)].flat()
}

/** What a record names and no pattern means: it is installed where it lies. */
function elsewhere(fact: PluginFact, home: string, { folders }: PluginRecords): Candidate[] {
  if (fact.versions !== true) return []
  return [...folders].flatMap(([root, id]) =>
    id === undefined || idOf(fact, home, root) !== undefined ? [] : [{ fact, id, root, certain: true }],
  )
}

function idOf({ path, id }: PluginFact, home: string, folder: string): string | undefined {
  const stars = starsIn(path, `~${folder.slice(home.length)}`)
  return stars === undefined ? undefined : id.replace(/\$(\d)/g, (_, number: string) => stars[Number(number) - 1] ?? '')
}

/** Undefined for a folder that is no plugin. */
async function rootOf(
  { folders, configs }: PluginsComponents,
  { manifest, link }: PluginFact,
  home: string,
  folder: string,
): Promise<string | undefined> {
  if (manifest !== undefined && (await folders.kindOf(`${folder}/${manifest}`)) === undefined) return undefined
  const said = link === undefined ? undefined : await configs.read(`${folder}/${link}`)
  if (said === undefined || textOf(said, 'type') !== 'link') return folder
  const source = textOf(said, 'source') ?? ''
  return isPathInHome(source, home) ? source : folder
}

/** The one called `local`, else the last; all where that cannot be told. */
function newest(found: readonly Candidate[], all: boolean): Candidate[] {
  if (all) return [...found]
  const nameOf = ({ root }: Candidate) => root.slice(root.lastIndexOf('/') + 1)
  const sorted = found.toSorted((a, b) => compareVersions(nameOf(a), nameOf(b)))
  const chosen = sorted.find((each) => nameOf(each) === 'local') ?? sorted.at(-1)
  return chosen === undefined ? [] : [chosen]
}
