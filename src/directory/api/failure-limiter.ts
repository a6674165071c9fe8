import type { Clock } from '../../base/clock.ts'
import { networkOf } from '../../base/network-of.ts'

/**
 * Counts refused authentications by address, so that guessing costs the guesser and not the log or the processor. It is
 * asked only about requests that were refused: nobody can lock an administrator out from the same address.
 */
export interface FailureLimiter {
  /** @returns how long the address should wait, 0 while it may still try. Milliseconds. */
  failed(address: string): number
}

export interface FailureLimiterInit {
  readonly burst: number
  readonly perMinute: number
  /** Addresses remembered; the one longest quiet is forgotten first. */
  readonly addresses: number
}

export function failureLimiter(
  { clock }: { clock: Pick<Clock, 'monotonic'> },
  init: FailureLimiterInit = { burst: 20, perMinute: 20, addresses: 10_000 },
): FailureLimiter {
  const buckets = new Map<string, { left: number; at: number }>()
  const perMs = init.perMinute / 60_000
  return {
    failed(address) {
      const key = networkOf(address)
      const now = clock.monotonic()
      const bucket = buckets.get(key) ?? { left: init.burst, at: now }
      const left = Math.min(init.burst, bucket.left + (now - bucket.at) * perMs)
      buckets.delete(key)
      buckets.set(key, { left: Math.max(0, left - 1), at: now })
      const oldest = buckets.size > init.addresses ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      return left >= 1 ? 0 : Math.ceil((1 - left) / perMs)
    },
  }
}
