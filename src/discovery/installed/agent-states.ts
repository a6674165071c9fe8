import type { User } from '../../protocol/sighting.ts'
import type { FileStat } from '../../system/files.ts'
import { agentEntries } from '../agent-index.ts'
import { type AgentState, MAX_STATES } from '../agent-state.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import { readAccount } from './account.ts'
import { filesOf } from './files-of.ts'
import type { Folders } from './folders.ts'
import { readPidFiles } from './pid-files.ts'
import { autonomyOf, readSettings, type SettingFound } from './settings.ts'

export interface AgentStatesComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
  /** Undefined when absent. @throws as `FileReader.stat`. */
  readonly stat: (path: string) => Promise<FileStat | undefined>
  readonly onFault: (path: string, error: unknown) => void
}

export interface AgentStatesInit {
  readonly catalogue: Catalogue
  /** Whose home; absent for what an administrator set for everybody. */
  readonly user?: User
  /** Folders people work in, whose own settings count there. */
  readonly workspaces: readonly string[]
}

/** So many files of one agent are asked when they changed. */
const MAX_TRACES = 400

/** What the home says of each agent that has left something in it: its account, whether it asks, when it was last used. */
export async function findAgentStates(
  components: AgentStatesComponents,
  init: AgentStatesInit,
): Promise<readonly AgentState[]> {
  const states: AgentState[] = []
  for (const entry of agentEntries(init.catalogue)) {
    const state = await stateOf(components, init, entry)
    if (state !== undefined) states.push(state)
  }
  return states.slice(0, MAX_STATES)
}

async function stateOf(
  components: AgentStatesComponents,
  init: AgentStatesInit,
  entry: CatalogueEntry,
): Promise<AgentState | undefined> {
  const { folders } = components
  const own = await settingsIn(
    components,
    entry,
    (path) => path.startsWith('~/') === folders.inHome && !isOfProject(path),
  )
  const account = await accountOf(components, entry)
  const lastUsedAt = folders.inHome ? await lastTrace(components, entry) : undefined
  const projects = await projectsOf(components, init, entry)
  const pidFiles = await readPidFiles(components, entry)
  const isEmpty = own.length === 0 && projects.length === 0 && pidFiles.length === 0
  if (isEmpty && account === undefined && lastUsedAt === undefined) return undefined
  return {
    catalogueId: entry.id,
    ...(init.user === undefined ? {} : { user: init.user }),
    ...(account === undefined ? {} : { account }),
    autonomy: autonomyOf(entry, own),
    ...(projects.length === 0 ? {} : { projects }),
    ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
    ...(pidFiles.length === 0 ? {} : { pidFiles }),
  }
}

function isOfProject(path: string): boolean {
  return path.startsWith('./')
}

async function settingsIn(
  components: AgentStatesComponents,
  entry: CatalogueEntry,
  isWanted: (path: string) => boolean,
  folder?: string,
): Promise<SettingFound[]> {
  const patterns = new Set((entry.settings ?? []).map(({ path }) => path).filter(isWanted))
  const found: SettingFound[] = []
  for (const pattern of patterns) {
    const settings = (entry.settings ?? []).filter(({ path }) => path === pattern)
    const places = folder === undefined ? await components.folders.expand(pattern) : [`${folder}/${pattern.slice(2)}`]
    for (const path of places) {
      const document = await components.configs.read(path)
      if (document !== undefined) found.push(...readSettings(settings, path, document))
    }
  }
  return found
}

async function projectsOf(
  components: AgentStatesComponents,
  { workspaces }: AgentStatesInit,
  entry: CatalogueEntry,
): Promise<NonNullable<AgentState['projects']>> {
  const projects: NonNullable<AgentState['projects']> = []
  for (const workspace of workspaces) {
    const found = await settingsIn(components, entry, isOfProject, workspace)
    if (found.length > 0) projects.push({ workspace: workspace.slice(0, 4096), autonomy: autonomyOf(entry, found) })
  }
  return projects
}

async function accountOf({ folders, configs }: AgentStatesComponents, entry: CatalogueEntry) {
  for (const fact of entry.accounts ?? []) {
    if (fact.path.startsWith('~/') !== folders.inHome) continue
    for (const path of await folders.expand(fact.path)) {
      const document = await configs.read(path)
      const account = document === undefined ? undefined : readAccount(fact, path, document)
      if (account !== undefined) return account
    }
  }
  return undefined
}

/** When something of it changed last: the files that every use leaves, else whatever lies in its folders. */
async function lastTrace(components: AgentStatesComponents, entry: CatalogueEntry): Promise<number | undefined> {
  const patterns = entry.activity?.map(({ path }) => path) ?? (entry.stateFolders ?? []).map(({ path }) => `${path}/*`)
  let newest: number | undefined
  let left = MAX_TRACES
  for (const pattern of patterns.filter((path) => path.startsWith('~/'))) {
    for (const path of (await filesOf(components.folders, pattern, ['file', 'directory'])).slice(-MAX_TRACES)) {
      if (left-- === 0) return newest
      const changedAt = await changeOf(components, path)
      if (changedAt !== undefined && changedAt > (newest ?? -1)) newest = changedAt
    }
  }
  return newest
}

async function changeOf({ stat, onFault }: AgentStatesComponents, path: string): Promise<number | undefined> {
  try {
    const changedAt = Math.trunc((await stat(path))?.modifiedMs ?? -1)
    // A file may say any time.
    return changedAt >= 0 && changedAt <= MAX_TIME_MS ? changedAt : undefined
  } catch (error) {
    onFault(path, error)
    return undefined
  }
}

const MAX_TIME_MS = Date.UTC(2200, 0)
