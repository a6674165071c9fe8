import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'

/**
 * How often each device has come within the last minute. What counts is what its key has signed on a connection: a peer that
 * only says its name takes nothing from it. TLS, an attestation and its commit cost as much as many batches, and no rate
 * pays for them.
 */
export interface Arrivals {
  /** @throws `SESSION_LIMIT` when it has come too often in the minute before, or was cut off in it. */
  admit(device: string): void
  /** Its key has signed on a new connection. */
  arrived(device: string): void
  /** It was cut off for what it sent without a pause, and may not come for a minute. */
  flooded(device: string): void
}

export interface ArrivalsComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Told once a minute at most of each device that is kept out. */
  readonly keptOut: (device: string, because: FloodOf) => void
}

export type FloodOf = 'connections' | 'pings and pongs'

const MINUTE_MS = 60_000
/** A daemon whose network fails at every turn comes ten times a minute, and one that is nudged each time a few times more. */
const MOST_A_MINUTE = 120

export function arrivals({ clock, keptOut }: ArrivalsComponents): Arrivals {
  // All of the last minute, oldest first, and how many there are of each device.
  const all: { readonly device: string; readonly until: number }[] = []
  const counts = new Map<string, number>()
  const cutOff = new Map<string, number>()
  const toldUntil = new Map<string, number>()

  const forgetOlder = (now: number) => {
    for (let [first] = all; first !== undefined && first.until <= now; [first] = all) {
      all.shift()
      const left = (counts.get(first.device) ?? 0) - 1
      if (left > 0) counts.set(first.device, left)
      else counts.delete(first.device)
    }
    for (const times of [cutOff, toldUntil]) {
      for (const [device, until] of times) {
        if (until > now) break // those after it were added later
        times.delete(device)
      }
    }
  }
  const tell = (device: string, because: FloodOf, now: number) => {
    if (toldUntil.has(device)) return
    toldUntil.set(device, now + MINUTE_MS)
    keptOut(device, because)
  }
  return {
    admit(device) {
      forgetOlder(clock.monotonic())
      if (!cutOff.has(device) && (counts.get(device) ?? 0) < MOST_A_MINUTE) return
      throw new SuretyError('SESSION_LIMIT', 'the device has connected too often, or was cut off for what it sent')
    },
    arrived(device) {
      const now = clock.monotonic()
      forgetOlder(now)
      all.push({ device, until: now + MINUTE_MS })
      const count = (counts.get(device) ?? 0) + 1
      counts.set(device, count)
      if (count >= MOST_A_MINUTE) tell(device, 'connections', now)
    },
    flooded(device) {
      const now = clock.monotonic()
      forgetOlder(now)
      cutOff.delete(device)
      cutOff.set(device, now + MINUTE_MS)
      tell(device, 'pings and pongs', now)
    },
  }
}
