import { SIGHTING_KINDS, type SightingKind, type SourceReport } from './sighting.ts'

/** What a scan covered, by its source reports. A sighting that a later scan lacks is gone only if that scan covered it. */

/** What decides which source finds a sighting. */
export interface SightingLocation {
  readonly kind: SightingKind
  readonly state?: string | undefined
  readonly host?: string | undefined
  readonly user?: { readonly id: string } | undefined
  readonly path?: string | undefined
  readonly scope?: string | undefined
  readonly fileKind?: string | undefined
}

/** The part of a source report that says what was read. */
export interface ScannedSource {
  readonly source: string
  readonly path?: string | undefined
  readonly user?: { readonly id: string } | undefined
  readonly state: SourceReport['state']
}

/** The names of sources. */
export const SOURCES = {
  /** The list of users. Like `processes`, it belongs to no user. */
  users: 'users',
  /** Homes that are not scanned at all. */
  homes: 'home',
  processes: 'processes',
  /** Failed: the system announces no process events, so processes are found by scans alone. */
  events: 'process-events',
  /** Failed: the system does not announce executed files, so the executable of a short-lived process stays unknown. */
  files: 'executed-files',
  installed: 'installed-agents',
  chromium: 'chromium-extensions',
  firefox: 'firefox-extensions',
  editors: 'editor-extensions',
  mcp: 'mcp-servers',
  runtimes: 'model-runtimes',
  agentFiles: 'agent-files',
} as const

/** The sources of each kind of sighting, and the one of them that finds a given sighting. */
const SOURCES_BY_KIND: Readonly<
  Record<SightingKind, { readonly all: readonly string[]; readonly of: (sighting: SightingLocation) => string }>
> = {
  agent: foundRunningOr(SOURCES.installed),
  'model-runtime': foundRunningOr(SOURCES.runtimes),
  'mcp-server': foundIn(SOURCES.mcp),
  'agent-file': foundIn(SOURCES.agentFiles),
  extension: {
    all: [SOURCES.chromium, SOURCES.firefox, SOURCES.editors],
    of: ({ host }) => (host === 'chromium' || host === 'firefox' ? SOURCES[host] : SOURCES.editors),
  },
}

function foundIn(source: string) {
  return { all: [source], of: () => source }
}

function foundRunningOr(installed: string) {
  return {
    all: [SOURCES.processes, installed],
    of: ({ state }: SightingLocation) => (state === 'running' ? SOURCES.processes : installed),
  }
}

/**
 * A test whether a scan with these reports would have found a sighting. Each sighting belongs to one source of one user, a
 * running program to the scan of all processes. That source must have been read, and no failed part of it may be able to
 * hide the sighting. A home without a report belongs to a removed user, unless the list of users was not read.
 */
export function coverageOf(sources: readonly ScannedSource[]): (sighting: SightingLocation) => boolean {
  const usersRead = sources.some((report) => isUsers(report) && wasRead(report))
  return coverage(sources, (userId) => userId !== undefined && usersRead)
}

/**
 * A test whether a scan with these reports could have missed a sighting. As `coverageOf`, but a source without a report
 * counts as read unless the list of users failed.
 *
 * @returns `undefined` when nothing failed.
 */
export function coverageGaps(sources: readonly ScannedSource[]): ((sighting: SightingLocation) => boolean) | undefined {
  if (sources.every(wasRead)) return undefined
  const usersFailed = sources.some((report) => isUsers(report) && !wasRead(report))
  const isCovered = coverage(sources, (userId) => userId === undefined || !usersFailed)
  return (sighting) => !isCovered(sighting)
}

/** @param unreported whether a source without a report covers the sightings of this user. */
function coverage(sources: readonly ScannedSource[], unreported: (userId: string | undefined) => boolean) {
  const failed = sources.filter((report) => !wasRead(report))
  const reported = new Set(sources.map(keyOf))
  const gaps = new Map([...Map.groupBy(failed, keyOf)].map(([key, reports]) => [key, couldHide(reports)]))
  return (sighting: SightingLocation): boolean => {
    const source = SOURCES_BY_KIND[sighting.kind].of(sighting)
    const user = source === SOURCES.processes ? undefined : sighting.user
    const key = keyOf({ source, user })
    return reported.has(key) ? gaps.get(key)?.(sighting) !== true : unreported(user?.id)
  }
}

/** How many sources of these kinds of sightings could not be read. */
export function countUnreadSources(
  sources: readonly SourceReport[],
  kinds: readonly SightingKind[] = SIGHTING_KINDS,
): number {
  const names = new Set([SOURCES.users, SOURCES.homes, ...kinds.flatMap((kind) => SOURCES_BY_KIND[kind].all)])
  return sources.filter((report) => names.has(report.source) && !wasRead(report)).length
}

/** An absent file or folder counts as read: nothing is in it. */
export function wasRead({ state }: Pick<ScannedSource, 'state'>): boolean {
  return state === 'parsed' || state === 'absent'
}

function keyOf({ source, user }: Pick<ScannedSource, 'source' | 'user'>): string {
  return `${user?.id ?? ''} ${source}`
}

function isUsers({ source }: ScannedSource): boolean {
  return source === SOURCES.users
}

/**
 * A test whether one of these failed reports, at least one, could hide a sighting. Paths are kept in sorted lists, because
 * there may be thousands.
 *
 * - A report without a path, or of a list that was cut off, could hide anything.
 * - An installed program is found where it lies. A failed file hides its folder and what lies below; a folder of models is
 *   known by its contents, so a failure inside it hides it too.
 * - Some agent files are found by their path alone.
 * - Everything else depends on files elsewhere.
 */
function couldHide(failed: readonly ScannedSource[]): (sighting: SightingLocation) => boolean {
  const paths = failed.flatMap(({ path, state }) => (path === undefined || state === 'too-large' ? [] : [path]))
  if (paths.length < failed.length) return () => true
  const folders = paths.map(folderOf)
  const [all, outermost, outermostFolders] = [sorted(paths), outermostPaths(paths), outermostPaths(folders)]
  const rootFailed = folders.includes('/')
  return (sighting) => {
    if (isFoundByPath(sighting)) return isWithinAny(sighting.path, outermost)
    const path = programOf(sighting)
    return path === undefined || rootFailed || isWithinAny(path, outermostFolders) || containsOne(path, all)
  }
}

function programOf({ kind, path }: SightingLocation): string | undefined {
  return kind === 'agent' || kind === 'model-runtime' ? path : undefined
}

const FOUND_BY_PATH = ['instructions', 'skill', 'command', 'subagent']

/** Files of plugins depend on records and switches, files of projects on the list of workspaces, hooks on settings. */
function isFoundByPath(sighting: SightingLocation): sighting is SightingLocation & { readonly path: string } {
  const { kind, scope, fileKind, path } = sighting
  return kind === 'agent-file' && scope === 'user' && FOUND_BY_PATH.includes(fileKind ?? '') && path !== undefined
}

/** Paths are POSIX paths without a slash at the end. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** Adds a slash to each path, so that a prefix is a folder. */
function sorted(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `${path}/`).sort()
}

/** Drops paths that lie within others. Sorted, each with a slash at its end. */
export function outermostPaths(paths: readonly string[]): readonly string[] {
  const outermost: string[] = []
  for (const path of sorted(paths)) {
    const last = outermost.at(-1)
    if (last === undefined || !path.startsWith(last)) outermost.push(path)
  }
  return outermost
}

/** @param outermost from `outermostPaths`. A path within one of them lies within the last that sorts before it. */
export function isWithinAny(path: string, outermost: readonly string[]): boolean {
  const own = `${path}/`
  const at = firstNotBefore(own, outermost)
  return [outermost[at], outermost[at - 1]].some((folder) => folder !== undefined && own.startsWith(folder))
}

function containsOne(path: string, all: readonly string[]): boolean {
  const own = `${path}/`
  return all[firstNotBefore(own, all)]?.startsWith(own) ?? false
}

/** The index of the first of the sorted `paths` that is not before `path`. */
function firstNotBefore(path: string, paths: readonly string[]): number {
  let [low, high] = [0, paths.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((paths[middle] ?? '') < path) low = middle + 1
    else high = middle
  }
  return low
}
