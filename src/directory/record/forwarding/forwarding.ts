import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { printableJson } from '../../../base/text/printable.ts'
import { VERSION } from '../../../base/version.ts'
import { ocsfEvent } from '../../../ocsf/event.ts'
import type { Random } from '../../../protocol/ids.ts'
import type { EntryView } from '../../../protocol/nouns/directory/record.ts'
import { LONGEST_WAIT_MS, waitMsAfter } from '../../webhooks/back-off.ts'
import type { Delivering } from '../../webhooks/deliver.ts'
import type { Outcome } from '../../webhooks/post.ts'
import type { EntryQueries } from '../entry-queries.ts'
import type { LogKey } from '../log-key.ts'
import type { ForwardState, ForwardStore } from './forward-store.ts'
import type { Forwarded, Outlet } from './outlet.ts'

export interface ForwardingComponents {
  readonly store: {
    readonly record: Pick<EntryQueries, 'from'>
    readonly forwards: ForwardStore
    transaction<T>(work: () => Promise<T>): Promise<T>
  }
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly log: Pick<Log, 'warn' | 'info'>
  readonly logKey: Pick<LogKey, 'key'>
}

const AT_ONCE = 500
/** A batch has at least one entry. */
const MOST_BYTES = 512 * 1024

/**
 * Sends entries to outlets in the order of the log, each at least once: the place in the log is stored after they were taken. A new
 * outlet begins with the first entry. None is given up.
 */
export function forwarding(components: ForwardingComponents, outlets: readonly Outlet[]): Pick<Delivering, 'step'> {
  const { store, clock, logKey } = components
  const by = { version: VERSION, origin: logKey.key.name }
  return {
    async step(name, signal) {
      const outlet = outlets.find((one) => one.name === name)
      const state = (await store.forwards.get(name)) ?? { name, position: 0, attempts: 0 }
      if (outlet === undefined || waits(state, clock.now())) return false
      const entries = batchOf(await store.record.from(state.position, AT_ONCE), (entry) => forwardedOf(entry, by))
      if (entries.length === 0) return false
      const outcome = await outlet.send(entries, signal)
      // What was cut off by the end of the directory is no failure of the outlet.
      if (signal.aborted && !outcome.delivered) return false
      const after = outcome.delivered
        ? { name, position: state.position + entries.length, deliveredAt: clock.now(), attempts: 0 }
        : failed(components, state, outcome)
      await store.transaction(() => store.forwards.put(after))
      say(components, outlet, { before: state, after })
      return outcome.delivered
    },
  }
}

/** A time that is further away than any back-off is of another clock. */
function waits({ nextAttemptAt = 0 }: ForwardState, now: number): boolean {
  return nextAttemptAt > now && nextAttemptAt - now <= 2 * LONGEST_WAIT_MS
}

function batchOf(views: readonly EntryView[], read: (view: EntryView) => Forwarded): readonly Forwarded[] {
  const batch: Forwarded[] = []
  let bytes = 0
  for (const view of views) {
    const entry = read(view)
    bytes += Buffer.byteLength(entry.json)
    if (batch.length > 0 && bytes > MOST_BYTES) break
    batch.push(entry)
  }
  return batch
}

function forwardedOf(view: EntryView, by: Parameters<typeof ocsfEvent>[1]): Forwarded {
  const event = ocsfEvent(view, by)
  const severity = event.severity === 'High' || event.severity === 'Medium' ? event.severity : 'Informational'
  return { time: view.time, act: view.act, severity, json: printableJson(event) }
}

function failed({ clock, random }: ForwardingComponents, state: ForwardState, outcome: Outcome): ForwardState {
  const now = clock.now()
  const attempts = state.attempts + 1
  return {
    ...state,
    attempts,
    nextAttemptAt: now + waitMsAfter(attempts, outcome.waitMs, random),
    failingSince: state.failingSince ?? now,
    problem: outcome.problem ?? 'failed',
  }
}

interface Step {
  readonly before: ForwardState
  readonly after: ForwardState
}

function say({ log }: ForwardingComponents, { name, target }: Outlet, { before, after }: Step): void {
  if (after.problem === before.problem) return
  if (after.problem === undefined) log.info('the record is forwarded again', { outlet: name })
  else log.warn('the record could not be forwarded', { outlet: name, target, problem: after.problem })
}
