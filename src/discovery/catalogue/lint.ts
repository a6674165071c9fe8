import type { Catalogue, CatalogueEntry } from './catalogue.ts'

/** Faults that a schema cannot see, one line each; none in a catalogue that may be used. */
export function lintCatalogue(catalogue: Catalogue): string[] {
  return [
    ...duplicates('id', catalogue.entries, (entry) => [entry.id]),
    ...duplicates('extension id', catalogue.entries, (entry) => [
      ...(entry.chromium ?? []).map((fact) => `chromium ${fact.id}`),
      ...(entry.firefox ?? []).map((fact) => `firefox ${fact.id}`),
      ...(entry.vscode ?? []).map((fact) => `vscode ${fact.id}`),
      ...(entry.jetbrains ?? []).map((fact) => `jetbrains ${fact.id}`),
      ...(entry.vim ?? []).map((fact) => `vim ${fact.id}`),
    ]),
    ...duplicates('command', catalogue.entries, (entry) => (entry.commands ?? []).map((fact) => fact.name)),
    ...duplicates('package', catalogue.entries, (entry) => [
      ...(entry.npm ?? []).map((fact) => `npm ${fact.name}`),
      ...(entry.pypi ?? []).map((fact) => `pypi ${fact.name}`),
    ]),
    ...duplicates('executable or script', catalogue.entries, (entry) =>
      [...(entry.executables ?? []), ...(entry.scripts ?? [])].map((fact) => fact.path),
    ),
    ...catalogue.entries.flatMap((entry) => entryFaults(catalogue, entry)),
  ]
}

function duplicates(what: string, entries: readonly CatalogueEntry[], keysOf: (entry: CatalogueEntry) => string[]) {
  const owners = new Map<string, string>()
  const faults: string[] = []
  for (const entry of entries) {
    for (const key of keysOf(entry)) {
      const owner = owners.get(key)
      if (owner !== undefined) faults.push(`${entry.id}: ${what} ${key} is already in ${owner}`)
      owners.set(key, entry.id)
    }
  }
  return faults
}

function entryFaults(catalogue: Catalogue, entry: CatalogueEntry): string[] {
  const faults: string[] = []
  const ids = new Set(catalogue.entries.map(({ id }) => id))
  const paths = [entry.executables, entry.scripts, entry.versionFolders, entry.stateFolders].flatMap(
    (facts) => facts ?? [],
  )
  for (const { path } of paths) {
    const fault = patternFault(path)
    if (fault !== undefined) faults.push(`${entry.id}: pattern ${path} ${fault}`)
  }
  for (const fact of [...(entry.versionFolders ?? []), ...(entry.stateFolders ?? [])]) {
    if (fact.path.includes('*')) faults.push(`${entry.id}: folder ${fact.path} must be literal`)
  }
  for (const source of sourcesOf(entry)) {
    if (!Object.hasOwn(catalogue.sources, source)) faults.push(`${entry.id}: source ${source} is not described`)
  }
  for (const { path, key, autonomous = [], asks = [], noted = [] } of entry.settings ?? []) {
    const values = [...autonomous, ...asks, ...noted]
    if (values.length === 0)
      faults.push(`${entry.id}: setting ${key.join('.')} of ${path} has no value that says anything`)
    if (new Set(values).size < values.length) faults.push(`${entry.id}: setting ${key.join('.')} has one value twice`)
  }
  if (entry.successor !== undefined && !ids.has(entry.successor)) {
    faults.push(`${entry.id}: successor ${entry.successor} is no entry`)
  }
  if (entry.endOfLife !== undefined && !isDate(entry.endOfLife))
    faults.push(`${entry.id}: ${entry.endOfLife} is no date`)
  const needsSupport = entry.titles !== undefined || entry.commands?.some(({ shared }) => shared === true) === true
  if (needsSupport && entry.environment === undefined && !canBeFoundInstalled(entry)) {
    faults.push(`${entry.id}: a title or shared command that nothing could support`)
  }
  return faults
}

function canBeFoundInstalled(entry: CatalogueEntry): boolean {
  return [entry.npm, entry.pypi, entry.versionFolders, entry.stateFolders, entry.executables].some(
    (facts) => facts !== undefined,
  )
}

/** A pattern must hold on to something: the file's own name, and beside it a folder that is not `*`. */
function patternFault(pattern: string): string | undefined {
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '~')
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'has a . or .. segment'
  if (segments.some((segment) => segment.includes('**') && segment !== '**')) return 'mixes ** with text'
  if (pattern.includes('//') || pattern.endsWith('/')) return 'has an empty segment'
  if (pattern.startsWith('**/') && segments.filter((segment) => !segment.includes('*')).length < 2) {
    return 'would match by a bare name'
  }
  return undefined
}

function sourcesOf(entry: CatalogueEntry): string[] {
  const facts = Object.values(entry).flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : []))
  const named = facts.flatMap((fact) =>
    typeof fact === 'object' && fact !== null && 'source' in fact && typeof fact.source === 'string'
      ? [fact.source]
      : [],
  )
  return [...entry.sources, ...named]
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
