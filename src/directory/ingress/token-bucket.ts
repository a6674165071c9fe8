/** A rate with a burst: what one device may send. */
export interface TokenBucket {
  /** Takes `amount`, into debt if need be. @returns how long to wait before more is taken, 0 while there is credit. */
  take(amount: number, nowMs: number): number
}

export function tokenBucket(init: {
  readonly perSecond: number
  readonly burst: number
  readonly nowMs: number
}): TokenBucket {
  let credit = init.burst
  let at = init.nowMs
  return {
    take(amount, nowMs) {
      credit = Math.min(init.burst, credit + (Math.max(0, nowMs - at) * init.perSecond) / 1000)
      at = nowMs
      credit -= amount
      return credit >= 0 ? 0 : Math.ceil((-credit * 1000) / init.perSecond)
    },
  }
}
