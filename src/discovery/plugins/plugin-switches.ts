import { SuretyError } from '../../base/errors.ts'
import { arrayOf, asObject, type JsonObject, memberOf, objectOf, textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { type Folders, fits } from '../files/folders.ts'
import { valuesAt } from '../formats/member-path.ts'
import { ProjectFacts } from '../installed/project-facts.ts'
import { isTrusted } from '../installed/project-trust.ts'
import type { PluginComponents } from './plugin-components.ts'

type SwitchFact = NonNullable<CatalogueEntry['pluginSwitches']>[number]

/** A plugin as its switches call it. */
export interface Switched {
  readonly id: string
  readonly root: string
  readonly onByDefault: boolean | undefined
}

export interface PluginState {
  /** Is it switched on anywhere? */
  readonly enabled: boolean | 'unknown'
  /** In this project alone. */
  readonly workspace?: string
}

export interface Switches {
  stateOf(plugin: Switched): Promise<PluginState>
  /** Does anything say that it is on, or off? */
  names(plugin: Switched): Promise<boolean>
}

interface SwitchFile {
  readonly fact: SwitchFact
  readonly path: string
}

/** What holds in one folder that people work in, the strongest first. */
interface Place {
  readonly folder: string
  readonly files: readonly SwitchFile[]
  /** The agent heeds what the project says without asking. */
  readonly trusted: boolean
}

/** Of one plugin. The last that fits wins: where there are more, what holds is not known. */
const MAX_RULES = 200

/**
 * Settings of the administrator win over those of a project, and these over those of the user. A project that is not trusted
 * switches nothing on; where its trust is unknown, so is the state.
 *
 * @param projects folders people work in: what is switched on in one of them is on.
 */
export async function openSwitches(
  components: PluginComponents,
  facts: readonly SwitchFact[],
  { home, projects }: { readonly home: string; readonly projects: readonly string[] },
): Promise<Switches> {
  const own = await ownFiles(components.folders, facts)
  const ofProjects = new ProjectFacts(facts)
  const byRules = facts.some(({ form }) => form === 'overrides')
  const places: Place[] = []
  for (const folder of projects.filter((project) => project !== home)) {
    const found = await ofProjects.in(components.folders, folder)
    const { inProject, trusted } = await heardOf(components, found, { folder, home })
    const files = [...own, ...inProject].sort((a, b) => facts.indexOf(a.fact) - facts.indexOf(b.fact))
    // Where a project says nothing of its own, only rules for folders could tell it from the home.
    if (inProject.length === 0 && !byRules) continue
    places.push({ folder, files, trusted })
  }
  return new OpenSwitches(components, { folder: home, files: own, trusted: true }, places)
}

/** The switches of a project that its agent was not told to ignore. */
async function heardOf(
  components: PluginComponents,
  facts: readonly SwitchFact[],
  place: { readonly folder: string; readonly home: string },
): Promise<{ readonly inProject: readonly SwitchFile[]; readonly trusted: boolean }> {
  const inProject: SwitchFile[] = []
  let trusted = true
  for (const fact of facts) {
    const trust = fact.trusted === undefined || (await isTrusted(components, fact.trusted, place))
    if (trust === false) continue
    trusted &&= trust === true
    inProject.push({ fact, path: `${place.folder}/${fact.path.slice(2)}` })
  }
  return { inProject, trusted }
}

async function ownFiles(folders: Folders, facts: readonly SwitchFact[]): Promise<readonly SwitchFile[]> {
  const files: SwitchFile[] = []
  for (const fact of facts.filter(({ path }) => !path.startsWith('./'))) {
    if (fact.form === 'file') files.push({ fact, path: fact.path })
    // Of files in one folder the last has the last word.
    else for (const path of (await folders.expand(fact.path)).toReversed()) files.push({ fact, path })
  }
  return files
}

class OpenSwitches implements Switches {
  readonly #components: PluginComponents
  readonly #home: Place
  readonly #projects: readonly Place[]
  readonly #crowded = new Set<string>()

  constructor(components: PluginComponents, home: Place, projects: readonly Place[]) {
    this.#components = components
    this.#home = home
    this.#projects = projects
  }

  async stateOf(plugin: Switched): Promise<PluginState> {
    const here = await this.#stateIn(this.#home, plugin)
    if (here === true) return { enabled: true }
    const on = new Set<string>()
    let unknown = here === 'unknown'
    for (const project of [...this.#projects, ...(await this.#namedFolders(plugin.id))]) {
      const state = await this.#stateIn(project, plugin)
      if (state === true && project.trusted) on.add(project.folder)
      else unknown ||= state !== false
    }
    const [workspace] = on
    if (workspace === undefined) return { enabled: unknown ? 'unknown' : false }
    return on.size === 1 ? { enabled: true, workspace } : { enabled: true }
  }

  async names(plugin: Switched): Promise<boolean> {
    for (const { folder, files } of [this.#home, ...this.#projects]) {
      for (const file of files) if (typeof (await this.#says(file, plugin, folder)) === 'boolean') return true
    }
    return false
  }

  async #stateIn({ folder, files }: Place, plugin: Switched): Promise<boolean | 'unknown'> {
    for (const file of files) {
      const said = await this.#says(file, plugin, folder)
      if (said !== undefined) return said
    }
    return plugin.onByDefault ?? 'unknown'
  }

  /** Undefined when this file says nothing of the plugin. */
  async #says({ fact, path: pattern }: SwitchFile, plugin: Switched, folder: string) {
    const { folders, configs } = this.#components
    const home = this.#home.folder
    const path = fact.form === 'file' ? pattern.replace(/^~/, () => home).replace('*', () => plugin.id) : pattern
    const document = await configs.read(path)
    // The reader of files has told why; what is in it may be anything.
    if (document === undefined) return (await folders.kindOf(path)) === undefined ? undefined : 'unknown'
    const said = valuesAt(document, fact.key).map((value) => saysOf(folders, fact.form, value, { plugin, folder }))
    if (said.includes('crowded')) this.#tellCrowd(path, plugin)
    const first = said.find((each) => each !== undefined)
    return first === 'crowded' ? 'unknown' : first
  }

  #tellCrowd(path: string, { root }: Switched): void {
    if (this.#crowded.has(root)) return
    this.#crowded.add(root)
    this.#components.onFault(path, new SuretyError('FILE_TOO_LARGE', `more than ${MAX_RULES} rules for one plugin`))
  }

  /** Folders for which a rule switches it on: people may work there though nothing else says so. */
  async #namedFolders(id: string): Promise<readonly Place[]> {
    const named: Place[] = []
    for (const { fact, path } of this.#home.files) {
      const document = fact.form === 'overrides' ? await this.#components.configs.read(path) : undefined
      const maps = document === undefined ? [] : valuesAt(document, fact.key)
      for (const rule of maps.flatMap((map) => rulesFor(asObject(map), id)).slice(0, MAX_RULES)) {
        const folder = this.#components.folders.placeOf(rule.replace(/\/?\*?$/, ''))
        if (/^\/[^*]+$/.test(folder) && folder !== this.#home.folder) named.push({ ...this.#home, folder })
      }
    }
    return named
  }
}

function saysOf(
  folders: Folders,
  form: SwitchFact['form'],
  value: unknown,
  { plugin, folder }: { readonly plugin: Switched; readonly folder: string },
): boolean | 'crowded' | undefined {
  const { id, root } = plugin
  switch (form) {
    case 'map': {
      const said = memberOf(asObject(value), id)
      return said === undefined ? undefined : said === true
    }
    case 'entries':
      return isOn(memberOf(asObject(value), id))
    case 'members': {
      const said = memberOf(asObject(memberOf(asObject(value), id)), 'enabled')
      return typeof said === 'boolean' ? said : undefined
    }
    case 'list':
      return isOn(
        (Array.isArray(value) ? value : []).find(
          (each) => folders.placeOf(textOf(asObject(each), 'cache_path') ?? '') === root,
        ),
      )
    case 'overrides':
      return ruledAt(rulesFor(asObject(value), id), folders.namesOf(folder))
    case 'file':
      return typeof value === 'boolean' ? value : undefined
    default:
      return form satisfies never
  }
}

function isOn(entry: unknown): boolean | undefined {
  return entry === undefined ? undefined : memberOf(asObject(entry), 'enabled') !== false
}

function rulesFor(map: JsonObject, id: string): string[] {
  const rules = arrayOf(objectOf(map, id), 'overrides')
  return rules.filter((rule): rule is string => typeof rule === 'string' && rule.length <= 2048)
}

/** `/folder/*` switches on in it and below, with `!` before it off; the last that fits wins. */
function ruledAt(rules: readonly string[], names: readonly string[]): boolean | 'crowded' | undefined {
  if (rules.length > MAX_RULES) return 'crowded'
  const places = names.map((name) => `${name.replace(/\/$/, '')}/`)
  const rule = rules.findLast((each) => places.some((place) => fits(each.replace(/^!/, ''), place)))
  return rule === undefined ? undefined : !rule.startsWith('!')
}
