import type { DirectoryEvent, EventKind } from '../../protocol/nouns/directory/events.ts'
import type { NumberedPage } from '../http/paging.ts'

/** Reads audit and activity as one list. */
export interface EventStore {
  /** Newest first. */
  list(
    page: NumberedPage & {
      readonly device?: string | undefined
      readonly kind?: EventKind | undefined
      /** Only audit has a subject. It goes with no other filter. */
      readonly subject?: string | undefined
    },
  ): Promise<readonly DirectoryEvent[]>
  /** Events with higher ids, oldest first. */
  after(id: number, limit: number): Promise<readonly DirectoryEvent[]>
  /** Id of the newest event. 0 before the first. */
  newest(): Promise<number>
}
