import type { Clock } from '../../base/clock.ts'
import type { ActivityStore } from '../activity/activity.ts'

interface Unanswered {
  readonly order: string
  readonly device: string
  readonly kind: string
  readonly notAfter: number
}

export interface UnansweredStore {
  /** Orders whose time is over without an answer, the earliest first. Each is returned until `entered` has its time. */
  next(now: number, limit: number): Promise<readonly Unanswered[]>
  entered(until: number): Promise<void>
}

interface UnansweredComponents {
  readonly store: {
    readonly unanswered: UnansweredStore
    readonly activity: ActivityStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
}

/** The last answer may be on its way, or in a batch that is not taken in yet. */
const GRACE_MS = 3_600_000
const AT_ONCE = 100

/** An order that nothing answered is on the record as such. @returns whether there may be more. */
export function enterUnanswered({ store, clock }: UnansweredComponents): Promise<boolean> {
  return store.transaction(async () => {
    const at = clock.now()
    const found = await store.unanswered.next(at - GRACE_MS, AT_ONCE)
    for (const { device, ...detail } of found) {
      await store.activity.add({
        at,
        kind: 'order-unanswered',
        device,
        detail: { ...detail, outcome: 'unanswered' },
      })
    }
    const last = found.at(-1)
    if (last !== undefined) await store.unanswered.entered(last.notAfter)
    return found.length >= AT_ONCE
  })
}
