/** Time as the program sees it; passed in, so that tests own it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump either way. */
  now(): number
  /** Milliseconds since some fixed moment; never goes back, may stand still during sleep. */
  monotonic(): number
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, options: { signal: AbortSignal }): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, { signal }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const abort = () => {
        clearTimeout(timer)
        reject(signal.reason)
      }
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort)
        resolve()
      }, ms)
      signal.addEventListener('abort', abort, { once: true })
    }),
}

/** What `work` gives, or a rejection with the signal's reason as soon as it aborts; `work` itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    // Also after an abort: what `work` fails with later must not go unhandled.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/**
 * How long to wait before try number `attempt` (from 0): full jitter, uniform in [0, min(cap, base * 2^attempt)].
 * The jitter is what keeps ten thousand devices from returning in the same second.
 */
export function fullJitterMs(attempt: number, init: { baseMs: number; capMs: number; random: () => number }): number {
  return Math.floor(init.random() * Math.min(init.capMs, init.baseMs * 2 ** Math.min(attempt, 30)))
}
