import { boundedText } from '../bounded-text.ts'
import type { CatalogueEntry } from '../catalogue/catalogue.ts'
import type { Folders } from './folders.ts'
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
      if (pattern.includes('*') || pattern.startsWith('~/') !== folders.inHome) continue
      for (const path of await folders.expand(pattern)) {
        if ((await folders.kindOf(path)) !== undefined)
          found.push({ entry, path, version: undefined, evidence: 'executable', weak: true })
      }
    }
  }
  return found
}

/** Commands of the catalogue in `folder`. One whose name others bear too counts only beside the agent's own folder. */
export async function findCommands(
  folders: Folders,
  entries: readonly CatalogueEntry[],
  folder: string,
): Promise<Installation[]> {
  const present = new Set(
    (await folders.list(folder)).filter(({ kind }) => kind !== 'directory').map(({ name }) => name),
  )
  const found: Installation[] = []
  for (const entry of entries) {
    for (const { name, shared } of entry.commands ?? []) {
      if (!present.has(name)) continue
      const support = shared === true ? await stateFolderOf(folders, entry) : ''
      if (support === undefined) continue
      const evidence = support === '' ? `command ${name}` : `command ${name} beside ${support}`
      found.push({ entry, path: `${folder}/${name}`, version: undefined, evidence, weak: true })
    }
  }
  return found
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
