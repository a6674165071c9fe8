import type { ControlResponse, Status } from '../../protocol/messages/control.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import { jsonBytes } from '../evidence/batch-content.ts'

/**
 * Cuts sightings and sources so that the answer fits into `maxBytes`, and counts the rest. Users control how many sightings there
 * are, and must not be able to hide the verdict, the checks and the warnings from root.
 */
export function truncateAnswer(response: ControlResponse, maxBytes: number): ControlResponse {
  if ('status' in response) return { status: truncateStatus(response.status, maxBytes) }
  if (!('sightings' in response)) return response
  const { items, ...rest } = response.sightings
  const room = maxBytes - jsonBytes({ sightings: { ...rest, items: [], leftOut: Number.MAX_SAFE_INTEGER } })
  const kept = keep(items, rankOfSighting, room)
  return { sightings: { ...rest, items: kept, leftOut: items.length - kept.length } }
}

function truncateStatus({ sightings, sources, ...rest }: Status, maxBytes: number): Status {
  const most = { sightings: Number.MAX_SAFE_INTEGER, sources: Number.MAX_SAFE_INTEGER }
  const room = maxBytes - jsonBytes({ status: { ...rest, sightings: [], sources: [], leftOut: most } })
  const keptSources = keep(sources, rankOfSource, room / 4)
  const keptSightings = keep(sightings, rankOfSighting, room - jsonBytes(keptSources))
  const leftOut = {
    sightings: sightings.length - keptSightings.length,
    sources: sources.length - keptSources.length,
  }
  return { ...rest, sightings: keptSightings, sources: keptSources, leftOut }
}

/**
 * Keeps the items of the lowest rank first, and the smallest first within a rank, so that one huge item does not displace many.
 * The order of `items` stays.
 */
function keep<T>(items: readonly T[], rankOf: (item: T) => number, maxBytes: number): T[] {
  const measured = items.map((item, index) => ({ index, rank: rankOf(item), bytes: jsonBytes(item) + 1 }))
  const kept = new Set<number>()
  let room = maxBytes
  for (const { index, bytes } of measured.sort((a, b) => a.rank - b.rank || a.bytes - b.bytes)) {
    room -= bytes
    if (room < 0) break
    kept.add(index)
  }
  return items.filter((_, index) => kept.has(index))
}

/** Agents and models first, then AI extensions, then the kinds that are numerous. */
function rankOfSighting(sighting: Sighting): number {
  switch (sighting.kind) {
    case 'agent':
    case 'model-runtime':
      return 0
    case 'extension':
      return sighting.ai ? 1 : 2
    case 'mcp-server':
    case 'agent-file':
      return 2
    default:
      return sighting satisfies never
  }
}

/** Sources that could not be read first: without them, missing sightings would look like a clean device. */
function rankOfSource({ state }: SourceReport): number {
  return state === 'parsed' || state === 'absent' ? 1 : 0
}
