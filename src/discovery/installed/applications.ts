import { codeOf } from '../../base/errors.ts'
import { dictionaryOf, parsePropertyList, textIn } from '../../base/property-lists/property-list.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'

/** Where applications of macOS lie, a folder each that ends in `.app`. */
const APPLICATION_FOLDERS: readonly string[] = ['/Applications', '/Applications/Utilities', '~/Applications']
const MAX_INFO_BYTES = 1024 * 1024

export interface ApplicationsComponents {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}

/** Applications of macOS, by the identifier in their `Info.plist`; where that cannot be read, by the folder of a program of the catalogue. */
export async function findApplications(
  components: ApplicationsComponents,
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const { folders } = components
  if (folders.layout !== 'darwin') return []
  const byBundle = new Map(
    entries.flatMap((entry) => (entry.darwin?.bundles ?? []).map(({ id }) => [id.toLowerCase(), entry] as const)),
  )
  const byFolder = new Map(
    entries.flatMap((entry) =>
      (entry.executables ?? []).flatMap(({ path }) => {
        const name = /([^/]+\.app)\/Contents\//.exec(path)?.[1]
        return name === undefined ? [] : [[name, entry] as const]
      }),
    ),
  )
  const found: Installation[] = []
  for (const pattern of APPLICATION_FOLDERS) {
    for (const folder of await folders.expand(pattern)) {
      for (const { name, kind } of await folders.list(folder)) {
        if (kind !== 'directory' || !name.endsWith('.app')) continue
        const path = `${folder}/${name}`
        const { bundle, version } = await readInfo(components, path)
        const entry = bundle === undefined ? byFolder.get(name) : byBundle.get(bundle.toLowerCase())
        if (entry === undefined) continue
        const evidence = bundle === undefined ? `application ${boundedText(name, 128)}` : `application ${bundle}`
        found.push({ entry, path, version, evidence, weak: false })
      }
    }
  }
  return found
}

async function readInfo(
  { folders, onFault }: ApplicationsComponents,
  application: string,
): Promise<{ readonly bundle?: string | undefined; readonly version?: string | undefined }> {
  const path = `${application}/Contents/Info.plist`
  try {
    const info = dictionaryOf(parsePropertyList(await folders.files.read(path, { maxBytes: MAX_INFO_BYTES }))) ?? {}
    const bundle = textIn(info, 'CFBundleIdentifier')
    const version = textIn(info, 'CFBundleShortVersionString')
    return {
      bundle: bundle !== undefined && /^[A-Za-z0-9._-]{1,155}$/.test(bundle) ? bundle : undefined,
      version: version && boundedText(version, 64),
    }
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
    return {}
  }
}
