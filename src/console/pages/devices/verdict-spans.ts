import { VERDICTS, type Verdict } from '../../../protocol/messages/attestation-result.ts'
import type { TimelineEntry } from '../../../protocol/nouns/devices/timeline.ts'

/** The verdicts of a device over time, from the events that say when they changed. */

export interface VerdictSpan {
  readonly verdict: Verdict
  readonly from: number
  readonly to: number
}

export interface VerdictQuestion {
  /** In any order. */
  readonly entries: readonly TimelineEntry[]
  readonly since: number
  readonly until: number
  readonly now: { readonly verdict: Verdict; readonly validUntil?: number }
}

/** Without a change it was what it is now. A verdict that ended without a new one is stale from then on. */
export function verdictSpans({ entries, since, until, now }: VerdictQuestion): readonly VerdictSpan[] {
  const changes = entries
    .flatMap(changeOf)
    .filter(({ at }) => at >= since && at <= until)
    .toSorted((one, other) => one.at - other.at)
  const staleAt = now.verdict === 'stale' ? now.validUntil : undefined
  let verdict = changes[0]?.from ?? (staleAt === undefined || staleAt <= since ? now.verdict : 'unknown')
  const spans: VerdictSpan[] = []
  let from = since
  const end = (to: number, next: Verdict) => {
    if (to > from) spans.push({ verdict, from, to })
    from = Math.max(from, to)
    verdict = next
  }
  for (const change of changes) end(change.at, change.to)
  if (staleAt !== undefined && staleAt < until) end(Math.max(from, staleAt), 'stale')
  end(until, verdict)
  return spans
}

interface Change {
  readonly at: number
  readonly from: Verdict | undefined
  readonly to: Verdict
}

function changeOf({ time, event }: TimelineEntry): readonly Change[] {
  if (event?.kind !== 'verdict-changed') return []
  const { from, to } = Object(event.facts)
  const after = verdictIn(to)
  return after === undefined ? [] : [{ at: time, from: verdictIn(from), to: after }]
}

/** A later release may have others. */
function verdictIn(word: unknown): Verdict | undefined {
  return VERDICTS.find((verdict) => verdict === word)
}

export type Point = 'a' | 'b'

/** Where a point jumps to. `a` is before a change, so that the difference has it, and `b` after. @param by 1: later */
export function nextChange(times: readonly number[], point: Point, at: number, by: 1 | -1): number | undefined {
  const places = times.map((time) => (point === 'a' ? time - 1 : time)).toSorted((one, other) => one - other)
  return by === 1 ? places.find((place) => place > at) : places.findLast((place) => place < at)
}
