import { codeOf } from '../../base/errors.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { APPLICATION_FOLDERS } from '../files/install-folders.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'
import { applicationVersion } from './programs.ts'

const MAX_ENTRY_BYTES = 64 * 1024
const OF_OTHERS = /^\/(?:home|root|run|tmp|var\/(?:home|roothome|tmp))\/|\/\.\.\//

/** Applications that a menu starts (freedesktop.org Desktop Entry Specification): by the name of the file, at the program it names. */
export async function findDesktopEntries(
  components: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const { folders } = components
  const byFile = new Map<string, CatalogueEntry>(
    entries.flatMap((entry) => (entry.desktopEntries ?? []).map(({ name }) => [`${name}.desktop`, entry] as const)),
  )
  const found: Installation[] = []
  for (const pattern of APPLICATION_FOLDERS) {
    for (const folder of await folders.expand(pattern)) {
      for (const { name, kind } of await folders.list(folder)) {
        const entry = byFile.get(name)
        if (entry === undefined || kind === 'directory' || kind === 'other') continue
        found.push(await readEntry(components, entry, `${folder}/${name}`))
      }
    }
  }
  return found
}

async function readEntry(
  { folders, onFault }: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  entry: CatalogueEntry,
  path: string,
): Promise<Installation> {
  const evidence = `desktop entry ${boundedText(path, 400)}`
  const common = { entry, evidence, weak: true, onlyAlone: true }
  try {
    const text = await folders.files.readText(path, { maxBytes: MAX_ENTRY_BYTES })
    const [, named] = /^Exec=[ \t]*(?:env(?:[ \t]+\w+=\S*)*[ \t]+)?"?(\/[^"\s%]{1,1024})/m.exec(text) ?? []
    const program = named && folders.placeOf(named)
    const [, said] = /^X-AppImage-Version=(\S{1,64})/m.exec(text) ?? []
    // An entry of the machine may start a program in a home. Homes are not read with the rights of root.
    const isOpen = program !== undefined && (folders.inHome || !OF_OTHERS.test(program))
    const version = said ?? (isOpen ? await applicationVersion(folders, program) : undefined)
    return { ...common, path: program ?? path, version: version && boundedText(version, 64) }
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
    return { ...common, path, version: undefined }
  }
}
