import { dirname } from 'node:path/posix'
import { TASK_SOURCES } from '../../discovery/home-reader.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'

const PROCESSES = 'processes'
const USERS = 'users'

/**
 * Would a look with these reports have found `sighting`, were it still there? Only then is it gone. Each sighting
 * belongs to one source of one user (running agents to the scan of all processes); that source must have been read,
 * and nothing in it that could hold the sighting may have failed.
 */
export function wasLookedFor(sighting: Sighting, sources: readonly SourceReport[]): boolean {
  const name = sourceOf(sighting)
  const uid = name === PROCESSES ? undefined : sighting.user?.uid
  const own = sources.filter(({ source, user }) => source === name && user?.uid === uid)
  // A home without a report is of a user who is no more, unless it was the list of users that failed.
  if (own.length === 0) return uid !== undefined && sources.some((report) => report.source === USERS && isRead(report))
  return own.every((report) => isRead(report) || !couldHold(report, sighting))
}

function sourceOf(sighting: Sighting): string {
  if (sighting.kind === 'agent') return sighting.state === 'running' ? PROCESSES : TASK_SOURCES.installed
  if (sighting.kind === 'mcp-server') return TASK_SOURCES.mcp
  return sighting.host === 'chromium' || sighting.host === 'firefox'
    ? TASK_SOURCES[sighting.host]
    : TASK_SOURCES.editors
}

/** A place that is not there was looked at: nothing is in it. */
function isRead({ state }: SourceReport): boolean {
  return state === 'parsed' || state === 'absent'
}

/**
 * An installed agent is looked for where it lies, and a file tells of the folder around it. Extensions are told by
 * files that lie elsewhere, and what was cut off could be anything.
 */
function couldHold(report: SourceReport, sighting: Sighting): boolean {
  const path = sighting.kind === 'agent' ? sighting.path : undefined
  if (report.path === undefined || path === undefined || report.state === 'too-large') return true
  const folder = dirname(report.path)
  return folder === '/' || path === folder || path.startsWith(`${folder}/`)
}
