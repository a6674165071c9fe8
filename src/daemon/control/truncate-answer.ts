import type { ControlResponse, Status } from '../../protocol/control.ts'
import type { Sighting, SourceReport } from '../../protocol/sighting.ts'
import { jsonBytes } from '../evidence/claims.ts'

/**
 * An answer with as much of what was seen as fits on a line of `maxBytes`, and the count of what does not: people put there
 * what they like, and must not keep root from reading the verdict, the checks and the health.
 */
export function fitted(response: ControlResponse, maxBytes: number): ControlResponse {
  if ('status' in response) return { status: fittedStatus(response.status, maxBytes) }
  if (!('sightings' in response)) return response
  const { items, ...rest } = response.sightings
  const room = maxBytes - jsonBytes({ sightings: { ...rest, items: [], leftOut: Number.MAX_SAFE_INTEGER } })
  const kept = keep(items, rankOfSighting, room)
  return { sightings: { ...rest, items: kept, leftOut: items.length - kept.length } }
}

function fittedStatus({ sightings, sources, ...rest }: Status, maxBytes: number): Status {
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

/** Those of the lowest rank first, and of one rank the smallest: one huge thing must not cost many others. In their order. */
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

/** Agents and models, then AI that has rights, then what there is much of. */
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

/** Quiet is not clean: what could not be read is named first. */
function rankOfSource({ state }: SourceReport): number {
  return state === 'parsed' || state === 'absent' ? 1 : 0
}
