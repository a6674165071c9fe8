import { Type, words } from '../../base/schema.ts'
import {
  authoritySchema,
  EVENT_KINDS,
  eventPageSchema,
  healthSchema,
  summarySchema,
} from '../../protocol/api-administration.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { numbersOf, page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

/** The directory itself. */
export function directoryRoutes({ store, authority, clock, version }: ApiComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/health',
      operationId: 'getHealth',
      summary: 'That it answers, and nothing else',
      response: healthSchema,
      open: true,
      answer: () => ({ status: 'ok' as const }),
    }),
    route({
      method: 'GET',
      path: '/summary',
      operationId: 'getSummary',
      summary: 'Counts of everything',
      response: summarySchema,
      answer() {
        const time = clock.now()
        return { time, version, ...store.counts(time) }
      },
    }),
    route({
      method: 'GET',
      path: '/events',
      operationId: 'listEvents',
      summary: 'What happened, newest first',
      query: pageQuery({ device: Type.Optional(deviceIdSchema), kind: Type.Optional(words(...EVENT_KINDS)) }),
      response: eventPageSchema,
      answer({ query: { limit, cursor, device, kind } }) {
        const [before] = numbersOf(cursor, 1) ?? []
        return page(
          limit,
          (count) => store.events({ before, limit: count, device, kind }),
          ({ id }) => `${id}`,
        )
      },
    }),
    route({
      method: 'GET',
      path: '/authority',
      operationId: 'getAuthority',
      summary: 'What devices pin, and the certificate of the CA',
      response: authoritySchema,
      answer: () => authority(),
    }),
  ]
}
