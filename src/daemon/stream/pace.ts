import type { Clock } from '../../base/clock.ts'

/** Keeps the sender below what the directory takes of one device: a burst, then a sustained rate. */
export function createPace(
  { clock }: { readonly clock: Clock },
  init: { readonly bytesPerSecond: number; readonly burstBytes: number },
): { take(bytes: number, options: { signal: AbortSignal }): Promise<void> } {
  let allowance = init.burstBytes
  let at = clock.monotonic()
  return {
    async take(bytes, options) {
      const now = clock.monotonic()
      allowance = Math.min(init.burstBytes, allowance + ((now - at) * init.bytesPerSecond) / 1000) - bytes
      at = now
      if (allowance < 0) await clock.sleep((-allowance * 1000) / init.bytesPerSecond, options)
    },
  }
}
