import type { Catalogue, CatalogueEntry } from './catalogue.ts'
import { breadthFaults } from './lint-breadth.ts'
import { browserFaults } from './lint-browsers.ts'
import { secretFaults } from './lint-secrets.ts'

/** Faults that a schema cannot see, one line each; none in a catalogue that may be used. */
export function lintCatalogue(catalogue: Catalogue): string[] {
  const { entries } = catalogue
  return [
    ...(entries.length === 0 ? ['there is no entry: every device would look quiet'] : []),
    ...(isDate(catalogue.asOf) ? [] : [`as of ${catalogue.asOf}, which is no date`]),
    ...duplicates('id', entries, (entry) => [entry.id]),
    ...duplicates('extension id', entries, extensionIds),
    ...duplicates('bundle', entries, (entry) => (entry.darwin?.bundles ?? []).map((fact) => fact.id)),
    ...duplicates('command', entries, (entry) => (entry.commands ?? []).map((fact) => fact.name)),
    ...duplicates('package', entries, packages),
    ...duplicates('executable or script', entries, (entry) =>
      [...(entry.executables ?? []), ...(entry.scripts ?? [])].map((fact) => fact.path),
    ),
    ...duplicates('native messaging host', entries, (entry) =>
      (entry.nativeMessagingHosts ?? []).map((fact) => fact.name),
    ),
    ...duplicates('title', entries, (entry) => (entry.titles ?? []).map((fact) => fact.title)),
    ...duplicates('module', entries, (entry) => (entry.modules ?? []).map((fact) => fact.name)),
    ...duplicates('environment marker', entries, (entry) => (entry.environment ?? []).map((fact) => fact.name)),
    ...duplicates('MCP configuration', entries, (entry) =>
      (entry.mcp ?? []).flatMap(({ path, key, shared }) => (shared === true ? [] : [`${path} ${JSON.stringify(key)}`])),
    ),
    ...duplicates('announcement', entries, (entry) => (entry.announcedAs ?? []).map((fact) => fact.value)),
    ...duplicates('name', entries, (entry) => [entry.name, ...(entry.aliases ?? [])].map((name) => name.toLowerCase())),
    ...secretFaults(catalogue),
    ...browserFaults(catalogue),
    ...entries.flatMap((entry) => entryFaults(catalogue, entry)),
  ]
}

function extensionIds(entry: CatalogueEntry): string[] {
  return [
    ...(entry.chromium ?? []).map((fact) => `chromium ${fact.id}`),
    ...(entry.firefox ?? []).map((fact) => `firefox ${fact.id}`),
    ...(entry.vscode ?? []).map((fact) => `vscode ${fact.id}`),
    ...(entry.jetbrains ?? []).map((fact) => `jetbrains ${fact.id}`),
    ...(entry.vim ?? []).map((fact) => `vim ${fact.id}`),
  ]
}

function packages(entry: CatalogueEntry): string[] {
  return [
    ...(entry.npm ?? []).map((fact) => `npm ${fact.name}`),
    ...(entry.pypi ?? []).map((fact) => `pypi ${fact.name}`),
    ...(entry.brew ?? []).map((fact) => `brew ${fact.name}${fact.cask === true ? ' (cask)' : ''}`),
    ...(entry.desktopEntries ?? []).map((fact) => `desktop entry ${fact.name}`),
    ...(entry.flatpaks ?? []).map((fact) => `flatpak ${fact.id}`),
    ...(entry.snaps ?? []).map((fact) => `snap ${fact.name}`),
    ...(entry.appImages ?? []).map((fact) => `AppImage ${fact.name.toLowerCase()}`),
    ...(entry.windows?.winget ?? []).map((fact) => `winget ${fact.id}`),
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

/** Set by many agents; their values say which. */
const SHARED_MARKERS: readonly string[] = ['AI_AGENT', 'AGENT']

function entryFaults(catalogue: Catalogue, entry: CatalogueEntry): string[] {
  return [
    ...breadthFaults(entry),
    ...sourcesOf(entry)
      .filter((source) => !Object.hasOwn(catalogue.sources, source))
      .map((source) => `source ${source} is not described`),
    ...(entry.environment ?? [])
      .filter(({ name }) => SHARED_MARKERS.includes(name))
      .map(({ name }) => `${name} is the marker of many: its values say which`),
    ...refutedFaults(catalogue, entry),
    ...successorFaults(catalogue, entry),
    ...(entry.endOfLife !== undefined && !isDate(entry.endOfLife) ? [`${entry.endOfLife} is no date`] : []),
    ...flagFaults(entry),
    ...settingFaults(entry),
    ...portFaults(entry),
    ...serviceFaults(entry),
    ...moveFaults(entry),
    ...workspaceFaults(entry),
    ...pluginFaults(entry),
    ...(entry.helpers ?? []).flatMap(({ argument, script }) =>
      (argument === undefined) === (script === undefined)
        ? ['a helper is recognised by an argument or by its script']
        : [],
    ),
    ...(needsSupport(entry) && entry.environment === undefined && !canBeFoundInstalled(entry)
      ? ['a title or shared command that nothing could support']
      : []),
  ].map((fault) => `${entry.id}: ${fault}`)
}

function refutedFaults({ refuted = [] }: Catalogue, entry: CatalogueEntry): string[] {
  const ids = [
    ...[entry.chromium, entry.firefox, entry.vscode, entry.jetbrains, entry.darwin?.bundles].flatMap((facts) =>
      (facts ?? []).map(({ id }) => id),
    ),
  ]
  return refuted.filter(({ id }) => ids.includes(id)).map(({ id, why }) => `${id} is refuted: ${why}`)
}

function successorFaults({ entries }: Catalogue, entry: CatalogueEntry): string[] {
  const seen = new Set([entry.id])
  for (let at = entry; at.successor !== undefined; ) {
    const { successor } = at
    const next = entries.find(({ id }) => id === successor)
    if (next === undefined) return at === entry ? [`successor ${successor} is no entry`] : []
    if (seen.has(successor)) return [`successor ${successor} leads back to itself`]
    seen.add(successor)
    at = next
  }
  return []
}

/** As `recognisedFlags` spells them, in a sighting. */
const MAX_SPELLING = 64

function flagFaults({ flags = [] }: CatalogueEntry): string[] {
  return flags.flatMap(({ flag, setting, values, meaning }) => {
    if (meaning === 'by-value') {
      if (!flag.startsWith('-')) return [`${flag} is a word, which has no value`]
      return values === undefined ? [] : [`flag ${flag} lists values that it does not tell`]
    }
    if (values === undefined)
      return setting === undefined ? [] : [`flag ${flag} sets ${setting} to nothing that is worth saying`]
    const longest = Math.max(...values.map((value) => value.length))
    const length = flag.length + 1 + (setting === undefined ? 0 : setting.length + 1) + longest
    return length > MAX_SPELLING ? [`flag ${flag} and a value are longer than a sighting has room for`] : []
  })
}

function settingFaults({ settings = [], homeVariables = [] }: CatalogueEntry): string[] {
  const moves = homeVariables.filter(({ movesSettings }) => movesSettings === true && settings.length === 0)
  const ofProjects = settings.filter(
    ({ path, trusted, upwards }) => !path.startsWith('./') && (trusted !== undefined || upwards !== undefined),
  )
  const withoutSense = settings.flatMap(({ path, key, autonomous = [], asks = [], noted = [] }) => {
    const values = [...autonomous, ...asks, ...noted]
    if (values.length === 0) return [`setting ${key.join('.')} of ${path} has no value that says anything`]
    return new Set(values).size < values.length ? [`setting ${key.join('.')} of ${path} has one value twice`] : []
  })
  return [
    ...moves.map(({ name }) => `${name} moves settings, and there are none`),
    ...ofProjects.map(({ path }) => `${path} is of no project that could be trusted or lie below another`),
    ...withoutSense,
  ]
}

/** Several programs may choose one port; none listens twice on it. */
function portFaults({ ports = [] }: CatalogueEntry): string[] {
  const numbers = ports.map(({ port }) => port)
  return numbers.filter((port, at) => numbers.indexOf(port) < at).map((port) => `port ${port} appears twice`)
}

/** A table and its column go into a question of SQL. */
function workspaceFaults({ workspaces = [] }: CatalogueEntry): string[] {
  return workspaces
    .filter(
      ({ key, take }) =>
        take === 'column' && (key.length < 2 || key.length > 3 || !key.every((name) => /^[a-z_]{1,48}$/.test(name))),
    )
    .map(({ path }) => `workspaces in ${path} are a table and its column`)
}

/** What the stars of a path stand for is all that the id of a plugin is made of. */
function pluginFaults({ plugins = [], pluginSwitches = [], serverSwitches = [] }: CatalogueEntry): string[] {
  const starCount = (path: string) => path.split('*').length - 1
  return [
    ...plugins
      .filter(({ path, id }) =>
        [...id.matchAll(/\$(\d?)/g)].some(([, n]) => !(Number(n) >= 1 && Number(n) <= starCount(path))),
      )
      .map(({ path, id }) => `plugins in ${path} have no ${id}`),
    ...pluginSwitches
      .filter(({ path, form }) => form === 'file' && (starCount(path) !== 1 || !path.startsWith('~/')))
      .map(({ path }) => `${path} is not one file of a home for each plugin`),
    ...serverSwitches
      .filter(({ key }) => key.includes('$plugin') && plugins.length === 0)
      .map(({ path }) => `${path} switches servers of plugins, and there are none`),
  ]
}

/** Each system has its own way to start things. */
function serviceFaults({ services, darwin, windows }: CatalogueEntry): string[] {
  const wrong = [
    ...(services ?? []).filter(({ manager }) => !manager.startsWith('systemd')),
    ...(darwin?.services ?? []).filter(({ manager }) => manager !== 'launchd'),
    ...(windows?.services ?? []).filter(({ manager }) => manager !== 'scheduled-task'),
  ]
  return wrong.map(({ name, manager }) => `service ${name}: that system has no ${manager}`)
}

/** A move that nothing uses is a misspelling, or says less than it seems to. */
function moveFaults(entry: CatalogueEntry): string[] {
  const { darwin: _, windows: __, ...shared } = entry
  const said = JSON.stringify(shared)
  return [...(entry.darwin?.movedFolders ?? []), ...(entry.windows?.movedFolders ?? [])]
    .filter(({ from }) => !said.includes(`"${from}/`) && !said.includes(`"${from}"`))
    .map(({ from }) => `nothing lies in ${from}, which is moved`)
}

function needsSupport(entry: CatalogueEntry): boolean {
  return entry.titles !== undefined || entry.commands?.some(({ shared }) => shared === true) === true
}

function canBeFoundInstalled(entry: CatalogueEntry): boolean {
  return [entry.npm, entry.pypi, entry.versionFolders, entry.stateFolders, entry.executables].some(
    (facts) => facts !== undefined,
  )
}

function sourcesOf(entry: CatalogueEntry): string[] {
  const { darwin = {}, windows = {} } = entry
  const facts = [entry, darwin, windows]
    .flatMap((part) => Object.values(part))
    .flatMap((value): readonly unknown[] => (Array.isArray(value) ? value : [value]))
  const named = facts.flatMap((fact) =>
    typeof fact === 'object' && fact !== null && 'source' in fact && typeof fact.source === 'string'
      ? [fact.source]
      : [],
  )
  return [...new Set([...entry.sources, ...named])]
}

function isDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
