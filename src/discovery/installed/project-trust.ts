import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../mcp/config-files.ts'
import type { Folders } from './folders.ts'
import { valuesAt } from './member-path.ts'

type Trusted = NonNullable<NonNullable<CatalogueEntry['mcp']>[number]['trusted']>

export interface TrustComponents {
  readonly folders: Folders
  readonly configs: ConfigFiles
}

/**
 * Was the agent told to trust what lies in this folder? What is said of the folder itself counts before what is said of its
 * repository, and nothing of the folders between and above.
 */
export async function isTrusted(
  { folders, configs }: TrustComponents,
  { path, key, is }: Trusted,
  { folder, home }: { readonly folder: string; readonly home: string },
): Promise<boolean> {
  const document = await configs.read(path.replace(/^~/, () => home))
  if (document === undefined) return false
  const saidOf = (place: string) =>
    valuesAt(
      document,
      key.map((name) => (name === '.' ? place : name)),
    )
  const ofFolder = saidOf(folder)
  if (ofFolder.length > 0) return ofFolder.includes(is)
  const repository = await repositoryOf(folders, folder, home)
  return repository !== undefined && saidOf(repository).includes(is)
}

/** The nearest folder with `.git`; above the home nothing is looked for. */
async function repositoryOf(folders: Folders, folder: string, home: string): Promise<string | undefined> {
  for (let at = folder; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const kind = await folders.kindOf(`${at}/.git`)
    if (kind === 'directory' || kind === 'file') return at
    if (at === home) return undefined
  }
  return undefined
}
