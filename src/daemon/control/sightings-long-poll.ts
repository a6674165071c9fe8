import { hash } from 'node:crypto'
import type { SightingsAnswer, SightingsRequest, Status } from '../../protocol/messages/control.ts'
import { countUnreadSources } from '../../protocol/scan-coverage.ts'

export interface LongPollComponents {
  /** What the caller may see. */
  readonly status: () => Status | Promise<Status>
  /** Resolves when sightings may have changed, or once the signal is aborted. */
  readonly sightingsChanged: (options: { signal: AbortSignal }) => Promise<void>
  readonly sleep: (ms: number, options: { signal: AbortSignal }) => Promise<void>
}

/** Longest wait. Writing the answer shows whether the client is still there. */
const MAX_WAIT_MS = 10_000
/** Changes within this time share an answer. */
const COALESCE_MS = 200

/**
 * Answers with the sightings of the requested kinds that the caller may see. With a mark in `unlike`, waits until the answer has
 * another mark, for ten seconds at most.
 */
export async function waitForSightings(
  components: LongPollComponents,
  { kinds, unlike }: SightingsRequest,
  { signal }: { signal: AbortSignal },
): Promise<SightingsAnswer> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(MAX_WAIT_MS)])
  for (;;) {
    // Subscribed before reading, so that no change in between is missed.
    const changed = components.sightingsChanged({ signal: late })
    const { sightings, sources, limitedToCaller, time } = await components.status()
    const items = kinds === undefined ? sightings : sightings.filter(({ kind }) => kinds.includes(kind))
    const mark = hash('sha256', JSON.stringify(items), 'hex').slice(0, 32)
    const unread = countUnreadSources(sources, kinds)
    if (mark !== unlike || late.aborted) {
      return { items, mark, limitedToCaller, ...(unread === 0 ? {} : { unread }), time }
    }
    await changed
    await components.sleep(COALESCE_MS, { signal: late }).catch(() => undefined)
  }
}
