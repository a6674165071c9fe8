import type { Clock } from '../../base/clock.ts'
import { codeOf, describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Authority } from './authority.ts'

const EVERY_MS = 12 * 3_600_000

export interface KeepRenewedComponents {
  readonly clock: Clock
  readonly log: Log
  readonly authority: Pick<Authority, 'renew'>
  /** Called when the TLS credentials are new. */
  readonly renewed: () => void
}

/** Renews certificates and delegations of a directory that is never restarted, until `signal` aborts. */
export async function keepRenewed(
  { clock, log, authority, renewed }: KeepRenewedComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  for (;;) {
    try {
      await clock.sleep(EVERY_MS, { signal })
    } catch {
      return // stopped
    }
    try {
      if (await authority.renew()) renewed()
    } catch (error) {
      log.error('keys could not be renewed', { code: codeOf(error), error: describeError(error) })
    }
  }
}
