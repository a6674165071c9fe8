import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { networkOf } from '../../base/text/network-of.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { HttpSurface } from './surface.ts'

export interface BearerAuthenticationComponents {
  /** Finds the principal of an `Authorization` header. Undefined if the token is not valid. */
  readonly principalOf: (authorization: string | undefined) => Promise<Principal | undefined>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly log: Pick<Log, 'warn'>
}

/** Authenticates requests by bearer token, and slows down networks that guess. */
export function bearerAuthentication(components: BearerAuthenticationComponents): HttpSurface['authenticate'] {
  const { principalOf, clock, log } = components
  const limiter = failureLimiter({ clock })
  return async ({ authorization, address }) => {
    const principal = await principalOf(authorization)
    if (principal !== undefined) return { principal }
    const waitMs = limiter.failed(address)
    if (waitMs > 0) {
      const error = new SuretyError('QUOTA_EXCEEDED', 'too many requests without a valid token from this address')
      return { error, headers: { 'retry-after': Math.ceil(waitMs / 1000) } }
    }
    log.warn('administrator refused', { address })
    const error = new SuretyError(
      'UNAUTHENTICATED',
      'send a valid token: Authorization: Bearer surety_adm_… or surety_svc_…',
    )
    return { error, headers: { 'www-authenticate': 'Bearer' } }
  }
}

/**
 * A token bucket of failed authentications per network. It delays refusals only, so a valid token from the same network is
 * always accepted.
 */
export interface FailureLimiter {
  /** @returns milliseconds that the network must wait. 0: it may try again now. */
  failed(address: string): number
}

export interface FailureLimiterInit {
  readonly burst: number
  readonly perMinute: number
  /** Networks to remember. The one without failures for longest is forgotten first. */
  readonly networks: number
}

export function failureLimiter(
  { clock }: { clock: Pick<Clock, 'monotonic'> },
  init: FailureLimiterInit = { burst: 20, perMinute: 20, networks: 10_000 },
): FailureLimiter {
  const buckets = new Map<string, { left: number; at: number }>()
  const perMs = init.perMinute / 60_000
  return {
    failed(address) {
      const network = networkOf(address)
      const now = clock.monotonic()
      const bucket = buckets.get(network) ?? { left: init.burst, at: now }
      const left = Math.min(init.burst, bucket.left + (now - bucket.at) * perMs)
      buckets.delete(network)
      buckets.set(network, { left: Math.max(0, left - 1), at: now })
      const oldest = buckets.size > init.networks ? buckets.keys().next().value : undefined
      if (oldest !== undefined) buckets.delete(oldest)
      return left >= 1 ? 0 : Math.ceil((1 - left) / perMs)
    },
  }
}
