import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { ServiceManager } from '../platform.ts'

/** What the addon offers on macOS; see `native/darwin/system-state.c`. */
export interface DarwinServiceAddon {
  /** Posts a notification. @returns 0, or why notify_post(3) refused. */
  announce(name: string): number
}

export interface LaunchdServiceComponents {
  readonly log: Pick<Log, 'warn'>
  readonly addon: DarwinServiceAddon
}

export interface LaunchdServiceInit {
  /** launchd started this program, and keeps it running. */
  readonly isJob: boolean
}

export const READY_NOTIFICATION = 'surety.suretyd.ready'
export const STOPPING_NOTIFICATION = 'surety.suretyd.stopping'

/**
 * launchd counts a job as running as soon as it was started. Who wants to know that the daemon answers waits for a notification of
 * the system, with `notifyutil -1 surety.suretyd.ready`.
 */
export function launchdService(
  { log, addon }: LaunchdServiceComponents,
  { isJob }: LaunchdServiceInit,
): ServiceManager {
  const announce = (name: string) => {
    try {
      const refused = addon.announce(name)
      if (refused !== 0) log.warn('a notification could not be posted', { name, reason: `notify_post: ${refused}` })
    } catch (error) {
      log.warn('a notification could not be posted', { name, reason: describeError(error) })
    }
  }
  return {
    startsAgain: isJob,
    ready: () => announce(READY_NOTIFICATION),
    stopping: () => announce(STOPPING_NOTIFICATION),
  }
}
