import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { ConfigFiles } from '../files/config-files.ts'
import type { Folders } from '../files/folders.ts'
import { withFoldersAbove } from '../files/plain-path.ts'
import { valuesAt } from '../formats/member-path.ts'

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
  // A project that is spelt in two ways may have two answers: then it is not known.
  const saidOf = (place: string) =>
    folders.namesOf(place).flatMap(
      (named) =>
        valuesAt(
          document,
          key.map((name) => (name === '.' ? named : name)),
        )[0] ?? [],
    )
  const ofFolder = saidOf(folder)
  const repository = ofFolder.length > 0 ? undefined : await repositoryOf(folders, folder, home)
  const said = repository === undefined ? ofFolder : saidOf(repository)
  if (said.length === 0) return 'unknown'
  if (said.every((each) => each === is)) return true
  return isNot !== undefined && said.every((each) => each === isNot) ? false : 'unknown'
}

/** The nearest folder with `.git`; above the home nothing is looked for. */
export async function repositoryOf(folders: Folders, folder: string, home: string): Promise<string | undefined> {
  for (const at of withFoldersAbove(folder)) {
    const kind = await folders.kindOf(`${at}/.git`)
    if (kind !== undefined) return kind === 'unknown' ? undefined : at
    if (at === home) return undefined
  }
  return undefined
}
