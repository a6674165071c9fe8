import type { Clock } from '../../base/clock.ts'
import { WakeUp } from '../../base/wake-up.ts'
import type { ProcessChange } from '../../discovery/process-table/change-counter.ts'

export interface ScanOnChangeComponents {
  readonly clock: Pick<Clock, 'sleep' | 'monotonic'>
  /** Calls `onChange` for each change among the processes, until disposed. */
  readonly watch: (onChange: (change: ProcessChange) => void) => Disposable
  /** Runs a scan that begins after this call. Rejects only for its signal. */
  readonly scan: (options: { signal: AbortSignal; quick: boolean }) => Promise<void>
}

interface Delay {
  /** From the change to the scan, so that further changes share it. */
  readonly afterChangeMs: number
  /** From the last scan to this one, at least. */
  readonly afterScanMs: number
  /** Only a full scan finds what changed. */
  readonly isFull?: true
}

const DELAYS: Readonly<Record<ProcessChange, Delay>> = {
  // The start of an agent is reported at once.
  started: { afterChangeMs: 0, afterScanMs: 0 },
  ended: { afterChangeMs: 100, afterScanMs: 200 },
  part: { afterChangeMs: 200, afterScanMs: 1_000 },
  tool: { afterChangeMs: 200, afterScanMs: 1_000, isFull: true },
  lost: { afterChangeMs: 200, afterScanMs: 1_000, isFull: true },
}
/** A scan takes a few milliseconds. When agents start by the hundred, the first ones get a scan each and the rest share. */
const BURST_SCANS = 8
const SCAN_INTERVAL_MS = 100

/**
 * Scans when processes change, and once more when they changed during the scan. Runs until `signal` aborts.
 *
 * @throws what `watch` throws.
 */
export async function scanOnChange(
  { clock, watch, scan }: ScanOnChangeComponents,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const changed = new WakeUp()
  const rateLimit = scanRateLimit(clock)
  let dueAt = Number.POSITIVE_INFINITY
  let fullDueAt = Number.POSITIVE_INFINITY
  let scannedAt = Number.NEGATIVE_INFINITY
  using _ = watch((change) => {
    const { afterChangeMs, afterScanMs, isFull = false } = DELAYS[change]
    const at = Math.max(clock.monotonic() + afterChangeMs, scannedAt + afterScanMs)
    // A quick scan may come before the full one.
    if (isFull) fullDueAt = Math.min(fullDueAt, at)
    dueAt = Math.min(dueAt, at)
    changed.wake()
  })
  while (!signal.aborted) {
    const waitMs = Math.max(dueAt, rateLimit.nextAt()) - clock.monotonic()
    if (dueAt === Number.POSITIVE_INFINITY) await changed.wait({ signal })
    else if (waitMs > 0) await waitOrWake(changed, clock, waitMs, signal)
    signal.throwIfAborted()
    if (Math.max(dueAt, rateLimit.nextAt()) > clock.monotonic()) continue
    rateLimit.take()
    scannedAt = clock.monotonic()
    const quick = fullDueAt > scannedAt
    if (!quick) fullDueAt = Number.POSITIVE_INFINITY
    dueAt = fullDueAt
    await scan({ signal, quick })
  }
}

/** A token bucket: `BURST_SCANS` at once, and one each `SCAN_INTERVAL_MS` in the long run. */
function scanRateLimit(clock: Pick<Clock, 'monotonic'>) {
  /** When all tokens are back. */
  let fullAt = Number.NEGATIVE_INFINITY
  return {
    nextAt: () => fullAt - (BURST_SCANS - 1) * SCAN_INTERVAL_MS,
    take() {
      fullAt = Math.max(fullAt, clock.monotonic()) + SCAN_INTERVAL_MS
    },
  }
}

async function waitOrWake(
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
