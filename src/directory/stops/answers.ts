import type { Receipt } from '../../protocol/messages/evidence.ts'
import type { StopEvent } from '../../protocol/stop.ts'
import type { AuditStore } from '../audit/audit.ts'
import type { AnsweredOrder, StopAnswer, StopAnswerStore } from './stop-store.ts'

/** What devices answer to stops. All of it is audit: none of it may be dropped. */

export interface StopAnswersStore {
  readonly stopDevices: StopAnswerStore
  readonly audit: AuditStore
}

/** An order that failed is sent again after this time, or at the next welcome after it. */
const AGAIN_AFTER_MS = 3_600_000

/** Events of one device in a day that are recorded one by one. More are summed in each batch: the evidence has all of them. */
const MOST_A_DAY = 1_000
const DAY_MS = 86_400_000

/** A stop or drill that is done says what was frozen or ended. Without that nothing shows it, and it counts as failed. */
export async function provenReceipt(
  store: Pick<StopAnswersStore, 'stopDevices'>,
  device: string,
  receipt: Receipt,
): Promise<Receipt> {
  if (receipt.outcome !== 'done' || receipt.stop !== undefined) return receipt
  const kind = (await store.stopDevices.answeredOrder(device, receipt.order))?.kind
  const isProven = kind === undefined || kind === 'release'
  return isProven ? receipt : { ...receipt, outcome: 'failed', code: 'FRAME_MALFORMED' }
}

/** @returns false if the receipt answers an order that is of no stop. */
export async function applyStopReceipt(
  store: StopAnswersStore,
  device: string,
  { receipt, at }: { readonly receipt: Receipt; readonly at: number },
): Promise<boolean> {
  const order = await store.stopDevices.answeredOrder(device, receipt.order)
  if (order === undefined) return false
  const { outcome, code, stop } = receipt
  await store.stopDevices.putAnswer(device, order, {
    ...(order.newest ? { answer: answerOf(order, receipt, at) } : {}),
    // What a device lets go is no longer what it froze.
    ...(order.kind === 'release' ? {} : { receipt: stop }),
  })
  await store.audit.add({
    at,
    actor: device,
    act: 'stop-answered',
    subject: order.stop,
    device,
    details: {
      stop: order.stop,
      order: receipt.order,
      kind: order.kind,
      outcome,
      ...(code === undefined ? {} : { code }),
      ...(stop === undefined ? {} : factsOf(stop)),
    },
  })
  return true
}

function answerOf(order: AnsweredOrder, receipt: Receipt, at: number): StopAnswer {
  const state = stateAfter(order, receipt)
  const failed = state === 'failed' || state === 'release-failed'
  return { state, at, code: receipt.code, dueAt: failed ? at + AGAIN_AFTER_MS : undefined }
}

function stateAfter({ kind }: AnsweredOrder, { outcome, stop }: Receipt): StopAnswer['state'] {
  if (kind === 'release') return outcome === 'done' ? 'released' : 'release-failed'
  if (outcome !== 'done') return 'failed'
  // The canary of a drill matches.
  return kind === 'drill' || (stop !== undefined && stop.agentCount > 0) ? 'frozen' : 'nothing-matched'
}

/** The lists are in the evidence, and with the device of the stop. */
function factsOf(stop: NonNullable<Receipt['stop']>) {
  const { method, agentCount, processCount, network, missed, weaknesses, confirmedAt } = stop
  return {
    method,
    agents: agentCount,
    processes: processCount,
    network,
    missed: missed.length,
    ...(weaknesses.length === 0 ? {} : { weaknesses: weaknesses.join(' ') }),
    ...(confirmedAt === undefined ? {} : { confirmedAt }),
  }
}

export async function applyStopEvents(
  store: StopAnswersStore,
  device: string,
  { events, at }: { readonly events: readonly StopEvent[]; readonly at: number },
): Promise<void> {
  const together = await store.stopDevices.hasMoreEvents(device, MOST_A_DAY, at - DAY_MS)
  const sums = new Map<string, { stop: string; kind: string; events: number; processes: number }>()
  for (const event of events) {
    const isKnown = await store.stopDevices.putEvent(device, event)
    const { kind, stop, time, ...rest } = event
    if (!together) {
      const details = { stop, kind, ...rest, deviceTime: time }
      await store.audit.add({ at, actor: device, act: 'stop-event', subject: stop, device, details })
      continue
    }
    const about = isKnown || stop === 'local' ? stop : 'unknown'
    const sum = sums.get(`${about} ${kind}`) ?? { stop: about, kind, events: 0, processes: 0 }
    sum.events++
    sum.processes += event.processes
    sums.set(`${about} ${kind}`, sum)
  }
  for (const details of sums.values()) {
    await store.audit.add({ at, actor: device, act: 'stop-event', subject: details.stop, device, details })
  }
}
