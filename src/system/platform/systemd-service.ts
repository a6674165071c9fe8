import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { NativeAddon } from '../native/native-addon.ts'
import type { ServiceManager } from '../platform.ts'

export interface SystemdServiceComponents {
  readonly log: Pick<Log, 'warn'>
  readonly addon: Pick<NativeAddon, 'notifyService'> | undefined
  /** For tests; else a timer for as long as the program runs. */
  readonly every?: (ms: number, act: () => void) => void
}

export interface SystemdServiceInit {
  /** `NOTIFY_SOCKET`; without it, or without the addon, nothing is sent. */
  readonly socket: string | undefined
  /** `WATCHDOG_USEC`: systemd starts the daemon again when it has heard nothing for so long. Microseconds. */
  readonly watchdogUs?: number | undefined
}

/** Two signs of life may be late. */
const SIGNS_OF_LIFE = 3

/** See sd_notify(3) and sd_watchdog_enabled(3). */
export function systemdService(
  { log, addon, every = everyUntilTheEnd }: SystemdServiceComponents,
  { socket, watchdogUs = 0 }: SystemdServiceInit,
): ServiceManager {
  const send = (text: string) => {
    if (socket === undefined || socket === '') return
    try {
      addon?.notifyService(socket, text)
    } catch (error) {
      log.warn('the service manager cannot be notified', { text, reason: describeError(error) })
    }
  }
  return {
    startsAgain: socket !== undefined && socket !== '',
    ready() {
      send('READY=1')
      // From the event loop: one that is stuck sends nothing.
      if (watchdogUs > 0) every(watchdogUs / 1000 / SIGNS_OF_LIFE, () => send('WATCHDOG=1'))
    },
    stopping: () => send('STOPPING=1'),
  }
}

function everyUntilTheEnd(ms: number, act: () => void): void {
  setInterval(act, ms).unref()
}
