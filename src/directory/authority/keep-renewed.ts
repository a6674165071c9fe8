import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Authority } from './authority.ts'

const EVERY_MS = 12 * 3_600_000
/** How soon it is seen that the clock was set: until then, what it dated may hold for nobody. */
const WATCH_MS = 60_000
const JUMP_MS = 30_000

export interface KeepRenewedComponents {
  readonly clock: Clock
  readonly log: Log
  readonly authority: Pick<Authority, 'renewTls' | 'renewDelegations'>
  /** Called when the TLS credentials are new. */
  readonly renewed: () => void
}

/** Renews certificates and delegations of a directory that is never restarted, until `signal` aborts. */
export async function keepRenewed(
  { clock, log, authority, renewed }: KeepRenewedComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      log.error('keys could not be renewed', { code: codeOf(error), error: describeError(error) })
    }
  }
  let renewedAt = clock.monotonic()
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
    renewedAt = clock.monotonic()
    await attempt(async () => {
      if (await authority.renewTls()) renewed()
    })
    await attempt(() => authority.renewDelegations())
  }
}
