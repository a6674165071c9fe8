import type { Clock } from '../../base/clock.ts'

/** A time that was told once, and goes on by itself whatever becomes of the wall clock. */
export interface CarriedTime {
  /** Milliseconds since 1970. */
  time(): number
  /** A later time; an earlier one changes nothing. */
  adopt(later: number): void
}

export interface CarriedTimeComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Time since boot, sleep included. The monotonic clock stands still in it, and an order would outlive its end. */
  readonly boot: { uptimeMs(): number }
}

/** Of the two clocks the one that says more: neither goes back, and one of them may stand still. */
export function carriedTime({ clock, boot }: CarriedTimeComponents, toldTime: number): CarriedTime {
  const anchorAt = (time: number) => ({ time, monotonic: clock.monotonic(), uptime: boot.uptimeMs() })
  let anchor = anchorAt(toldTime)
  const time = () => {
    const elapsedMs = Math.max(clock.monotonic() - anchor.monotonic, boot.uptimeMs() - anchor.uptime)
    return Math.floor(anchor.time + elapsedMs)
  }
  return {
    time,
    adopt(later) {
      if (later > time()) anchor = anchorAt(later)
    },
  }
}
