import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { Reviews } from './reviews.ts'

export interface KeepReviewingComponents {
  readonly reviews: Pick<Reviews, 'workSome'>
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'error'>
}

/** A review is over at most this much later than it is due. */
const LOOK_EVERY_MS = 30_000

/** Collects agents of reviews and carries answers out, and goes on with what was interrupted. Runs until the signal is aborted. */
export function keepReviewing(components: KeepReviewingComponents, { signal }: { readonly signal: AbortSignal }) {
  const woken = new WakeUp()
  return { wake: () => woken.wake(), ended: run(components, woken, signal) }
}

async function run({ reviews, clock, log }: KeepReviewingComponents, woken: WakeUp, signal: AbortSignal) {
  while (!signal.aborted) {
    const waiting = new AbortController()
    const until = AbortSignal.any([signal, waiting.signal])
    // From here on no wake is lost.
    const next = woken.wait({ signal: until })
    try {
      while (!signal.aborted && reviews.workSome()) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      log.error('a step of a review was interrupted', { error: describeError(error) })
    }
    await Promise.race([next, clock.sleep(LOOK_EVERY_MS, { signal: until }).catch(() => undefined)])
    waiting.abort()
  }
}
