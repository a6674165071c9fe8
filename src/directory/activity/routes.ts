import { Type, words } from '../../base/schema.ts'
import { EVENT_KINDS, eventPageSchema } from '../../protocol/api-events.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { EventStore } from './event-store.ts'

export interface EventRoutesComponents {
  readonly store: { readonly events: EventStore }
}

export function eventRoutes({ store }: EventRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/events',
      operationId: 'listEvents',
      action: 'audit',
      summary: 'Audit of administrators and activity of devices, newest first',
      query: pageQuery({ device: Type.Optional(deviceIdSchema), kind: Type.Optional(words(...EVENT_KINDS)) }),
      response: eventPageSchema,
      answer({ query: { limit, cursor, device, kind } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => store.events.list({ before, limit: count, device, kind }),
          ({ id }) => `${id}`,
        )
      },
    }),
  ]
}
