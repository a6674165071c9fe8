import type { AgentClaim } from '../../protocol/agent-claim.ts'
import type { ActionReport, ApprovalRequest } from '../../protocol/gate/action.ts'
import { LIMITS } from '../../protocol/limits.ts'
import type { LogFault } from '../../protocol/log-fault.ts'
import type { Receipt } from '../../protocol/messages/evidence.ts'
import type { StopEvent } from '../../protocol/stop.ts'
import type { TamperSign } from '../../protocol/tamper.ts'
import { type Claims, jsonBytes } from './batch-content.ts'
import type { SightingsReport } from './sightings-ledger.ts'

/** JSON of one batch. In a frame, as base64url, it takes a third more. */
const BATCH_BYTES = 256 * 1024
const ITEMS_BYTES = 160 * 1024
const SOURCES_BYTES = 64 * 1024
const MAX_PARTS = 1000

/** Everything that is new. */
export interface PendingClaims extends Pick<Claims, 'inventory' | 'findings' | 'health'> {
  readonly receipts: readonly Receipt[]
  /** At most as many as one batch holds. */
  readonly stopEvents: readonly StopEvent[]
  readonly agentClaims: readonly AgentClaim[]
  readonly approvalRequests: readonly ApprovalRequest[]
  /** At most as many as one batch holds. */
  readonly tamperSigns: readonly TamperSign[]
  /** At most as many as one batch holds. */
  readonly logFaults: readonly LogFault[]
  readonly actions: readonly ActionReport[]
  readonly actionsDropped: number
  readonly sightings: SightingsReport | undefined
  /** The name that the parts of a full snapshot share. */
  readonly snapshot: string
}

/** Cuts `pending` into batches of a bounded size, the most urgent first. */
export function pack(pending: PendingClaims): readonly Claims[] {
  const { inventory, findings, health, stopEvents, tamperSigns, logFaults } = pending
  const receipts = cut(pending.receipts, { maxItems: LIMITS.receipts, maxBytes: SOURCES_BYTES })
  const [first = {}, ...later] = receipts.map((some): Claims => ({ receipts: [...some] }))
  const actions = cut(pending.actions, { maxItems: LIMITS.actions, maxBytes: SOURCES_BYTES })
  const [firstActions = {}, ...laterActions] = actions.map((some): Claims => ({ actions: [...some] }))
  const facts: Claims = {
    ...(inventory === undefined ? {} : { inventory }),
    ...(findings === undefined ? {} : { findings }),
    ...(health === undefined ? {} : { health }),
    ...(stopEvents.length === 0 ? {} : { stopEvents: [...stopEvents] }),
    ...(tamperSigns.length === 0 ? {} : { tamperSigns: [...tamperSigns] }),
    ...(logFaults.length === 0 ? {} : { logFaults: [...logFaults] }),
    ...(pending.actionsDropped === 0 ? {} : { actionsDropped: pending.actionsDropped }),
    ...first,
    ...firstActions,
  }
  const seen = pending.sightings === undefined ? [] : packSightings(pending.sightings, pending.snapshot)
  const [firstSeen = {}, ...laterSeen] = seen
  const fitsTogether = sizeOf(facts) + sizeOf(firstSeen) <= BATCH_BYTES
  const head: readonly Claims[] = fitsTogether ? [{ ...facts, ...firstSeen }] : [facts, firstSeen]
  // Behind the sightings that they are of.
  const agentClaims = cut(pending.agentClaims, { maxItems: LIMITS.agentClaims, maxBytes: SOURCES_BYTES })
  const claimed = agentClaims.map((some): Claims => ({ agentClaims: [...some] }))
  // An agent and a person wait for them.
  const requests = cut(pending.approvalRequests, { maxItems: LIMITS.approvalRequests, maxBytes: SOURCES_BYTES })
  const asked = requests.map((some): Claims => ({ approvalRequests: [...some] }))
  return [...asked, ...head, ...later, ...laterActions, ...laterSeen, ...claimed].filter(
    (claims) => Object.keys(claims).length > 0,
  )
}

function packSightings(report: SightingsReport, snapshot: string): readonly Claims[] {
  const items = cut(report.items, { maxItems: LIMITS.sightings, maxBytes: ITEMS_BYTES })
  const sources = cut(report.sources ?? [], { maxItems: LIMITS.sources, maxBytes: SOURCES_BYTES })
  if (report.mode === 'delta') {
    const gone = cut(report.gone, { maxItems: LIMITS.sightings, maxBytes: ITEMS_BYTES })
    const count = Math.max(items.length, gone.length, 1)
    // The sources of a delta replace all earlier ones, so that one batch must hold them.
    if (sources.length > 1) throw new TypeError('sources that need several batches need a full snapshot')
    return Array.from({ length: count }, (_, i) => ({
      sightings: { mode: 'delta' as const, items: [...(items[i] ?? [])], gone: [...(gone[i] ?? [])] },
      ...(i === 0 && sources[0] !== undefined ? { sources: [...sources[0]] } : {}),
    }))
  }
  const parts = Math.min(MAX_PARTS, Math.max(items.length, sources.length, 1))
  return Array.from({ length: parts }, (_, part) => ({
    sightings: { mode: 'full' as const, snapshot, part, parts, items: [...(items[part] ?? [])] },
    ...(sources[part] === undefined ? {} : { sources: [...sources[part]] }),
  }))
}

/**
 * Says whether one batch holds the sources together with all items. In separate batches, the items of a place that was read for
 * the first time would look as if they had appeared after that.
 */
export function sourcesFit({ items, sources }: Pick<SightingsReport, 'items' | 'sources'>): boolean {
  if (sources === undefined) return true
  return (
    cut(sources, { maxItems: LIMITS.sources, maxBytes: SOURCES_BYTES }).length <= 1 &&
    cut(items, { maxItems: LIMITS.sightings, maxBytes: ITEMS_BYTES }).length <= 1
  )
}

function cut<T>(items: readonly T[], limits: { maxItems: number; maxBytes: number }): readonly (readonly T[])[] {
  const chunks: T[][] = []
  let bytes = Number.POSITIVE_INFINITY
  for (const item of items) {
    const size = sizeOf(item)
    const last = chunks.at(-1)
    if (last === undefined || last.length >= limits.maxItems || bytes + size > limits.maxBytes) {
      chunks.push([item])
      bytes = size
    } else {
      last.push(item)
      bytes += size
    }
  }
  return chunks
}

function sizeOf(value: unknown): number {
  return jsonBytes(value) + 1
}
