import { memberOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { PluginComponents } from '../plugins/plugin-components.ts'
import { openSwitches, type PluginState, type Switches } from '../plugins/plugin-switches.ts'
import type { Plugin } from '../plugins/plugins.ts'
import type { ServerEntry } from './server-entries.ts'

/** The file that tells of servers, as far as switches are found by it. */
interface SwitchedFile {
  readonly client: CatalogueEntry
  readonly path: string
  readonly workspace?: string
  readonly plugin?: Plugin
}

const OF_PLUGIN = '$plugin'

/**
 * Servers that are switched by name where their agent keeps no more of them: those of plugins in its settings, those of a person
 * in the settings of a project.
 */
export class ServerSwitches {
  readonly #components: PluginComponents
  readonly #init: { readonly home: string; readonly projects: readonly string[] }
  readonly #open = new Map<string, Promise<Switches>>()

  constructor(components: PluginComponents, init: { readonly home: string; readonly projects: readonly string[] }) {
    this.#components = components
    this.#init = init
  }

  /** By name; undefined where nothing switches the servers of this file. */
  async statesOf(
    file: SwitchedFile,
    servers: readonly ServerEntry[],
  ): Promise<ReadonlyMap<string, PluginState> | undefined> {
    const open = this.#switchesOf(file)
    if (open === undefined) return undefined
    const switches = await open
    const states = new Map<string, PluginState>()
    for (const { name, entry } of servers) {
      const onByDefault = memberOf(entry, 'enabled') !== false && memberOf(entry, 'disabled') !== true
      states.set(name, await switches.stateOf({ id: name, root: '', onByDefault }))
    }
    return states
  }

  #switchesOf({ client, path, workspace, plugin }: SwitchedFile): Promise<Switches> | undefined {
    const facts = (client.serverSwitches ?? []).filter(({ key }) => key.includes(OF_PLUGIN) === (plugin !== undefined))
    const isOwn = facts.some((fact) => fact.path === `~${path.slice(this.#init.home.length)}`)
    if (facts.length === 0 || (plugin === undefined && (workspace !== undefined || !isOwn))) return undefined
    const id = plugin?.id ?? ''
    const name = `${client.id}\0${id}`
    const known = this.#open.get(name)
    if (known !== undefined) return known
    const meant = facts.map(({ key, ...fact }) => ({
      ...fact,
      form: 'members' as const,
      key: key.map((each) => (each === OF_PLUGIN ? id : each)),
    }))
    const opened = openSwitches(this.#components, meant, this.#init)
    this.#open.set(name, opened)
    return opened
  }
}

/** A server of a plugin is on where both are. */
export function bothOn(one: boolean | 'unknown', other: boolean | 'unknown'): boolean | 'unknown' {
  if (one === false || other === false) return false
  return one === true && other === true ? true : 'unknown'
}
