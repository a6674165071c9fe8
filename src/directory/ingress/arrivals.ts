import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'

/**
 * How often each device has come within a minute. What counts is what its key has signed on a connection: whoever only says
 * its name takes nothing from it. TLS, an attestation and its commit cost as much as many batches, and no rate pays for them.
 */
export interface Arrivals {
  /** @throws `SESSION_LIMIT` when it may not come before the minute is over. */
  admit(device: string): void
  /** Its key has signed on a new connection. */
  arrived(device: string): void
  /** It was cut off for what it sent without a pause, and may not come before the minute is over. */
  flooded(device: string): void
}

export interface ArrivalsComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Told once for each time that a device is kept out. */
  readonly keptOut: (device: string, because: FloodOf) => void
}

export type FloodOf = 'connections' | 'pings and pongs'

const MINUTE_MS = 60_000
/** A daemon whose network fails at every turn comes ten times a minute, and one that is nudged each time a few times more. */
const MOST_A_MINUTE = 120

export function arrivals({ clock, keptOut }: ArrivalsComponents): Arrivals {
  let since = clock.monotonic()
  let counts = new Map<string, number>()
  /** Those of the minute that it is. */
  const current = () => {
    const now = clock.monotonic()
    if (now - since >= MINUTE_MS) {
      since = now
      counts = new Map()
    }
    return counts
  }
  return {
    admit(device) {
      if ((current().get(device) ?? 0) < MOST_A_MINUTE) return
      throw new SuretyError('SESSION_LIMIT', 'the device has connected too often, or was cut off for what it sent')
    },
    arrived(device) {
      const count = (current().get(device) ?? 0) + 1
      counts.set(device, count)
      if (count === MOST_A_MINUTE) keptOut(device, 'connections')
    },
    flooded(device) {
      current().set(device, MOST_A_MINUTE)
      keptOut(device, 'pings and pongs')
    },
  }
}
