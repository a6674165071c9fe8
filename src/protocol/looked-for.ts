import type { AgentFileSighting, Sighting, SourceReport } from './sighting.ts'

/** What can be said of a sighting that a look did not show, by what became of the places that were looked at. */

/** The names of sources. */
export const SOURCES = {
  /** The list of users, and the scan of all processes: of no one user. */
  users: 'users',
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
  const { uid, own } = reportsOn(sighting, sources)
  // A home without a report is of a user who is no more, unless it was the list of users that failed.
  if (own.length === 0) return uid !== undefined && sources.some((report) => isUsers(report) && wasRead(report))
  return own.every((report) => wasRead(report) || !couldHold(report, sighting))
}

/** Does one of these reports say that it failed where `sighting` could lie? A look that tells of no source fails nowhere. */
export function couldBeMissed(sighting: Sighting, sources: readonly SourceReport[]): boolean {
  const { uid, own } = reportsOn(sighting, sources)
  if (own.length === 0) return uid !== undefined && sources.some((report) => isUsers(report) && !wasRead(report))
  return own.some((report) => !wasRead(report) && couldHold(report, sighting))
}

/** A place that is not there was looked at: nothing is in it. */
export function wasRead({ state }: SourceReport): boolean {
  return state === 'parsed' || state === 'absent'
}

function reportsOn(sighting: Sighting, sources: readonly SourceReport[]) {
  const name = sourceOf(sighting)
  const uid = name === SOURCES.processes ? undefined : sighting.user?.uid
  return { uid, own: sources.filter(({ source, user }) => source === name && user?.uid === uid) }
}

function sourceOf(sighting: Sighting): string {
  switch (sighting.kind) {
    case 'agent':
      return sighting.state === 'running' ? SOURCES.processes : SOURCES.installed
    case 'model-runtime':
      return sighting.state === 'running' ? SOURCES.processes : SOURCES.runtimes
    case 'mcp-server':
      return SOURCES.mcp
    case 'agent-file':
      return SOURCES.agentFiles
    case 'extension':
      return sighting.host === 'chromium' || sighting.host === 'firefox' ? SOURCES[sighting.host] : SOURCES.editors
    default:
      return sighting satisfies never
  }
}

function isUsers({ source }: SourceReport): boolean {
  return source === SOURCES.users
}

/**
 * An installed program is looked for where it lies, and a file tells of the folder around it; a folder of models is known
 * by what lies in it. What a person tells an agent stands in files that are looked for by their places alone. Extensions are
 * told by files that lie elsewhere, and what was cut off could be anything.
 */
function couldHold(report: SourceReport, sighting: Sighting): boolean {
  if (report.path !== undefined && report.state !== 'too-large' && isToldByPlace(sighting)) {
    return isWithin(sighting.path, report.path)
  }
  const path = sighting.kind === 'agent' || sighting.kind === 'model-runtime' ? sighting.path : undefined
  if (report.path === undefined || path === undefined || report.state === 'too-large') return true
  const folder = folderOf(report.path)
  return folder === '/' || isWithin(path, folder) || isWithin(report.path, path)
}

const TOLD_BY_PLACE = ['instructions', 'skill', 'command', 'subagent']

/** What plugins bring along hangs on records and switches, what projects do on where people work, hooks on settings. */
function isToldByPlace(sighting: Sighting): sighting is AgentFileSighting {
  return sighting.kind === 'agent-file' && sighting.scope === 'user' && TOLD_BY_PLACE.includes(sighting.fileKind)
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** Paths are POSIX paths, without a slash at the end. */
function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/'
}
