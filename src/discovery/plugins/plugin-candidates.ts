import { textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { starsIn } from '../catalogue/path-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { plainPath } from '../files/plain-path.ts'
import { compareVersions } from '../installed/programs.ts'
import type { PluginComponents } from './plugin-components.ts'
import type { PluginRecords } from './plugin-records.ts'

export type PluginFact = NonNullable<CatalogueEntry['plugins']>[number]

/** A folder with what could be an installed plugin. */
export interface Candidate {
  readonly fact: PluginFact
  readonly id: string
  readonly root: string
  /** Whether it is installed is not left open by a record that is not there or cannot be read. */
  readonly certain: boolean
}

/** Of folders of plugins those that count: that a record names, or the newest of their versions, or all. */
export async function candidatesFor(
  components: PluginComponents,
  home: string,
  fact: PluginFact,
  records: PluginRecords,
): Promise<Candidate[]> {
  const { folders } = components
  const found: Candidate[] = []
  const certain = fact.recorded !== true || records.known
  for (const folder of await folders.expand(fact.path)) {
    if ((await folders.kindOf(folder)) !== 'directory') continue
    const id = idOf(fact, home, folder)
    if (id === undefined || (fact.recorded === true && certain && !records.folders.has(folder))) continue
    const root = await rootOf(components, fact, folder)
    if (root !== undefined) found.push({ fact, id, root, certain })
  }
  await tellLinks(folders, home, fact, records)
  if (fact.versions === true) return [...Map.groupBy(found, ({ id }) => id).values()].flatMap(newest)
  return fact.recorded === true ? [...found, ...elsewhere(fact, home, records)] : found
}

/** A link in the place of a plugin is not followed, and looking at it says so. */
async function tellLinks(folders: Folders, home: string, fact: PluginFact, records: PluginRecords): Promise<void> {
  const named = fact.recorded === true ? records.folders.keys() : await placesOf(folders, fact)
  for (const folder of named) {
    if (idOf(fact, home, folder) !== undefined && (await folders.kindOf(folder)) === 'link') await folders.list(folder)
  }
}

/** What could be a plugin by its place alone. */
async function placesOf(folders: Folders, { path, versions, manifest }: PluginFact): Promise<readonly string[]> {
  if (versions === true || manifest !== undefined) return []
  const places: string[] = []
  for (const folder of await folders.expand(path.slice(0, path.lastIndexOf('/')))) {
    for (const { name, kind } of await folders.list(folder)) if (kind === 'link') places.push(`${folder}/${name}`)
  }
  return places
}

/** What a record names and no pattern means: it is installed where it lies. */
function elsewhere(fact: PluginFact, home: string, { folders }: PluginRecords): Candidate[] {
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
  { folders, configs }: PluginComponents,
  { manifest, link }: PluginFact,
  folder: string,
): Promise<string | undefined> {
  if (manifest !== undefined && (await folders.kindOf(`${folder}/${manifest}`)) === undefined) return undefined
  const said = link === undefined ? undefined : await configs.read(`${folder}/${link}`)
  if (said === undefined || textOf(said, 'type') !== 'link') return folder
  return folders.placeOf(plainPath(textOf(said, 'source') ?? '') ?? folder)
}

/** The one called `local`, else the last. */
function newest(found: readonly Candidate[]): Candidate[] {
  const nameOf = ({ root }: Candidate) => root.slice(root.lastIndexOf('/') + 1)
  const sorted = found.toSorted((a, b) => compareVersions(nameOf(a), nameOf(b)))
  const chosen = sorted.find((each) => nameOf(each) === 'local') ?? sorted.at(-1)
  return chosen === undefined ? [] : [chosen]
}
