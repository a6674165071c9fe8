import { codeOf } from '../../base/errors.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import { filesOf } from '../files/expand-pattern.ts'
import type { Folders } from '../files/folders.ts'
import {
  APP_IMAGE_FOLDERS,
  APPLICATION_FOLDERS,
  BREW_PREFIXES,
  FLATPAK_FOLDERS,
  SNAP_FOLDERS,
} from '../files/install-folders.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'
import { applicationVersion, compareVersions } from './programs.ts'

export interface PackagedAppsComponents {
  readonly folders: Folders
  readonly onFault: (path: string, error: unknown) => void
}

/** What Homebrew, Flatpak and snap installed, and AppImages in the folders where people put them. */
export async function findPackagedApps(
  components: PackagedAppsComponents,
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const { folders } = components
  return [
    ...(await findBrewPackages(folders, entries)),
    ...(await findFlatpaks(folders, entries)),
    ...(await findSnaps(components, entries)),
    ...(await findAppImages(folders, entries)),
  ]
}

async function findBrewPackages(folders: Folders, entries: readonly CatalogueEntry[]): Promise<Installation[]> {
  const found: Installation[] = []
  for (const prefix of await expandAll(folders, BREW_PREFIXES)) {
    for (const entry of entries) {
      for (const { name, cask } of entry.brew ?? []) {
        const path = `${prefix}/${cask === true ? 'Caskroom' : 'Cellar'}/${name}`
        if ((await folders.kindOf(path)) !== 'directory') continue
        const versions = (await folders.list(path)).filter(({ kind }) => kind === 'directory').map((each) => each.name)
        const version = newest(versions.filter((each) => /^\d/.test(each)))
        found.push({
          entry,
          path,
          version,
          evidence: `Homebrew ${cask === true ? 'cask' : 'formula'} ${name}`,
          weak: false,
        })
      }
    }
  }
  return found
}

async function findFlatpaks(folders: Folders, entries: readonly CatalogueEntry[]): Promise<Installation[]> {
  const found: Installation[] = []
  for (const folder of await expandAll(folders, FLATPAK_FOLDERS)) {
    for (const entry of entries) {
      for (const { id } of entry.flatpaks ?? []) {
        const path = `${folder}/${id}`
        if ((await folders.kindOf(path)) !== 'directory') continue
        found.push({ entry, path, version: undefined, evidence: `Flatpak ${id}`, weak: false })
      }
    }
  }
  return found
}

const MAX_SNAP_BYTES = 64 * 1024

/** Mounted read-only by snapd: only root can have put them there. */
async function findSnaps(
  { folders, onFault }: PackagedAppsComponents,
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const found: Installation[] = []
  for (const folder of await expandAll(folders, SNAP_FOLDERS)) {
    for (const entry of entries) {
      for (const { name } of entry.snaps ?? []) {
        const path = `${folder}/${name}`
        if ((await folders.kindOf(path)) !== 'directory') continue
        const file = `${path}/current/meta/snap.yaml`
        const text = await folders.files.readText(file, { maxBytes: MAX_SNAP_BYTES }).catch((error: unknown) => {
          onFault(file, error)
          return ''
        })
        const [, version] = /^version:[ \t]*['"]?([^'"\s]{1,64})/m.exec(text) ?? []
        found.push({ entry, path, version: version && boundedText(version, 64), evidence: `snap ${name}`, weak: false })
      }
    }
  }
  return found
}

/** `Cursor-1.7.46-x86_64.AppImage`, `cursor.appimage`: a name of the catalogue, then no letter. */
async function findAppImages(folders: Folders, entries: readonly CatalogueEntry[]): Promise<Installation[]> {
  const named = entries.flatMap((entry) =>
    (entry.appImages ?? []).map(({ name }) => ({ entry, name: name.toLowerCase() })),
  )
  const found: Installation[] = []
  for (const folder of APP_IMAGE_FOLDERS) {
    for (const path of await filesOf(folders, `${folder}/*`, ['file'])) {
      const file = path.slice(path.lastIndexOf('/') + 1)
      const [, start] = /^(.{1,200})\.appimage$/i.exec(file) ?? []
      if (start === undefined) continue
      const lower = start.toLowerCase()
      const hit = named.find(({ name }) => lower.startsWith(name) && !/^[a-z]/.test(lower.slice(name.length)))
      if (hit === undefined) continue
      const version = /\d+(?:\.\d+)+/.exec(start)?.[0].slice(0, 64)
      found.push({ entry: hit.entry, path, version, evidence: `AppImage ${boundedText(file, 256)}`, weak: false })
    }
  }
  return found
}

async function expandAll(folders: Folders, patterns: readonly string[]): Promise<readonly string[]> {
  return (await Promise.all(patterns.map((pattern) => folders.expand(pattern)))).flat()
}

function newest(versions: readonly string[]): string | undefined {
  const version = versions.toSorted(compareVersions).at(-1)
  return version === undefined ? undefined : boundedText(version, 64)
}

const MAX_ENTRY_BYTES = 64 * 1024
const OF_OTHERS = /^\/(?:home|root|run|tmp|var\/(?:home|roothome|tmp))\/|\/\.\.\//

/** Applications that a menu starts (freedesktop.org Desktop Entry Specification): by the name of the file, at the program it names. */
export async function findDesktopEntries(
  components: PackagedAppsComponents,
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
  { folders, onFault }: PackagedAppsComponents,
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
