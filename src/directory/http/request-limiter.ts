import type { Clock } from '../../base/clock.ts'

/** A token bucket of requests for each principal, so that a client in a loop does not use up the directory. */
export interface RequestLimiter {
  /** Takes one request. */
  take(principal: string): Taken
}

export interface Taken {
  /** Milliseconds to wait. 0: the request may be answered. */
  readonly waitMs: number
  /** Headers of draft-ietf-httpapi-ratelimit-headers, for every answer. */
  readonly headers: Readonly<Record<string, string>>
}

export interface RequestLimiterInit {
  /** Also how many may come at once. */
  readonly perMinute: number
}

/** Principals to remember. The one without requests for longest is forgotten first: its bucket is full by then. */
const MOST_PRINCIPALS = 10_000
const MINUTE_MS = 60_000

export function requestLimiter(
  { clock }: { readonly clock: Pick<Clock, 'monotonic'> },
  { perMinute }: RequestLimiterInit,
): RequestLimiter {
  // Time that may still be spent. Each request costs its part of the minute.
  const buckets = new Map<string, { leftMs: number; at: number }>()
  const costMs = MINUTE_MS / perMinute
  const policy = `"requests";q=${perMinute};w=60`
  return {
    take(principal) {
      const now = clock.monotonic()
      const { leftMs: before, at } = buckets.get(principal) ?? { leftMs: MINUTE_MS, at: now }
      const present = Math.min(MINUTE_MS, before + now - at)
      const leftMs = present >= costMs ? present - costMs : present
      buckets.delete(principal)
      buckets.set(principal, { leftMs, at: now })
      const oldest = buckets.size > MOST_PRINCIPALS ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      // When the bucket is full again.
      const reset = Math.ceil((MINUTE_MS - leftMs) / 1000)
      return {
        waitMs: present >= costMs ? 0 : Math.ceil(costMs - present),
        headers: { 'ratelimit-policy': policy, ratelimit: `"requests";r=${Math.floor(leftMs / costMs)};t=${reset}` },
      }
    },
  }
}
