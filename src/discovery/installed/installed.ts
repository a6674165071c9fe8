import type { AgentSighting, ModelRuntimeSighting, User } from '../../protocol/sighting.ts'
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue.ts'
import { agentEntries, endOf } from '../catalogue/reported-kind.ts'
import type { Folders } from '../files/folders.ts'
import { type InstallFolders, installFolders } from '../files/install-folders.ts'
import { sightingId } from '../matching/sighting-id.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import { findApplications } from './applications.ts'
import type { Installation } from './installation.ts'
import { findNpmPackages, npmPrefixes } from './npm-packages.ts'
import { findDesktopEntries, findPackagedApps } from './packaged-apps.ts'
import { findCommands, findExecutables, findVersionFolders } from './programs.ts'
import { findPythonPackages, findPythonTools } from './python-packages.ts'
import { autonomyOf } from './settings.ts'

export interface InstalledInit {
  readonly catalogue: Catalogue
  /** Whose home is looked through; absent for what is installed for everybody. */
  readonly owner?: { readonly user: User; readonly home: string }
}

/** What lies on the device, and could be what runs. */
export type InstalledProgram = AgentSighting | ModelRuntimeSighting

export interface InstalledComponents {
  /** Of the owner's home, or of everybody. */
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}

/** Agents that lie in the usual places, running or not. Nothing is executed: versions come from files and folder names. */
export async function findInstalledAgents(
  components: InstalledComponents,
  init: InstalledInit,
): Promise<AgentSighting[]> {
  const found = await findInstallations(components, agentEntries(init.catalogue))
  return found.map((installation) => sightingOf(init, installation))
}

/** Where programs of these entries lie. A bare command counts only where nothing better is known of its program. */
export async function findInstallations(
  components: InstalledComponents,
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const { layout, inHome } = components.folders
  const found = await findAll(components, entries, installFolders(layout, inHome))
  const strong = new Set(found.filter(({ weak }) => !weak).map(({ entry }) => entry.id))
  const known = new Set(found.filter(({ onlyAlone }) => onlyAlone !== true).map(({ entry }) => entry.id))
  return found.filter(({ weak, onlyAlone, entry }) => {
    return !weak || !(onlyAlone === true ? known : strong).has(entry.id)
  })
}

async function findAll(
  components: InstalledComponents,
  entries: readonly CatalogueEntry[],
  places: InstallFolders,
): Promise<Installation[]> {
  const { folders } = components
  const found: Installation[] = []
  const search = async (patterns: readonly string[], find: (folder: string) => Promise<Installation[]>) => {
    for (const pattern of patterns) {
      for (const folder of await folders.expand(pattern)) found.push(...(await find(folder)))
    }
  }
  found.push(...(await findVersionFolders(folders, entries)))
  await search([...places.node, ...(await npmPrefixes(components))], (folder) =>
    findNpmPackages(components, entries, folder),
  )
  await search(places.venvs, (folder) => findPythonTools(folders, entries, folder))
  await search(places.python, (folder) => findPythonPackages(folders, entries, folder))
  found.push(...(await findPackagedApps(components, entries)))
  found.push(...(await findApplications(components, entries)))
  found.push(...(await findExecutables(folders, entries)))
  await search(places.commands, (folder) => findCommands(components, entries, folder))
  found.push(...(await findDesktopEntries(components, entries)))
  return found
}

function sightingOf(init: InstalledInit, { entry, path, version, evidence }: Installation): AgentSighting {
  const owner = init.owner?.user
  return {
    kind: 'agent',
    id: sightingId('agent-installation', entry.id, owner?.id ?? 'system', path),
    name: entry.name,
    catalogueId: entry.id,
    vendor: entry.vendor,
    ...(version === undefined || version === '' ? {} : { version }),
    ...(owner === undefined ? {} : { user: owner }),
    evidence: [boundedText(`${evidence} at ${path}`, 512)],
    state: 'installed',
    agentKind: entry.kind,
    path: path.slice(0, 4096),
    ...endOf(entry),
    ...(entry.autonomousByDefault === undefined ? {} : { autonomy: autonomyOf(entry, []) }),
  }
}
