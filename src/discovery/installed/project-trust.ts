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
 * Was the agent told to trust what lies in this folder, or not to? What is said of the folder itself counts before what is said
 * of its repository, and nothing of the folders between and above.
 */
export async function isTrusted(
  { folders, configs }: TrustComponents,
  { path, key, is, isNot }: Trusted,
  { folder, home }: { readonly folder: string; readonly home: string },
): Promise<boolean | 'unknown'> {
  const document = await configs.read(path.replace(/^~/, () => home))
  if (document === undefined) return 'unknown'
  const saidOf = (place: string | undefined) =>
    place === undefined
      ? undefined
      : valuesAt(
          document,
          key.map((name) => (name === '.' ? place : name)),
        )[0]
  const said = saidOf(folder) ?? saidOf(await repositoryOf(folders, folder, home))
  if (said === is) return true
  return said !== undefined && said === isNot ? false : 'unknown'
}

/** The nearest folder with `.git`; above the home nothing is looked for. */
export async function repositoryOf(folders: Folders, folder: string, home: string): Promise<string | undefined> {
  for (let at = folder; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const kind = await folders.kindOf(`${at}/.git`)
    if (kind !== undefined) return kind === 'unknown' ? undefined : at
    if (at === home) return undefined
  }
  return undefined
}
