import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { type TokenBucket, tokenBucket } from '../../base/token-bucket.ts'

/** How often each user may have the checks run. */
export interface CheckLimit {
  /** @throws `RATE_LIMITED` with the time to wait. Root is never limited. */
  take(caller: { readonly userId: string; readonly isRoot: boolean }): void
}

/** The third request in a row of one user waits. One run of the checks starts some twenty programs. */
const LIMIT = { perSecond: 1 / 30, burst: 2 }
/** Users of one device. Beyond that the oldest is forgotten. */
const MAX_USERS = 1000

export function createCheckLimit(clock: Pick<Clock, 'now'>): CheckLimit {
  const buckets = new Map<string, { readonly bucket: TokenBucket; until: number }>()
  return {
    take({ userId, isRoot }) {
      if (isRoot) return
      const now = clock.now()
      const entry = buckets.get(userId) ?? { bucket: tokenBucket({ ...LIMIT, nowMs: now }), until: now }
      buckets.delete(userId)
      buckets.set(userId, entry)
      const [oldest] = buckets.keys()
      if (buckets.size > MAX_USERS && oldest !== undefined) buckets.delete(oldest)
      // A refused request costs nothing: repeating it does not lengthen the wait.
      if (now < entry.until) throw limited(entry.until - now)
      entry.until = now + entry.bucket.take(1, now)
    },
  }
}

function limited(waitMs: number): SuretyError {
  return new SuretyError('RATE_LIMITED', `the checks ran a moment ago; try again in ${Math.ceil(waitMs / 1000)} s`)
}
