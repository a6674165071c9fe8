import type { Clock } from '../../base/clock.ts'

/** The directory's time: a signed time plus what has elapsed since, independent of the wall clock. */
export interface DirectoryTime {
  /** Milliseconds since 1970. */
  time(): number
  /** Takes a later signed time. An earlier one changes nothing. */
  adopt(later: number): void
}

export interface DirectoryTimeComponents {
  readonly clock: Pick<Clock, 'monotonic'>
  /**
   * Time since boot, sleep included. The monotonic clock stands still while the machine sleeps, and with it alone an order
   * would outlive its end.
   */
  readonly boot: { uptimeMs(): number }
}

/** Elapsed time is the larger of what the two clocks count: neither goes back, and either may stand still. */
export function directoryTimeFrom({ clock, boot }: DirectoryTimeComponents, signedTime: number): DirectoryTime {
  const anchorAt = (time: number) => ({ time, monotonic: clock.monotonic(), uptime: boot.uptimeMs() })
  let anchor = anchorAt(signedTime)
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
