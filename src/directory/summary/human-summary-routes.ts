import type { Clock } from '../../base/clock.ts'
import { member } from '../../base/json-object.ts'
import { closed } from '../../base/schema.ts'
import { humanIdSchema } from '../../protocol/ids.ts'
import { mayDo } from '../../protocol/noun/permissions.ts'
import { humanSummarySchema, SUMMARY_ITEMS } from '../../protocol/nouns/people/human-summary.ts'
import { type Route, route } from '../http/route.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { storedHuman } from '../humans/humans.ts'
import { humanView } from '../humans/views.ts'
import type { StopQueries, StopStore } from '../stops/stop-store.ts'
import { stateAt } from '../stops/stop-view.ts'
import type { HumanSummaryStore } from './human-summary-store.ts'

interface HumanSummaryRoutesComponents {
  readonly store: {
    readonly humans: Pick<HumanStore, 'get'>
    readonly humanSummaries: HumanSummaryStore
    readonly stops: Pick<StopStore, 'list'>
    readonly stopProgress: Pick<StopQueries, 'names'>
  }
  readonly clock: Pick<Clock, 'now'>
}

const params = closed({ id: humanIdSchema })

/** One human with everything that is theirs. */
export function humanSummaryRoutes({ store, clock }: HumanSummaryRoutesComponents): readonly Route[] {
  const stopsOf = async (filter: { readonly concerns: string } | { readonly by: string }, now: number) => {
    const { items, total = 0 } = await store.stops.list({ ...filter, limit: SUMMARY_ITEMS }, now)
    const shown = []
    for (const stop of items) {
      const { id, kind, selector, reason, created } = stop
      const names = await store.stopProgress.names(selector)
      const known = { id, kind, state: stateAt(stop, now), selector, ...member('names', names), reason }
      shown.push({ ...known, createdAt: created.at, createdBy: created.by.name })
    }
    return { total, items: shown }
  }
  return [
    route({
      method: 'GET',
      path: '/humans/{id}/summary',
      operationId: 'summarizeHuman',
      action: 'view',
      summary:
        'Everything of a person: devices, agents, registrations, claims, groups, accounts; for roles that audit also stops',
      params,
      response: humanSummarySchema,
      async answer({ params: { id }, principal }) {
        const now = clock.now()
        const human = humanView(await storedHuman(store.humans, id))
        const things = await store.humanSummaries.of(id, now)
        if (!mayDo(principal.role, 'audit')) return { human, ...things }
        const [stops, stopsMade] = [await stopsOf({ concerns: id }, now), await stopsOf({ by: id }, now)]
        return { human, ...things, stops, stopsMade }
      },
    }),
  ]
}
