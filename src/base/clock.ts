/** The time. Passed in, so that tests control it. */
export interface Clock {
  /** Wall clock, milliseconds since 1970. May jump either way. */
  now(): number
  /** Milliseconds since a fixed moment. Never goes back; may stop while the machine sleeps. */
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

/** Settles like `work`, or rejects with the signal's reason as soon as it aborts. `work` itself continues. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    // After an abort this still handles a later rejection of `work`.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Never resolves. Rejects with the signal's reason. */
export function untilAborted({ signal }: { readonly signal: AbortSignal }): Promise<never> {
  return orAborted(new Promise<never>(() => undefined), signal)
}

/**
 * The delay before try number `attempt` (from 0): uniform in [0, min(cap, base * 2^attempt)], known as full jitter. It keeps
 * ten thousand devices from reconnecting in the same second.
 */
export function fullJitterMs(attempt: number, init: { baseMs: number; capMs: number; random: () => number }): number {
  return Math.floor(init.random() * Math.min(init.capMs, init.baseMs * 2 ** Math.min(attempt, 30)))
}
