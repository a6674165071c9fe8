import type { PlatformName } from '../../system/platform.ts'
import type { Catalogue, CatalogueEntry } from './catalogue.ts'
import { windowsPattern } from './path-pattern.ts'

/**
 * The catalogue as it holds on one system: facts of that system take their places among the others, folders that lie elsewhere there
 * are moved, and what cannot be there is left out. Patterns of Windows become `~/AppData/…` and `C:/…`.
 */
export function catalogueFor(catalogue: Catalogue, system: PlatformName): Catalogue {
  if (system === 'linux') return catalogue
  const known = made.get(catalogue)?.get(system)
  if (known !== undefined) return known
  const result = { ...catalogue, entries: catalogue.entries.map(system === 'darwin' ? forDarwin : forWindows) }
  made.set(catalogue, (made.get(catalogue) ?? new Map<PlatformName, Catalogue>()).set(system, result))
  return result
}

/** It is asked for with each task of each home. */
const made = new WeakMap<Catalogue, Map<PlatformName, Catalogue>>()

/** Facts with a path each. */
const PATH_FACTS = [
  ...(['executables', 'scripts', 'versionFolders', 'stateFolders', 'activity', 'pidFiles', 'models'] as const),
  ...(['mcp', 'workspaces', 'files', 'settings', 'accounts', 'credentials', 'managedSettings'] as const),
  ...(['plugins', 'pluginRecords', 'pluginMarkets', 'pluginSwitches', 'serverSwitches', 'serverRefusals'] as const),
] as const satisfies readonly (keyof CatalogueEntry)[]
/** Members of a fact that are paths too. */
const PATH_MEMBERS: readonly string[] = ['path', 'blobs', 'packages']

/** Where a folder of Linux lies there; with several, all are looked at. */
type Moves = ReadonlyMap<string, readonly string[]>

function forDarwin(entry: CatalogueEntry): CatalogueEntry {
  const { darwin = {} } = entry
  const there = (key: string, path: string) => (key === 'executables' ? anySystem(path) : path)
  return withPaths({ ...entry, services: darwin.services }, movesOf(darwin.movedFolders), there, darwin)
}

function forWindows(entry: CatalogueEntry): CatalogueEntry {
  const { windows = {} } = entry
  const own = {
    executables: portable(windows.executables),
    stateFolders: portable(windows.stateFolders),
    mcp: portable(windows.mcp),
    files: portable(windows.files),
    managedSettings: portable(windows.managedSettings),
  }
  const moves = movesOf(windows.movedFolders?.map(({ from, to }) => ({ from, to: windowsPattern(to) })))
  const there = (key: string, path: string) => {
    // What no fact moves is a path of Linux.
    if (path.startsWith('/')) return undefined
    return key === 'executables' ? asProgram(anySystem(path)) : path
  }
  return withPaths({ ...entry, services: windows.services, brew: undefined }, moves, there, own)
}

function portable<T extends { readonly path: string }>(facts: readonly T[] | undefined): T[] | undefined {
  return facts?.map((fact) => ({ ...fact, path: windowsPattern(fact.path) }))
}

/** Packages of npm for one system are called after it: `claude-code-linux-x64`, `claude-code-win32-x64`. */
function anySystem(pattern: string): string {
  return pattern.replace(/-linux-\*(?=\/)/, '-*')
}

function asProgram(pattern: string): string {
  return /(?:\.exe|\*)$/.test(pattern) ? pattern : `${pattern}.exe`
}

function movesOf(folders: readonly { readonly from: string; readonly to: string }[] = []): Moves {
  return new Map(
    [...Map.groupBy(folders, ({ from }) => from)].map(([from, moves]) => [from, moves.map(({ to }) => to)] as const),
  )
}

type Loose<T> = { readonly [Key in keyof T]?: T[Key] | undefined }

/** @param there what a path becomes; undefined if nothing can lie there. */
function withPaths(
  entry: Loose<CatalogueEntry>,
  moves: Moves,
  there: (key: string, path: string) => string | undefined,
  own: Loose<Pick<CatalogueEntry, (typeof PATH_FACTS)[number]>>,
): CatalogueEntry {
  const result: Record<string, unknown> = { ...entry }
  const most = Math.max(1, ...[...moves.values()].map(({ length }) => length))
  for (const key of PATH_FACTS) {
    const facts = new Map<string, object>()
    for (const fact of entry[key] ?? []) {
      for (let choice = 0; choice < most; choice++) {
        const moved = withMoved(fact, moves, choice)
        const path = there(key, moved.path)
        if (path !== undefined) facts.set(JSON.stringify({ ...moved, path }), { ...moved, path })
      }
    }
    const known = new Set([...facts.values()].map(placeOfFact))
    // Facts of Linux say more of the same place than those of this system.
    const added = (own[key] ?? []).filter((fact) => !known.has(placeOfFact(fact)))
    const all = [...facts.values(), ...added]
    result[key] = all.length === 0 ? undefined : all
  }
  return Object.fromEntries(Object.entries(result).filter(([, value]) => value !== undefined)) as CatalogueEntry
}

function placeOfFact(fact: object): string {
  const { path, key, kind }: { path?: unknown; key?: unknown; kind?: unknown } = fact
  return JSON.stringify([path, key, kind])
}

/** With every path in it moved. */
function withMoved<T extends object>(fact: T, moves: Moves, choice: number): T {
  if (moves.size === 0) return fact
  const members = Object.entries(fact).map(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [name, PATH_MEMBERS.includes(name) ? movedPath(value, moves, choice) : value]
    if (Array.isArray(value))
      return [name, value.map((each) => (isObject(each) ? withMoved(each, moves, choice) : each))]
    return [name, isObject(value) ? withMoved(value, moves, choice) : value]
  })
  return Object.fromEntries(members) as T
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function movedPath(path: string, moves: Moves, choice: number): string {
  for (const [from, places] of moves) {
    if (path !== from && !path.startsWith(`${from}/`)) continue
    return (places[Math.min(choice, places.length - 1)] ?? from) + path.slice(from.length)
  }
  return path
}
