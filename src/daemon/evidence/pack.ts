import type { Receipt } from '../../protocol/evidence.ts'
import { LIMITS } from '../../protocol/limits.ts'
import { type Claims, jsonBytes } from './claims.ts'
import type { Telling } from './sightings-ledger.ts'

/** Cuts what there is to tell into batches of a bounded size, the most urgent first. Pure. */

/** JSON of one batch; as base64url in a frame a third more. */
const BATCH_BYTES = 256 * 1024
const ITEMS_BYTES = 160 * 1024
const SOURCES_BYTES = 64 * 1024
const MAX_PARTS = 1000

export interface Tellings extends Pick<Claims, 'inventory' | 'findings' | 'health'> {
  readonly receipts: readonly Receipt[]
  readonly sightings: Telling | undefined
  /** Names a full snapshot. */
  readonly snapshot: string
}

export function pack(tellings: Tellings): readonly Claims[] {
  const { inventory, findings, health } = tellings
  const receipts = cut(tellings.receipts, { maxItems: LIMITS.receipts, maxBytes: SOURCES_BYTES })
  const [first = {}, ...later] = receipts.map((some): Claims => ({ receipts: [...some] }))
  const facts: Claims = {
    ...(inventory === undefined ? {} : { inventory }),
    ...(findings === undefined ? {} : { findings }),
    ...(health === undefined ? {} : { health }),
    ...first,
  }
  const seen = tellings.sightings === undefined ? [] : packSightings(tellings.sightings, tellings.snapshot)
  const [firstSeen = {}, ...laterSeen] = seen
  const together = sizeOf(facts) + sizeOf(firstSeen) <= BATCH_BYTES
  const head: readonly Claims[] = together ? [{ ...facts, ...firstSeen }] : [facts, firstSeen]
  return [...head, ...later, ...laterSeen].filter((claims) => Object.keys(claims).length > 0)
}

function packSightings(telling: Telling, snapshot: string): readonly Claims[] {
  const items = cut(telling.items, { maxItems: LIMITS.sightings, maxBytes: ITEMS_BYTES })
  const sources = cut(telling.sources ?? [], { maxItems: LIMITS.sources, maxBytes: SOURCES_BYTES })
  if (telling.mode === 'delta') {
    const gone = cut(telling.gone, { maxItems: LIMITS.sightings, maxBytes: ITEMS_BYTES })
    const count = Math.max(items.length, gone.length, 1)
    // Sources of a delta replace all: one batch must hold them, or a full snapshot carries them.
    if (sources.length > 1) throw new TypeError('sources that need several batches go with a full snapshot')
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
 * Do the sources fit into one batch, and all that they show with them? Told apart, what was there before a place could be read
 * would be taken for what came after that.
 */
export function sourcesFit({ items, sources }: Pick<Telling, 'items' | 'sources'>): boolean {
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
