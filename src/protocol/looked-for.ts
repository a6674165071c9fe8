import { SIGHTING_KINDS, type Sighting, type SightingKind, type SourceReport } from './sighting.ts'

/** What can be said of a sighting that a look did not show, by what became of the places that were looked at. */

/** What a sighting says of where it is looked for. */
export interface Placed {
  readonly kind: Sighting['kind']
  readonly state?: string | undefined
  readonly host?: string | undefined
  readonly user?: { readonly id: string } | undefined
  readonly path?: string | undefined
  readonly scope?: string | undefined
  readonly fileKind?: string | undefined
}

/** What a report says of where was looked, and what became of it. */
export interface LookedAt {
  readonly source: string
  readonly path?: string | undefined
  readonly user?: { readonly id: string } | undefined
  readonly state: SourceReport['state']
}

/** The names of sources. */
export const SOURCES = {
  /** The list of users, and the scan of all processes: of no one user. */
  users: 'users',
  /** Homes of people that are not looked through at all. */
  homes: 'home',
  processes: 'processes',
  /** Whether the system tells of processes as they start; else they are seen when they are looked at. */
  events: 'process-events',
  /** Whether it tells which files are run; else the executable of what lives briefly stays unknown. */
  files: 'executed-files',
  installed: 'installed-agents',
  chromium: 'chromium-extensions',
  firefox: 'firefox-extensions',
  editors: 'editor-extensions',
  mcp: 'mcp-servers',
  runtimes: 'model-runtimes',
  agentFiles: 'agent-files',
} as const

/**
 * Would a look with these reports have found `sighting`, were it still there? Only then is it gone. Each sighting
 * belongs to one source of one user (what runs to the scan of all processes); that source must have been read,
 * and nothing in it that could hold the sighting may have failed.
 */
export function wasLookedFor(sighting: Sighting, sources: readonly SourceReport[]): boolean {
  const { userId, own } = reportsOn(sighting, sources)
  // A home without a report is of a user who is no more, unless it was the list of users that failed.
  if (own.length === 0) return userId !== undefined && sources.some((report) => isUsers(report) && wasRead(report))
  return own.every((report) => wasRead(report) || !couldHold(report, sighting))
}

/**
 * Do these reports say that the look failed where a sighting could lie? For many of both: each place is compared with few.
 * A look that tells of no source fails nowhere.
 *
 * @returns `undefined` when it failed nowhere.
 */
export function unreadPlaces(sources: readonly LookedAt[]): ((sighting: Placed) => boolean) | undefined {
  const failed = sources.filter((report) => !wasRead(report))
  if (failed.length === 0) return undefined
  const usersUnread = failed.some(isUsers)
  const looks = new Set(sources.map(({ source, user }) => lookOf(source, user?.id)))
  const unread = new Map(
    [...Map.groupBy(failed, ({ source, user }) => lookOf(source, user?.id))].map(([look, reports]) => [
      look,
      couldHoldIn(reports),
    ]),
  )
  return (sighting) => {
    const { name, userId } = belongsTo(sighting)
    const look = lookOf(name, userId)
    return looks.has(look) ? (unread.get(look)?.(sighting) ?? false) : userId !== undefined && usersUnread
  }
}

/** Where things of each kind are looked for; all of them in homes, and of people. */
const SOURCES_OF: Readonly<Record<SightingKind, readonly string[]>> = {
  agent: [SOURCES.processes, SOURCES.installed],
  'model-runtime': [SOURCES.processes, SOURCES.runtimes],
  'mcp-server': [SOURCES.mcp],
  'agent-file': [SOURCES.agentFiles],
  extension: [SOURCES.chromium, SOURCES.firefox, SOURCES.editors],
}

/** How many of these could not be read though things of `kinds` are looked for there; of all kinds when left out. */
export function unreadCount(sources: readonly SourceReport[], kinds: readonly SightingKind[] = SIGHTING_KINDS): number {
  const names = new Set([SOURCES.users, SOURCES.homes, ...kinds.flatMap((kind) => SOURCES_OF[kind])])
  return sources.filter((report) => names.has(report.source) && !wasRead(report)).length
}

/** A place that is not there was looked at: nothing is in it. */
export function wasRead({ state }: LookedAt): boolean {
  return state === 'parsed' || state === 'absent'
}

function reportsOn(sighting: Placed, sources: readonly SourceReport[]) {
  const { name, userId } = belongsTo(sighting)
  return { userId, own: sources.filter(({ source, user }) => source === name && user?.id === userId) }
}

function belongsTo(sighting: Placed): { readonly name: string; readonly userId: string | undefined } {
  const name = sourceOf(sighting)
  return { name, userId: name === SOURCES.processes ? undefined : sighting.user?.id }
}

function lookOf(source: string, userId: string | undefined): string {
  return `${userId ?? ''} ${source}`
}

function sourceOf({ kind, state, host }: Placed): string {
  switch (kind) {
    case 'agent':
      return state === 'running' ? SOURCES.processes : SOURCES.installed
    case 'model-runtime':
      return state === 'running' ? SOURCES.processes : SOURCES.runtimes
    case 'mcp-server':
      return SOURCES.mcp
    case 'agent-file':
      return SOURCES.agentFiles
    case 'extension':
      return host === 'chromium' || host === 'firefox' ? SOURCES[host] : SOURCES.editors
    default:
      return kind satisfies never
  }
}

function isUsers({ source }: LookedAt): boolean {
  return source === SOURCES.users
}

/**
 * An installed program is looked for where it lies, and a file tells of the folder around it; a folder of models is known
 * by what lies in it. What a person tells an agent stands in files that are looked for by their places alone. Extensions are
 * told by files that lie elsewhere, and what was cut off could be anything.
 */
function couldHold(report: SourceReport, sighting: Placed): boolean {
  if (report.path === undefined || report.state === 'too-large') return true
  if (isToldByPlace(sighting)) return isWithin(sighting.path, report.path)
  const path = programOf(sighting)
  if (path === undefined) return true
  const folder = folderOf(report.path)
  return folder === '/' || isWithin(path, folder) || isWithin(report.path, path)
}

/** As `couldHold` of one of these, at least one: in sorted lists, for there may be thousands. */
function couldHoldIn(reports: readonly LookedAt[]): (sighting: Placed) => boolean {
  const paths = reports.flatMap(({ path, state }) => (path === undefined || state === 'too-large' ? [] : [path]))
  if (paths.length < reports.length) return () => true
  const folders = paths.map(folderOf)
  const [all, tops, topFolders] = [sorted(paths), topmost(paths), topmost(folders)]
  const anyProgram = folders.includes('/')
  return (sighting) => {
    if (isToldByPlace(sighting)) return isWithinOne(sighting.path, tops)
    const path = programOf(sighting)
    return path === undefined || anyProgram || isWithinOne(path, topFolders) || holdsOne(path, all)
  }
}

function programOf({ kind, path }: Placed): string | undefined {
  return kind === 'agent' || kind === 'model-runtime' ? path : undefined
}

const TOLD_BY_PLACE = ['instructions', 'skill', 'command', 'subagent']

/** What plugins bring along hangs on records and switches, what projects do on where people work, hooks on settings. */
function isToldByPlace(sighting: Placed): sighting is Placed & { readonly path: string } {
  const { kind, scope, fileKind, path } = sighting
  return kind === 'agent-file' && scope === 'user' && TOLD_BY_PLACE.includes(fileKind ?? '') && path !== undefined
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** Paths are POSIX paths, without a slash at the end. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}

/** With a slash at the end, so that what begins with one lies within it. */
function sorted(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `${path}/`).sort()
}

/** Without those that lie within others: what lies within one of them then lies within the last that is not after it. */
export function topmost(paths: readonly string[]): readonly string[] {
  const tops: string[] = []
  for (const path of sorted(paths)) {
    const last = tops.at(-1)
    if (last === undefined || !path.startsWith(last)) tops.push(path)
  }
  return tops
}

/** @param tops as `topmost` gives them. */
export function isWithinOne(path: string, tops: readonly string[]): boolean {
  const own = `${path}/`
  const at = firstFrom(own, tops)
  return [tops[at], tops[at - 1]].some((top) => top !== undefined && own.startsWith(top))
}

function holdsOne(path: string, all: readonly string[]): boolean {
  const own = `${path}/`
  return all[firstFrom(own, all)]?.startsWith(own) ?? false
}

/** @returns where the first is that is not before `path`. */
function firstFrom(path: string, paths: readonly string[]): number {
  let [low, high] = [0, paths.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((paths[middle] ?? '') < path) low = middle + 1
    else high = middle
  }
  return low
}
