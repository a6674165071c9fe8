import type { Clock } from '../../base/clock.ts'
import type { Removal } from '../../protocol/messages/control.ts'
import type { Spool } from '../spool/spool.ts'
import type { State } from '../state/state.ts'
import type { TamperWatch } from './tamper-watch.ts'

export interface ReportRemovalComponents {
  readonly clock: Clock
  readonly spool: Pick<Spool, 'chain'>
  readonly state: Pick<State, 'identity'>
  readonly tamper: Pick<TamperWatch, 'removed'>
}

const WITHIN_MS = 10_000
const LOOK_MS = 100

/** Tells the directory that the daemon is removed, and waits a little until the directory has it. */
export async function reportRemoval(
  { clock, spool, state, tamper }: ReportRemovalComponents,
  act: { readonly by: string; readonly reason: string },
  { signal }: { signal: AbortSignal },
): Promise<Removal> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  // A device that is not enrolled has no directory to wait for.
  const withinMs = state.identity === undefined ? 0 : WITHIN_MS
  const late = clock.sleep(withinMs, { signal: either }).then(
    () => over.abort(),
    () => undefined,
  )
  try {
    await tamper.removed(act, { signal: either })
    const sequence = spool.chain?.head.sequence ?? 0
    while ((spool.chain?.acknowledged.sequence ?? 0) < sequence) await clock.sleep(LOOK_MS, { signal: either })
    return { report: 'sent' }
  } catch (error) {
    if (signal.aborted || !over.signal.aborted) throw error
    return { report: 'kept' }
  } finally {
    over.abort()
    await late
  }
}
