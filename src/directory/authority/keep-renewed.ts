import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Authority } from './authority.ts'

const EVERY_MS = 12 * 3_600_000
/** How soon a change of the clock is noticed. Until then, certificates with the old dates may not be valid. */
const WATCH_MS = 60_000
const JUMP_MS = 30_000

export interface KeepRenewedComponents {
  readonly clock: Clock
  readonly log: Log
  readonly authority: Pick<Authority, 'renewTls' | 'renewDelegations'>
  /** Called when the TLS credentials are new, and again until it does not fail. */
  readonly renewed: () => void | Promise<void>
}

/** Renews certificates and delegations of a directory that is never restarted, until `signal` aborts. */
export async function keepRenewed(
  { clock, log, authority, renewed }: KeepRenewedComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  let said = ''
  /** @returns whether it is done. */
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work()
      return true
    } catch (error) {
      const reason = describeError(error)
      if (reason !== said) log.error('keys could not be renewed', { code: codeOf(error), error: reason })
      said = reason
      return false
    }
  }
  let renewedAt = clock.monotonic()
  let isTold = true
  for (;;) {
    const before = { wall: clock.now(), monotonic: clock.monotonic() }
    try {
      await clock.sleep(WATCH_MS, { signal })
    } catch {
      return // stopped
    }
    const jumpMs = clock.now() - before.wall - (clock.monotonic() - before.monotonic)
    const jumped = Math.abs(jumpMs) >= JUMP_MS
    if (jumped) log.warn('the clock was set, or stood still', { jumpMs: Math.round(jumpMs) })
    if (!jumped && clock.monotonic() - renewedAt < EVERY_MS) continue
    const tls = await attempt(async () => {
      if (await authority.renewTls()) isTold = false
      if (!isTold) await renewed()
      isTold = true
    })
    const delegations = await attempt(() => authority.renewDelegations())
    // A disk that fails may be well again in a minute, and devices wait for nothing else.
    renewedAt = tls && delegations ? clock.monotonic() : Number.NEGATIVE_INFINITY
    if (tls && delegations) said = ''
  }
}
