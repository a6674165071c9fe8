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
  return new Bucket(init)
}

/** A class, for every device that ever said something has one. */
class Bucket implements TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #credit: number
  #at: number

  constructor(init: { readonly perSecond: number; readonly burst: number; readonly nowMs: number }) {
    this.#perSecond = init.perSecond
    this.#burst = this.#credit = init.burst
    this.#at = init.nowMs
  }

  take(amount: number, nowMs: number): number {
    const earned = (Math.max(0, nowMs - this.#at) * this.#perSecond) / 1000
    this.#credit = Math.min(this.#burst, this.#credit + earned) - amount
    this.#at = nowMs
    return this.#credit >= 0 ? 0 : Math.ceil((-this.#credit * 1000) / this.#perSecond)
  }
}
