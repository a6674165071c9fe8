import type { Clock } from '../../base/clock.ts'
import { closed, Type } from '../../base/schema.ts'
import {
  HISTORY_HOURS,
  historySchema,
  MOST_HISTORY_DAYS,
  USUAL_HISTORY_DAYS,
} from '../../protocol/nouns/directory/history.ts'
import { type Route, route } from '../http/route.ts'
import { DAY_MS, type HistoryStore, HOUR_MS } from './history.ts'

export function historyRoutes({
  store,
  clock,
}: {
  readonly store: { readonly history: HistoryStore }
  readonly clock: Pick<Clock, 'now'>
}): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/history',
      operationId: 'getHistory',
      action: 'view',
      summary:
        'Counts of devices, agents, stops and what waits: of each of the last days by its busiest hour, and of the last 48 hours',
      query: closed({
        days: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_HISTORY_DAYS, default: USUAL_HISTORY_DAYS })),
      }),
      response: historySchema,
      async answer({ query: { days = USUAL_HISTORY_DAYS } }) {
        const now = clock.now()
        const today = now - (now % DAY_MS)
        const counted = await store.history.days(today - (days - 1) * DAY_MS)
        return {
          days: counted.map((one) => ({ day: new Date(one.time).toISOString().slice(0, 10), ...one })),
          hours: [...(await store.history.hours(now - HISTORY_HOURS * HOUR_MS))],
        }
      },
    }),
  ]
}
