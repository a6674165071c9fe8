import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { folderOf } from '../files/plain-path.ts'
import type { ProjectState } from '../matching/agent-state.ts'
import { ProjectFacts } from './project-facts.ts'
import { isTrusted, repositoryOf, type TrustComponents } from './project-trust.ts'
import { autonomyOf, readSettings, type SettingFound, unreadSettings } from './settings.ts'

type Setting = NonNullable<CatalogueEntry['settings']>[number]
type Fact = Setting & { readonly entry: CatalogueEntry }

export interface ProjectSettingsInit {
  readonly home: string
  /** Folders people work in. */
  readonly workspaces: readonly string[]
  readonly entries: readonly CatalogueEntry[]
}

/** What a file of a project says, and whether it counts only where the agent was told to trust the project. */
interface Said extends SettingFound {
  readonly trust: ProjectState['trust']
}

/** What projects' own settings say of each agent, by its id. */
export async function findProjectSettings(
  components: TrustComponents,
  { home, workspaces, entries }: ProjectSettingsInit,
): Promise<ReadonlyMap<string, readonly ProjectState[]>> {
  const facts = entries.flatMap((entry) => (entry.settings ?? []).map((setting): Fact => ({ entry, ...setting })))
  const all = new ProjectFacts(facts)
  const fromAbove = new ProjectFacts(facts.filter(({ upwards }) => upwards === true))
  const projects = new Map<string, ProjectState[]>()
  for (const workspace of workspaces) {
    const found = new Map<CatalogueEntry, Said[]>()
    const above = await foldersAbove(components, workspace, home)
    for (const folder of [workspace, ...above]) {
      const here = await (folder === workspace ? all : fromAbove).in(components.folders, folder)
      for (const fact of here.filter((each) => folder !== home || !isOwn(each))) {
        const said = await saidBy(components, fact, { folder, home })
        if (said.length > 0) found.set(fact.entry, [...(found.get(fact.entry) ?? []), ...said])
      }
    }
    for (const [entry, said] of found) {
      projects.set(entry.id, [...(projects.get(entry.id) ?? []), stateIn(entry, workspace, said)])
    }
  }
  return projects
}

/** Up to the repository that it lies in; none where it lies in none. */
async function foldersAbove({ folders }: TrustComponents, workspace: string, home: string): Promise<readonly string[]> {
  const repository = await repositoryOf(folders, workspace, home)
  const above: string[] = []
  for (let at = workspace; repository !== undefined && at !== repository; ) {
    at = folderOf(at)
    above.push(at)
  }
  return above
}

/** The same file is the person's own, where the project is the home. */
function isOwn({ entry, path }: Fact): boolean {
  return entry.settings?.some((other) => other.path === `~${path.slice(1)}`) === true
}

async function saidBy(
  components: TrustComponents,
  fact: Fact,
  place: { readonly folder: string; readonly home: string },
): Promise<readonly Said[]> {
  const path = `${place.folder}/${fact.path.slice(2)}`
  const document = await components.configs.look(path)
  const said =
    document === undefined
      ? []
      : document === 'unread'
        ? unreadSettings([fact], path)
        : readSettings([fact], path, document)
  if (said.length === 0 || fact.trusted === undefined) return said.map((each) => ({ ...each, trust: undefined }))
  const trusted = await isTrusted(components, fact.trusted, place)
  if (trusted === false) return []
  return said.map((each) => ({ ...each, trust: trusted === true ? 'given' : 'unknown' }))
}

/** The best ground on which one acts without asking is the one that counts. */
function stateIn(entry: CatalogueEntry, workspace: string, said: readonly Said[]): ProjectState {
  const grounds = said.filter(({ says }) => says === 'autonomous').map(({ trust }) => trust)
  const hangsOnTrust = grounds.length > 0 && !grounds.includes(undefined)
  return {
    workspace: workspace.slice(0, 4096),
    autonomy: autonomyOf(entry, said),
    ...(hangsOnTrust ? { trust: grounds.includes('given') ? 'given' : 'unknown' } : {}),
  }
}
