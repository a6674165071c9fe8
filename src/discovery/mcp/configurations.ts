import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { ProjectFacts } from '../installed/project-facts.ts'
import { isServerEntry } from '../launch/launch.ts'
import { namedFiles } from '../plugins/named-files.ts'
import { type Plugin, workspaceOf } from '../plugins/plugins.ts'
import { MCP_SOURCE, type McpComponents, type McpInit } from './mcp-components.ts'

/** One file that one client reads its servers from. */
export interface Configuration {
  readonly path: string
  readonly workspace?: string
  /** Which brings the file along. */
  readonly plugin?: Plugin
  readonly fact: McpFact
  /** Who reads the same file as well. */
  readonly others: readonly CatalogueEntry[]
}

/** All that may be there, each once. */
export async function configurations(
  { folders, configs, sources }: McpComponents,
  init: McpInit,
): Promise<readonly Configuration[]> {
  const onFault = (path: string, error: unknown) => sources.fault(MCP_SOURCE, path, error)
  const found = new Map<string, Configuration>()
  const add = (fact: McpFact, path: string, more: Pick<Configuration, 'workspace' | 'plugin'> = {}) => {
    const place = `${path}\0${fact.key.join('\0')}`
    const known = found.get(place)
    if (known === undefined) found.set(place, { fact, path, others: [], ...more })
    else if (known.fact.client !== fact.client) found.set(place, { ...known, others: [...known.others, fact.client] })
  }
  const facts = factsOf(init.catalogue)
  for (const fact of facts) {
    if (fact.path.startsWith('./') || fact.path.startsWith('~/') !== folders.inHome) continue
    const inPlugins = fact.scope === 'plugin' ? init.plugins?.patternsFor(fact.client, fact.path) : undefined
    for (const { pattern, plugin } of inPlugins ?? []) {
      const more = { plugin, ...workspaceOf(plugin) }
      for (const path of await folders.expand(pattern)) {
        add(fact, path, more)
        const document = await configs.read(path)
        if (document === undefined) continue
        const { files, maps } = namedFiles({ onFault }, document, { path, key: fact.key, root: plugin.root })
        for (const { key, value } of maps) if (!isServerEntry(value)) add({ ...fact, key }, path, more)
        for (const named of files) {
          for (const key of [fact.key, []]) add({ ...fact, key }, named, more)
        }
      }
    }
    if (inPlugins !== undefined) continue
    for (const path of await folders.expand(fact.path, { tellLinks: true })) add(fact, path)
  }
  for (const { client, path, key, plugin } of init.plugins?.offered ?? []) {
    add({ client, path, key: [...key], scope: 'plugin' }, path, { plugin, ...workspaceOf(plugin) })
  }
  const ofProjects = new ProjectFacts(facts)
  for (const workspace of init.projects ?? []) {
    for (const fact of await ofProjects.in(folders, workspace)) {
      const pattern = `${workspace}/${fact.path.slice(2)}`
      for (const path of fact.path.includes('*') ? await folders.expand(pattern) : [pattern]) {
        add(fact, path, { workspace })
      }
    }
  }
  return [...found.values()]
}

export type McpFact = NonNullable<CatalogueEntry['mcp']>[number] & { readonly client: CatalogueEntry }

/** Whose file it is first, then who reads it as well. */
function factsOf(catalogue: Catalogue): readonly McpFact[] {
  const facts = catalogue.entries.flatMap((client) => (client.mcp ?? []).map((fact) => ({ client, ...fact })))
  return [...facts.filter(({ shared }) => shared !== true), ...facts.filter(({ shared }) => shared === true)]
}
