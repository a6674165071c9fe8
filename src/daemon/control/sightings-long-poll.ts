import { hash } from 'node:crypto'
import type { SightingsAnswer, SightingsRequest, Status } from '../../protocol/control.ts'
import { countUnreadSources } from '../../protocol/scan-coverage.ts'

export interface ToldSightingsComponents {
  /** As the caller may see it. */
  readonly status: () => Status | Promise<Status>
  /** Resolves when something was seen that could be news, or once the signal is aborted. */
  readonly sightingsChanged: (options: { signal: AbortSignal }) => Promise<void>
  readonly sleep: (ms: number, options: { signal: AbortSignal }) => Promise<void>
}

/** Longer nobody is kept waiting: who has gone away is noticed when it is answered. */
const WAIT_MS = 10_000
/** A burst is told as one. */
const PAUSE_MS = 200

/**
 * What the caller may see of the kinds asked for. With a mark in `unlike` it waits until there is something else to tell,
 * or until it has waited long enough.
 */
export async function toldSightings(
  components: ToldSightingsComponents,
  { kinds, unlike }: SightingsRequest,
  { signal }: { signal: AbortSignal },
): Promise<SightingsAnswer> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)])
  for (;;) {
    // Before looking: what comes in between must not be missed.
    const changed = components.sightingsChanged({ signal: late })
    const { sightings, sources, limitedToCaller, time } = await components.status()
    const items = kinds === undefined ? sightings : sightings.filter(({ kind }) => kinds.includes(kind))
    const mark = hash('sha256', JSON.stringify(items), 'hex').slice(0, 32)
    const unread = countUnreadSources(sources, kinds)
    if (mark !== unlike || late.aborted) {
      return { items, mark, limitedToCaller, ...(unread === 0 ? {} : { unread }), time }
    }
    await changed
    await components.sleep(PAUSE_MS, { signal: late }).catch(() => undefined)
  }
}
