import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { Delivering } from './deliver.ts'

export interface KeepDeliveringComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'error'>
  readonly delivering: Pick<Delivering, 'step'>
  readonly webhooks: () => Iterable<{ readonly id: string }>
}

/** An event is sent within this time, and a moment. */
const LOOK_EVERY_MS = 1_000
/** Without webhooks. */
const LOOK_FOR_WEBHOOKS_MS = 5_000

/** Sends events until the signal is aborted. A slow receiver keeps no other one waiting. */
export async function keepDelivering(
  { clock, log, delivering, webhooks }: KeepDeliveringComponents,
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const busy = new Map<string, Promise<void>>()
  const run = async (id: string) => {
    try {
      while (!signal.aborted && (await delivering.step(id, signal)))
        await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      log.error('events could not be sent to a webhook', { webhook: id, error: describeError(error) })
    } finally {
      busy.delete(id)
    }
  }
  while (!signal.aborted) {
    let some = false
    try {
      for (const { id } of webhooks()) {
        some = true
        if (!busy.has(id)) busy.set(id, run(id))
      }
    } catch (error) {
      log.error('webhooks could not be read', { error: describeError(error) })
    }
    await clock.sleep(some ? LOOK_EVERY_MS : LOOK_FOR_WEBHOOKS_MS, { signal }).catch(() => undefined)
  }
  await Promise.all(busy.values())
}
