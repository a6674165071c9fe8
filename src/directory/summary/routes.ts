import type { Clock } from '../../base/clock.ts'
import { healthSchema, summarySchema } from '../../protocol/api-directory.ts'
import { type Route, route } from '../http/route.ts'
import type { SummaryStore } from './summary-store.ts'

export interface SummaryRoutesComponents {
  readonly store: { readonly summary: SummaryStore }
  readonly clock: Pick<Clock, 'now'>
  readonly version: string
}

export function summaryRoutes({ store, clock, version }: SummaryRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/health',
      operationId: 'getHealth',
      summary: 'Answers if the directory is running',
      response: healthSchema,
      open: true,
      answer: () => ({ status: 'ok' as const }),
    }),
    route({
      method: 'GET',
      path: '/summary',
      operationId: 'getSummary',
      action: 'view',
      summary: 'Counts of devices, sightings, re-enrolments and tokens',
      response: summarySchema,
      answer() {
        const time = clock.now()
        return { time, version, ...store.summary.counts(time) }
      },
    }),
  ]
}
