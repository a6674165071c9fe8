import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ServiceAccounts } from './service-accounts.ts'

export interface KeepEndingComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'error'>
  readonly serviceAccounts: Pick<ServiceAccounts, 'endExpired'>
}

/** Reads compare the end themselves; this only puts it on the record. */
const LOOK_EVERY_MS = 60_000

/** Ends service accounts whose end has come, until the signal is aborted. */
export async function keepEnding(
  { clock, log, serviceAccounts }: KeepEndingComponents,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      while (!signal.aborted && serviceAccounts.endExpired()) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      log.error('service accounts past their end could not be ended', { error: describeError(error) })
    }
    await clock.sleep(LOOK_EVERY_MS, { signal }).catch(() => undefined)
  }
}
