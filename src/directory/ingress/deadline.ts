import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import type { Connection } from './connection.ts'

/** Ends a connection whose device takes too long to authenticate. */
export interface Deadline {
  /** Counts anew from now. */
  restart(ms: number): void
  clear(): void
}

export function deadline(clock: Clock, connection: Connection, ms: number): Deadline {
  let cancel = new AbortController()
  const start = (delay: number) => {
    const { signal } = cancel
    clock.sleep(delay, { signal: AbortSignal.any([signal, connection.signal]) }).then(
      () => connection.refuse(new SuretyError('SESSION_TIMEOUT', 'the device took too long to authenticate')),
      () => undefined, // cleared, or the connection is gone
    )
  }
  start(ms)
  return {
    restart(delay) {
      cancel.abort()
      cancel = new AbortController()
      start(delay)
    },
    clear() {
      cancel.abort()
    },
  }
}
