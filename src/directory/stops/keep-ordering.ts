import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { StopOrders } from './stop-orders.ts'

export interface KeepOrderingComponents {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly log: Pick<Log, 'error'>
  readonly stopOrders: Pick<StopOrders, 'work' | 'check'>
  readonly connected: () => Iterable<string>
  /** Takes note of what the answers of devices have finished. @returns whether there may be more. */
  readonly finish: () => boolean
}

/** Work that no `wake` announces: a stop that ends, an order that failed or expired unanswered. */
const LOOK_EVERY_MS = 5_000
const CHECK_ALL_EVERY_MS = 60_000
/** Answers of a fleet come in thousands. */
const FINISH_EVERY_MS = 500

/** Issues orders of stops until the signal is aborted. @returns what to call when there is work at once. */
export function keepOrdering(components: KeepOrderingComponents, { signal }: { readonly signal: AbortSignal }) {
  const woken = new WakeUp()
  return { wake: () => woken.wake(), ended: run(components, woken, signal) }
}

async function run(components: KeepOrderingComponents, woken: WakeUp, signal: AbortSignal): Promise<void> {
  const { clock, log, stopOrders, connected, finish } = components
  let finishedAt = Number.NEGATIVE_INFINITY
  let checkedAt = Number.NEGATIVE_INFINITY
  while (!signal.aborted) {
    const waiting = new AbortController()
    const until = AbortSignal.any([signal, waiting.signal])
    // From here on no wake is lost.
    const next = woken.wait({ signal: until })
    try {
      if (clock.monotonic() - checkedAt >= CHECK_ALL_EVERY_MS) {
        checkedAt = clock.monotonic()
        stopOrders.check(connected())
      }
      if (clock.monotonic() - finishedAt >= FINISH_EVERY_MS) {
        finishedAt = clock.monotonic()
        while (!signal.aborted && finish()) await new Promise((resolve) => setImmediate(resolve))
      }
      while (!signal.aborted && stopOrders.work()) await new Promise((resolve) => setImmediate(resolve))
    } catch (error) {
      log.error('orders of stops could not be issued', { error: describeError(error) })
    }
    await Promise.race([next, clock.sleep(LOOK_EVERY_MS, { signal: until }).catch(() => undefined)])
    waiting.abort()
  }
}
