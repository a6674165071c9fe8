import type { Clock } from '../../base/clock.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { ProcessChange } from '../../discovery/process-table/process-change.ts'

export interface LookOnChangeComponents {
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>
  /** Calls when something changed among the processes, until disposed. */
  readonly watch: (onChange: (change: ProcessChange) => void) => Disposable
  /** A look that began no earlier than it was asked for. Rejects only for its signal. */
  readonly look: (options: { signal: AbortSignal; quick: boolean }) => Promise<void>
}

interface Wait {
  /** How long it may wait for others, and how long after the last look it does at least. */
  readonly forOthersMs: number
  readonly afterLookMs: number
  /** Only a look at everything tells. */
  readonly whole?: true
}

const WAITS: Readonly<Record<ProcessChange, Wait>> = {
  // An agent that begins is told at once.
  started: { forOthersMs: 0, afterLookMs: 0 },
  ended: { forOthersMs: 100, afterLookMs: 200 },
  part: { forOthersMs: 200, afterLookMs: 1_000 },
  tool: { forOthersMs: 200, afterLookMs: 1_000, whole: true },
  lost: { forOthersMs: 200, afterLookMs: 1_000, whole: true },
}
/** A look costs a few milliseconds. Of agents that begin by the hundred the first are told at once, the rest together. */
const LOOKS_AT_ONCE = 8
const LOOK_EVERY_MS = 100

/**
 * Looks when something changes, and once more when it changed during the look. Runs until `signal` aborts.
 *
 * @throws what `watch` throws.
 */
export async function lookOnChange(
  { clock, watch, look }: LookOnChangeComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const changed = new WakeUp()
  const allowance = lookAllowance(clock)
  let dueAt = Number.POSITIVE_INFINITY
  let wholeDueAt = Number.POSITIVE_INFINITY
  let lookedAt = Number.NEGATIVE_INFINITY
  using _ = watch((change) => {
    const { forOthersMs, afterLookMs, whole = false } = WAITS[change]
    // Soon enough, with a quick look before it if one is due earlier.
    if (whole) wholeDueAt = Math.min(wholeDueAt, Math.max(clock.monotonic() + forOthersMs, lookedAt + afterLookMs))
    dueAt = Math.min(dueAt, Math.max(clock.monotonic() + forOthersMs, lookedAt + afterLookMs))
    changed.wake()
  })
  while (!signal.aborted) {
    const waitMs = Math.max(dueAt, allowance.nextAt()) - clock.monotonic()
    if (dueAt === Number.POSITIVE_INFINITY) await changed.wait({ signal })
    else if (waitMs > 0) await eitherOf(changed, clock, waitMs, signal)
    signal.throwIfAborted()
    if (Math.max(dueAt, allowance.nextAt()) > clock.monotonic()) continue
    allowance.take()
    lookedAt = clock.monotonic()
    const quick = wholeDueAt > lookedAt
    if (!quick) wholeDueAt = Number.POSITIVE_INFINITY
    dueAt = wholeDueAt
    await look({ signal, quick })
  }
}

/** As many at once as may be, and no more than one at each interval for long. */
function lookAllowance(clock: Pick<Clock, 'monotonic'>) {
  /** When all that was taken will have come back. */
  let fullAt = Number.NEGATIVE_INFINITY
  return {
    nextAt: () => fullAt - (LOOKS_AT_ONCE - 1) * LOOK_EVERY_MS,
    take() {
      fullAt = Math.max(fullAt, clock.monotonic()) + LOOK_EVERY_MS
    },
  }
}

async function eitherOf(
  changed: WakeUp,
  clock: Pick<Clock, 'sleep'>,
  waitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  await Promise.race([changed.wait({ signal: either }), clock.sleep(waitMs, { signal: either }).catch(() => undefined)])
  over.abort()
}
