import { arrayOf, asObject, type JsonObject, textOf } from '../../base/json-object.ts'
import { closed, type Static, text } from '../../base/schema.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import { tooMany } from '../files/source-log.ts'
import { readJsonFile } from '../formats/json-file.ts'
import { storedModelName } from './model-names.ts'

/** A file of weights that is called by its sum, and the model it is; told to the daemon, and no further. */
export const modelBlobSchema = closed({ path: text(4096), name: text(256) })
export type ModelBlob = Static<typeof modelBlobSchema>

/** So many of one home are told. */
export const MAX_BLOBS = 512
const MAX_MANIFEST_BYTES = 64 * 1024
/** Of Ollama's layers the weights; others are templates, licences and prompts. */
const WEIGHTS = 'application/vnd.ollama.image.model'
const SUM = /^sha256:([0-9a-f]{64})$/

export interface BlobComponents {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}

/** Which models the blobs of all stores are, as their manifests say: of one that has several names the first. */
export async function findModelBlobs(
  components: BlobComponents,
  entries: readonly CatalogueEntry[],
  home: string,
): Promise<ModelBlob[]> {
  const { folders, onFault } = components
  const found = new Map<string, string>()
  for (const store of entries.flatMap(({ models }) => models ?? [])) {
    if (store.blobs === undefined) continue
    const manifests = await filesOf(folders, store.path, ['file'])
    if (manifests.length > MAX_BLOBS) onFault(home, tooMany(MAX_BLOBS, manifests.length, 'manifests of models'))
    for (const manifest of manifests.slice(0, MAX_BLOBS)) {
      const name = storedModelName(store, home, manifest)
      const document = name === undefined ? undefined : await readManifest(components, manifest)
      for (const sum of document === undefined ? [] : weightsIn(document)) {
        const path = `${home}${store.blobs.slice(1)}/sha256-${sum}`
        const known = found.get(path)
        if (name !== undefined && (known === undefined || name < known)) found.set(path, name)
      }
    }
  }
  if (found.size > MAX_BLOBS) onFault(home, tooMany(MAX_BLOBS, found.size, 'files of weights'))
  return [...found].slice(0, MAX_BLOBS).map(([path, name]) => ({ path, name }))
}

async function readManifest({ folders, onFault }: BlobComponents, path: string): Promise<JsonObject | undefined> {
  try {
    return await readJsonFile(folders.files, path, MAX_MANIFEST_BYTES)
  } catch (error) {
    onFault(path, error)
    return undefined
  }
}

function weightsIn(manifest: JsonObject): string[] {
  return arrayOf(manifest, 'layers')
    .map(asObject)
    .filter((layer) => textOf(layer, 'mediaType') === WEIGHTS)
    .flatMap((layer) => SUM.exec(textOf(layer, 'digest') ?? '')?.[1] ?? [])
}
