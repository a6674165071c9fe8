import { splitJws } from '../../crypto/jws.ts'
import { evidenceReader, type Inventory } from '../../protocol/messages/evidence.ts'
import { timeInWords } from '../../protocol/noun/words.ts'
import type { CheckChange, DeviceDifference } from '../../protocol/nouns/devices/timeline.ts'
import { findingsAt, type PastFinding } from '../appraisal/past-findings.ts'
import type { CurrentFinding } from '../appraisal/result.ts'
import type { EvidenceQueries } from '../evidence/evidence-store.ts'
import { checksNotKnown } from './timeline.ts'
import type { TimelineStore } from './timeline-store.ts'

export interface DifferenceStore {
  readonly timeline: TimelineStore
  readonly evidence: Pick<EvidenceQueries, 'list' | 'jws'>
  readonly findings: { list(device: string): Promise<readonly CurrentFinding[]> }
  readonly policyDevices: { past(device: string, since: number): Promise<readonly PastFinding[]> }
}

interface Span {
  readonly from: number
  readonly to: number
}

/** What differs on a device between two times. */
export async function differenceOf(
  store: DifferenceStore,
  { id, enrolledAt }: { readonly id: string; readonly enrolledAt: number },
  span: Span,
): Promise<DeviceDifference> {
  const { from, to } = span
  const [before, after] = [await store.timeline.thingsAt(id, from), await store.timeline.thingsAt(id, to)]
  const [old, recent] = [await inventoryAt(store.evidence, id, from), await inventoryAt(store.evidence, id, to)]
  const missing = [...(old === undefined ? [from] : []), ...(recent === undefined ? [to] : [])]
  return {
    since: from,
    until: to,
    checks: await checkChanges(store, id, { from: from < enrolledAt ? undefined : from, to }),
    agents: { appeared: without(after.agents, before.agents), left: without(before.agents, after.agents) },
    things: { appeared: without(after.others, before.others), left: without(before.others, after.others) },
    ...(old === undefined || recent === undefined ? {} : { components: componentChanges(old, recent) }),
    notKnown: [
      ...(from < enrolledAt ? [`the device enrolled at ${timeInWords(enrolledAt)}: before that nothing is known`] : []),
      ...checksNotKnown(await store.timeline.checksFrom(id), from),
      ...missing.map((at) => `components at ${timeInWords(at)}: no evidence that names them is kept`),
      'what left and came back in between counts as present, and versions are those of now',
    ],
  }
}

function without<T extends { readonly id: string }>(things: readonly T[], others: readonly T[]): T[] {
  const known = new Set(others.map(({ id }) => id))
  return things.filter(({ id }) => !known.has(id))
}

/** @param span.from undefined: there was no state before. */
async function checkChanges(
  store: DifferenceStore,
  device: string,
  { from, to }: { readonly from: number | undefined; readonly to: number },
): Promise<CheckChange[]> {
  const current = await store.findings.list(device)
  const past = await store.policyDevices.past(device, from ?? to)
  const states = (at: number) => new Map(findingsAt(current, past, at).map(({ check, state }) => [check, state]))
  const before = from === undefined ? new Map<string, never>() : states(from)
  return [...states(to)]
    .filter(([check, state]) => before.get(check) !== state)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([check, state]) => {
      const was = before.get(check)
      return { check, ...(was === undefined ? {} : { from: was }), to: state }
    })
}

const ENTRIES = 500
/** Pages of entries that are passed over, and batches that are read. More would cost more than a page of a console may. */
const MOST_PAGES = 40
const MOST_READ = 300

/** The newest inventory that was reported until then: a device sends it when it changes. */
async function inventoryAt(
  evidence: DifferenceStore['evidence'],
  device: string,
  at: number,
): Promise<Inventory | undefined> {
  let before: { readonly epoch: number; readonly sequence: number } | undefined
  let read = 0
  for (let page = 0; page < MOST_PAGES; page++) {
    const entries = await evidence.list(device, { before, limit: ENTRIES })
    for (const entry of entries) {
      if (entry.receivedAt > at) continue
      if (read++ >= MOST_READ) return undefined
      const compact = await evidence.jws(device, entry)
      const inventory = compact === undefined ? undefined : inventoryIn(compact)
      if (inventory !== undefined) return inventory
    }
    before = entries.at(-1)
    if (entries.length < ENTRIES) return undefined
  }
  return undefined
}

/** Its signature was verified before it was stored. */
function inventoryIn(compact: string): Inventory | undefined {
  const { payload } = splitJws('evidence', compact)
  return payload.includes('"inventory"') ? evidenceReader.readJson(payload).inventory : undefined
}

function componentChanges(old: Inventory, recent: Inventory): NonNullable<DeviceDifference['components']> {
  // The keys are those of two inventories.
  const names = [...new Set([...Object.keys(old), ...Object.keys(recent)])].sort() as (keyof Inventory)[]
  return names.flatMap((component) => {
    const [from, to] = [wordsOf(old[component]), wordsOf(recent[component])]
    if (from === to) return []
    return [{ component, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }]
  })
}

function wordsOf(value: Inventory[keyof Inventory]): string | undefined {
  if (value === undefined) return undefined
  return (typeof value === 'object' ? Object.values(value).join(' ') : `${value}`).slice(0, 1_000)
}
