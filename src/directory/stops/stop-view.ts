import { member } from '../../base/json-object.ts'
import type { SelectorNames, StopProgress, StopState, StopView } from '../../protocol/nouns/agents/stops.ts'
import type { NewStop, StoredStop } from './stop-store.ts'

/** The state at a time: a stop that waits lapses, and one in force ends, without any timer. */
export function stateAt({ state, endsAt }: Pick<NewStop, 'state' | 'endsAt'>, now: number): StopState {
  if (endsAt === undefined || now < endsAt) return state
  if (state === 'waiting') return 'lapsed'
  return state === 'standing' || state === 'release-waiting' ? 'ended' : state
}

export function stopView(
  stop: StoredStop,
  { names, progress }: { readonly names: SelectorNames | undefined; readonly progress: StopProgress },
  now: number,
): StopView {
  const { id, kind, selector, reason, created, endsAt, emergency, twoPersons, confirmed, release } = stop
  return {
    id,
    kind,
    selector,
    ...member('names', names),
    reason,
    state: stateAt(stop, now),
    createdAt: created.at,
    createdBy: created.by,
    ...member('endsAt', endsAt),
    emergency,
    twoPersons,
    ...(confirmed === undefined ? {} : { confirmedAt: confirmed.at, confirmedBy: confirmed.by }),
    ...(release === undefined
      ? {}
      : {
          release: {
            requestedAt: release.at,
            requestedBy: release.by,
            reason: release.reason,
            ...(release.confirmed === undefined
              ? {}
              : { confirmedAt: release.confirmed.at, confirmedBy: release.confirmed.by }),
          },
        }),
    progress,
  }
}
