import type { Clock } from '../base/clock.ts'
import { WakeUp } from './wake-up.ts'

export interface LookOnChangeComponents {
  readonly clock: Pick<Clock, 'sleep'>
  /** Calls when an agent starts or ends, until disposed. */
  readonly watch: (onChange: () => void) => Disposable
  /** Rejects only for its signal. */
  readonly look: (options: { signal: AbortSignal }) => Promise<void>
}

/** A look costs a few milliseconds: agents that come and go by the hundred are looked at together. */
const PAUSE_MS = 200

/**
 * Looks at once when something changes, and once more when it changed during the look. Runs until `signal` aborts.
 *
 * @throws what `watch` throws.
 */
export async function lookOnChange(
  { clock, watch, look }: LookOnChangeComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const changed = new WakeUp()
  let due = false
  using _ = watch(() => {
    due = true
    changed.wake()
  })
  while (!signal.aborted) {
    if (!due) await changed.wait({ signal })
    signal.throwIfAborted()
    due = false
    await look({ signal })
    await clock.sleep(PAUSE_MS, { signal })
  }
}
