import { codeOf } from '../../base/errors.ts'
import { textOf } from '../../base/json-object.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from '../files/folders.ts'
import { readJsonFile } from '../formats/json-file.ts'
import { boundedText } from '../redaction/bounded-text.ts'
import type { Installation } from './installation.ts'

/** Installations that keep each version in a folder (or file) of its own: the newest is told. */
export async function findVersionFolders(
  folders: Folders,
  entries: readonly CatalogueEntry[],
): Promise<Installation[]> {
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { path: pattern } of entry.versionFolders ?? []) {
      if (pattern.startsWith('~/') !== folders.inHome) continue
      for (const path of await folders.expand(pattern)) {
        const versions = (await folders.list(path)).map(({ name }) => name).filter((name) => /^\d/.test(name))
        const newest = versions.sort(compareVersions).at(-1)
        if (newest === undefined) continue
        const others = versions.length > 1 ? `, ${versions.length} versions kept` : ''
        found.push({ entry, path, version: boundedText(newest, 64), evidence: `versions folder${others}`, weak: false })
      }
    }
  }
  return found
}

/** Executables of the catalogue at a literal place. */
export async function findExecutables(folders: Folders, entries: readonly CatalogueEntry[]): Promise<Installation[]> {
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { path: pattern } of entry.executables ?? []) {
      if (!isLookedFor(folders, pattern) || pattern.startsWith('~/') !== folders.inHome) continue
      for (const path of await folders.expand(pattern)) {
        if ((await folders.kindOf(path)) === undefined) continue
        found.push({
          entry,
          path,
          version: await applicationVersion(folders, path),
          evidence: 'executable',
          weak: true,
        })
      }
    }
  }
  return found
}

/** With a star only where each version of an application has a folder of its own, as on Windows: `app-1.2.3`. */
function isLookedFor({ layout }: Folders, pattern: string): boolean {
  return !pattern.includes('*') || (layout === 'windows' && !pattern.includes('**') && /^(?:~|[A-Z]:)\//.test(pattern))
}

const MAX_MANIFEST_BYTES = 1024 * 1024

/** Of an application built on Electron, which keeps its description beside its program; undefined for others. */
export async function applicationVersion(folders: Folders, program: string): Promise<string | undefined> {
  const resources = `${program.slice(0, program.lastIndexOf('/'))}/resources`
  // Most programs have none: the folder beside them is enough to know.
  if ((await folders.kindOf(resources)) !== 'directory') return undefined
  try {
    const manifest = await readJsonFile(folders.files, `${resources}/app/package.json`, MAX_MANIFEST_BYTES)
    const version = textOf(manifest, 'version')
    return version === undefined ? undefined : boundedText(version, 64)
  } catch {
    // Packed into one archive, or in a folder of another product: the version is then not reported.
    return undefined
  }
}

/** Commands of the catalogue in `folder`. One whose name others bear too counts only beside the agent's own folder. */
export async function findCommands(
  components: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  entries: readonly CatalogueEntry[],
  folder: string,
): Promise<Installation[]> {
  const { folders } = components
  const present = new Map(
    (await folders.list(folder))
      .filter(({ kind }) => kind !== 'directory')
      .map(({ name }) => [commandKey(folders, name), name] as const)
      .sort(([, a], [, b]) => rankOf(a) - rankOf(b)),
  )
  const found: Installation[] = []
  let versions: ReadonlyMap<string, string> | undefined
  for (const entry of entries) {
    for (const { name, shared } of entry.commands ?? []) {
      const file = present.get(commandKey(folders, name))
      if (file === undefined) continue
      const support = shared === true ? await stateFolderOf(folders, entry) : ''
      if (support === undefined) continue
      const evidence = support === '' ? `command ${name}` : `command ${name} beside ${support}`
      versions ??= folder.endsWith(CARGO_BIN) ? await cargoVersions(components, folder) : new Map()
      found.push({ entry, path: `${folder}/${file}`, version: versions.get(name), evidence, weak: true })
    }
  }
  return found
}

/** The last of those that are one command is told: a program, else what cmd.exe starts. */
function rankOf(name: string): number {
  return ['.cmd', '.exe'].indexOf(name.slice(-4).toLowerCase())
}

/** npm makes `claude`, `claude.cmd` and `claude.ps1` of one command on Windows. */
function commandKey(folders: Folders, name: string): string {
  return folders.layout === 'windows' ? folders.nameKey(name).replace(/\.(?:EXE|CMD|BAT|PS1)$/, '') : name
}

const CARGO_BIN = '/.cargo/bin'
const MAX_CRATES_BYTES = 1024 * 1024

/** What cargo wrote down of its installations, a line each: `"goose-cli 1.2.0 (registry+…)" = ["goose", "goosed"]`. */
async function cargoVersions(
  { folders, onFault }: { readonly folders: Folders; readonly onFault: (path: string, error: unknown) => void },
  bin: string,
): Promise<ReadonlyMap<string, string>> {
  const path = `${bin.slice(0, bin.lastIndexOf('/'))}/.crates.toml`
  const versions = new Map<string, string>()
  try {
    const text = await folders.files.readText(path, { maxBytes: MAX_CRATES_BYTES })
    for (const [, version = '', names = ''] of text.matchAll(/^"[^" ]+ ([^" ]{1,64}) \([^"]*\)" = \[(.*)\]\r?$/gm)) {
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g)) versions.set(name, boundedText(version, 64))
    }
  } catch (error) {
    if (codeOf(error) !== 'FILE_ABSENT') onFault(path, error)
  }
  return versions
}

async function stateFolderOf(folders: Folders, entry: CatalogueEntry): Promise<string | undefined> {
  for (const { path: pattern } of entry.stateFolders ?? []) {
    for (const path of await folders.expand(pattern)) if ((await folders.kindOf(path)) !== undefined) return pattern
  }
  return undefined
}

/** Number by number, then the rest as text. */
export function compareVersions(a: string, b: string): number {
  const split = (version: string) => version.split(/[.+-]/)
  const [left, right] = [split(a), split(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const [x = '', y = ''] = [left[at], right[at]]
    if (x === y) continue
    const byNumber = Number(x) - Number(y)
    return Number.isNaN(byNumber) || byNumber === 0 ? (x < y ? -1 : 1) : byNumber
  }
  return 0
}
