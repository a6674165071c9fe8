import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'

/**
 * Limits how often a device may connect per minute. Only connections on which its key has signed count, so a peer that merely
 * names the device uses up nothing. TLS, an attestation and its commit cost as much as many batches and are in no other rate.
 */
export interface ReconnectLimiter {
  /** @throws `SESSION_LIMIT` if the device connected too often in the last minute, or was cut off for flooding. */
  admit(device: string): void
  /** The device's key has signed on a new connection. */
  arrived(device: string): void
  /** The device was cut off for flooding and is locked out for a minute. */
  flooded(device: string): void
}

export interface ReconnectLimiterComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Called at most once a minute for each device that is locked out. */
  readonly onKeptOut: (device: string, because: FloodOf) => void
}

export type FloodOf = 'connections' | 'pings and pongs'

const MINUTE_MS = 60_000
/** A daemon on a failing network connects ten times a minute, and a few times more if it is woken each time. */
const MOST_A_MINUTE = 120

export function reconnectLimiter({ clock, onKeptOut }: ReconnectLimiterComponents): ReconnectLimiter {
  // All connections of the last minute, oldest first, and their number per device.
  const all: { readonly device: string; readonly until: number }[] = []
  const counts = new Map<string, number>()
  const cutOff = new Map<string, number>()
  const reportedUntil = new Map<string, number>()

  const expireOlder = (now: number) => {
    for (let [first] = all; first !== undefined && first.until <= now; [first] = all) {
      all.shift()
      const left = (counts.get(first.device) ?? 0) - 1
      if (left > 0) counts.set(first.device, left)
      else counts.delete(first.device)
    }
    for (const times of [cutOff, reportedUntil]) {
      for (const [device, until] of times) {
        if (until > now) break // the rest is newer
        times.delete(device)
      }
    }
  }
  const report = (device: string, because: FloodOf, now: number) => {
    if (reportedUntil.has(device)) return
    reportedUntil.set(device, now + MINUTE_MS)
    onKeptOut(device, because)
  }
  return {
    admit(device) {
      expireOlder(clock.monotonic())
      if (!cutOff.has(device) && (counts.get(device) ?? 0) < MOST_A_MINUTE) return
      throw new SuretyError(
        'SESSION_LIMIT',
        'the device connected too often, or was cut off for flooding: try again in a minute',
      )
    },
    arrived(device) {
      const now = clock.monotonic()
      expireOlder(now)
      all.push({ device, until: now + MINUTE_MS })
      const count = (counts.get(device) ?? 0) + 1
      counts.set(device, count)
      if (count >= MOST_A_MINUTE) report(device, 'connections', now)
    },
    flooded(device) {
      const now = clock.monotonic()
      expireOlder(now)
      cutOff.delete(device)
      cutOff.set(device, now + MINUTE_MS)
      report(device, 'pings and pongs', now)
    },
  }
}
