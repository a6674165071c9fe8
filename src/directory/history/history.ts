import type { Clock } from '../../base/clock.ts'
import type { Summary } from '../../protocol/nouns/directory/directory.ts'
import { type CountedHour, countedHourOf, MOST_HISTORY_DAYS } from '../../protocol/nouns/directory/history.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export interface HistoryStore {
  /** Keeps the counts of an hour, unless it has some. @param hour when it began. */
  put(hour: number, counted: CountedHour): Promise<void>
  has(hour: number): Promise<boolean>
  removeBefore(hour: number): Promise<void>
  /** Since a time, oldest first. */
  hours(since: number): Promise<readonly CountedHour[]>
  /** Since a time, oldest first: of each day in UTC the hour in which most devices were connected. */
  days(since: number): Promise<readonly CountedHour[]>
}

export interface HistoryComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly summary: () => Promise<Summary>
  readonly store: { readonly history: HistoryStore; transaction<T>(work: () => Promise<T>): Promise<T> }
}

/** Counts the present hour once. @returns the work of a worker. */
export function keepingHistory({ clock, summary, store }: HistoryComponents): () => Promise<boolean> {
  return async () => {
    const now = clock.now()
    const hour = now - (now % HOUR_MS)
    if (await store.history.has(hour)) return false
    const counted = countedHourOf(await summary())
    await store.transaction(async () => {
      await store.history.put(hour, counted)
      await store.history.removeBefore(hour - MOST_HISTORY_DAYS * DAY_MS)
    })
    return false
  }
}
