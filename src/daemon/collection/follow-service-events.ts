import { type Clock, orAborted, untilAborted } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import type { WakeUp } from '../../base/wake-up.ts'
import type { ServiceEvents } from '../../system/program/service-input.ts'
import type { Collection } from './collection.ts'

export interface FollowServiceEventsComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'info'>
  readonly collection: Pick<Collection, 'posture' | 'discovery'>
  /** Woken when the machine has slept. */
  readonly resumed: Pick<WakeUp, 'wake'>
  /** Absent without a service host. */
  readonly events: ServiceEvents | undefined
}

/** Many users log on to a terminal server within minutes: they share a scan. */
const SCAN_INTERVAL_MS = 60_000

/**
 * Wakes the schedule after sleep. Runs the checks and reads homes after a user has logged on: on Windows the settings of a user can
 * be read only then. Runs until `signal` aborts.
 */
export async function followServiceEvents(
  { clock, log, collection, resumed, events }: FollowServiceEventsComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  if (events === undefined) return await untilAborted({ signal })
  let loggedOn = Promise.withResolvers<void>()
  using _ = events.watch((event) => {
    log.info('the system announced', { ...event })
    if (event.kind === 'resume') resumed.wake()
    // Later ones during a scan are kept for the next.
    if (event.kind === 'logon') loggedOn.resolve()
  })
  for (;;) {
    await orAborted(loggedOn.promise, signal)
    loggedOn = Promise.withResolvers<void>()
    await collection.posture({ signal })
    await collection.discovery({ signal })
    await clock.sleep(SCAN_INTERVAL_MS, { signal })
  }
}
