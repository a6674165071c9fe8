import type { CountedHour, History } from '../../../protocol/nouns/directory/history.ts'

/** What the chart of the fleet's history draws. */

export type Span = '48 h' | '30 d'

export interface Points {
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[]
  readonly running: readonly number[]
  readonly autonomous: readonly number[]
}

/** Counts at the times at which they were made: hours in which the directory did not run are missing. */
export function pointsOf(history: History, span: Span): Points {
  const counted: readonly CountedHour[] = span === '30 d' ? history.days : history.hours
  // Two equal times would be one place.
  const known = [...new Map(counted.map((one) => [one.time, one])).values()].toSorted((a, b) => a.time - b.time)
  return {
    times: known.map(({ time }) => time / 1_000),
    running: known.map(({ agents }) => agents.running),
    autonomous: known.map(({ agents }) => agents.autonomous),
  }
}
