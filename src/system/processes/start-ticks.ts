/** How a system counts `ProcessEntry.startTicks`. */
export interface StartTicks {
  readonly perSecond: number
  readonly since: 'boot' | '1970'
}

/** USER_HZ of Linux, the same on all machines that Node supports. */
export const CLOCK_TICKS: StartTicks = { perSecond: 100, since: 'boot' }

/** Of macOS and Windows. */
export const MICROSECONDS: StartTicks = { perSecond: 1_000_000, since: '1970' }

/** @param bootedAt milliseconds since 1970. @returns milliseconds since 1970. */
export function startedAt(startTicks: number, { perSecond, since }: StartTicks, bootedAt: number): number {
  return Math.max(0, Math.round((since === 'boot' ? bootedAt : 0) + (startTicks * 1000) / perSecond))
}
