import type { Clock } from '../../base/clock.ts'
import { describeError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'

export interface WorkerComponents {
  readonly clock: Pick<Clock, 'sleep'>
  readonly log: Pick<Log, 'error'>
}

export interface WorkerInit {
  /** A slice of work: some ten milliseconds, in which devices and administrators wait. @returns whether there may be more. */
  readonly work: () => boolean | Promise<boolean>
  /** Looks for work that no `wake` announces. */
  readonly everyMs: number
  /** Until the first look. */
  readonly firstAfterMs?: number
  /** The log's message for what `work` throws. */
  readonly failure: string
}

export interface Worker {
  /** There is work. What is woken while it works looks once more. */
  wake(): void
  readonly ended: Promise<void>
}

/** After a failure, so that work which wakes its own worker and fails does not turn without a pause. */
const PAUSE_AFTER_FAILURE_MS = 1_000

/** Works until nothing is left, then waits to be woken or for `everyMs`. Ends with the signal, between two slices. */
export function worker(
  { clock, log }: WorkerComponents,
  { work, everyMs, firstAfterMs = 0, failure }: WorkerInit,
  { signal }: { readonly signal: AbortSignal },
): Worker {
  let isWoken = false
  let waiting = new AbortController()
  const pause = (ms: number, until: AbortSignal) => clock.sleep(ms, { signal: until }).catch(() => undefined)
  const wait = async (ms: number) => {
    waiting = new AbortController()
    if (!isWoken) await pause(ms, AbortSignal.any([signal, waiting.signal]))
    isWoken = false
  }
  const run = async () => {
    if (firstAfterMs > 0) await wait(firstAfterMs)
    while (!signal.aborted) {
      try {
        while (!signal.aborted && (await work())) await new Promise((resolve) => setImmediate(resolve))
      } catch (error) {
        log.error(failure, { error: describeError(error) })
        await pause(PAUSE_AFTER_FAILURE_MS, signal)
      }
      await wait(everyMs)
    }
  }
  return {
    wake() {
      isWoken = true
      waiting.abort()
    },
    ended: run(),
  }
}
