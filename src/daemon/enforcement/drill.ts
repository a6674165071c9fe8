import { randomBytes } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import { describeError, type ErrorCode, SuretyError } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import type { StopReceipt } from '../../protocol/stop.ts'
import type { Canary } from '../../system/enforcement/canary.ts'
import type { Freezer } from '../../system/freezer/freezer.ts'
import { heldFrom } from './agents/held-agents.ts'
import type { DrillOutcome } from './drill-file.ts'
import type { StopEffects } from './stops/stop-effects.ts'
import { incompleteCode, type ReceiptComponents, stopReceipt } from './stops/stop-receipt.ts'
import type { HeldAgent } from './stops/stops-file.ts'

export interface DrillComponents extends ReceiptComponents {
  readonly clock: Clock
  readonly log: Log
  readonly freezer: Freezer
  readonly effects: Pick<StopEffects, 'cut' | 'released'>
  readonly startCanary: (options: { signal: AbortSignal }) => Promise<Canary>
  /** Whether programs can be held as they start. */
  readonly isExecHeld: boolean
  /** The receipt waits for it. */
  readonly onDrill: (outcome: DrillOutcome) => Promise<void>
}

const WITHIN_MS = 30_000
/** The canary would have counted so long: hundreds of steps. */
const STILL_MS = 100

/**
 * Freezes the canary as a stop freezes an agent, sees that it stands still, lets it continue and ends it.
 *
 * @throws `STOP_INCOMPLETE` when it cannot be started, went on while it was frozen, or did not continue afterwards.
 */
export async function runDrill(
  components: DrillComponents,
): Promise<{ readonly receipt: StopReceipt; readonly code?: ErrorCode }> {
  const { clock, log, onDrill } = components
  const begun = clock.monotonic()
  const signal = AbortSignal.timeout(WITHIN_MS)
  try {
    await using canary = await components.startCanary({ signal })
    const { receipt, code, tookMs } = await drillWith(components, canary, signal)
    const failure = code === undefined ? {} : { failure: 'not all of its processes were frozen' }
    await onDrill({ method: receipt.method, ...(tookMs === undefined ? {} : { tookMs }), ...failure })
    log.info('drill done', { method: receipt.method, tookMs, wholeMs: Math.round(clock.monotonic() - begun) })
    return { receipt, ...(code === undefined ? {} : { code }) }
  } catch (cause) {
    const failure = describeError(cause)
    await onDrill({ method: 'none', failure })
    log.error('drill failed', { reason: failure })
    throw new SuretyError('STOP_INCOMPLETE', `the drill failed: ${failure}`, { cause })
  }
}

async function drillWith(components: DrillComponents, canary: Canary, signal: AbortSignal) {
  const { clock, freezer, effects, processes, isExecHeld } = components
  const wanted = {
    agent: randomBytes(16).toString('hex'),
    product: 'surety-canary',
    name: 'canary',
    stops: [],
    user: 'root',
    userId: '0',
    programs: [],
    packages: [],
  }
  const startTicks = processes.entry(canary.pid)?.startTicks ?? 0
  freezer.own([{ pid: canary.pid, agent: wanted.agent }])
  let held: HeldAgent | undefined
  try {
    const result = await freezer.freeze([{ agent: wanted.agent, processes: [{ pid: canary.pid, startTicks }] }])
    held = heldFrom(wanted, result, undefined)
    if (held === undefined) throw new SuretyError('STOP_INCOMPLETE', 'nothing of the canary was frozen')
    const confirmedAt = result.confirmedMs === undefined ? undefined : Math.trunc(clock.now())
    const before = canary.counts()
    const isNetworkCut = await effects.cut([held])
    await clock.sleep(STILL_MS, { signal })
    if (canary.counts().join() !== before.join()) throw new SuretyError('STOP_INCOMPLETE', 'the frozen canary went on')
    const facts = { agents: [held], result, confirmedAt, refused: [], isNetworkCut, isExecHeld }
    const receipt = stopReceipt(components, facts)
    await letGo(components, held)
    held = undefined
    await canary.goesOn({ signal })
    return { receipt, code: incompleteCode(facts), tookMs: result.confirmedMs }
  } finally {
    if (held !== undefined) await letGo(components, held)
    freezer.own([{ pid: canary.pid, agent: '' }])
  }
}

async function letGo({ freezer, effects }: DrillComponents, held: HeldAgent): Promise<void> {
  freezer.release(held.agent, held.signalled ?? [])
  await effects.released([held])
}
