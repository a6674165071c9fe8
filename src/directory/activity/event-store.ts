import type { DirectoryEvent, EventKind } from '../../protocol/api-events.ts'
import type { NumberedPage } from '../http/paging.ts'

/** Reads audit and activity as one list. */
export interface EventStore {
  /** Newest first. */
  list(
    page: NumberedPage & { readonly device?: string | undefined; readonly kind?: EventKind | undefined },
  ): readonly DirectoryEvent[]
}
