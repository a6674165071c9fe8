import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { storedModelName } from './model-names.ts'

export const MAX_MODELS = 64

export interface StoredModels {
  readonly names: readonly string[]
  /** Those that are not told. */
  readonly moreCount: number
  /** The first folder that holds some which can only be this program's. */
  readonly ownFolder: string | undefined
}

/** The models that a program has in this home, by the names of files and folders alone. */
export async function findStoredModels(
  folders: Folders,
  { models = [] }: CatalogueEntry,
  home: string,
): Promise<StoredModels> {
  const names = new Set<string>()
  let ownFolder: string | undefined
  for (const store of models) {
    const kinds = store.holds === 'files' ? (['file', 'link'] as const) : (['directory'] as const)
    const paths = await filesOf(folders, store.path, kinds)
    for (const path of paths) {
      const name = storedModelName(store, home, path)
      if (name !== undefined) names.add(name)
    }
    if (paths.length > 0 && store.shared !== true) ownFolder ??= home + beforeStars(store.path)
  }
  const sorted = [...names].sort()
  return { names: sorted.slice(0, MAX_MODELS), moreCount: Math.max(0, sorted.length - MAX_MODELS), ownFolder }
}

/** `~/.ollama/models/manifests/*` as `/.ollama/models/manifests`. */
function beforeStars(pattern: string): string {
  return pattern.slice(1, pattern.lastIndexOf('/', pattern.indexOf('*')))
}
