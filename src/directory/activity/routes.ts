import { SuretyError } from '../../base/errors.ts'
import { Type, words } from '../../base/schema.ts'
import { deviceIdSchema, stopIdSchema } from '../../protocol/ids.ts'
import { EVENT_KINDS, eventPageSchema } from '../../protocol/nouns/directory/events.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { EventStore } from './event-store.ts'

export function eventRoutes({ store }: { readonly store: { readonly events: EventStore } }): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/events',
      operationId: 'listEvents',
      action: 'audit',
      summary: 'Audit of administrators and activity of devices, newest first',
      query: pageQuery({
        device: Type.Optional(deviceIdSchema),
        kind: Type.Optional(words(...EVENT_KINDS)),
        stop: Type.Optional(stopIdSchema),
      }),
      response: eventPageSchema,
      async answer({ query: { limit, cursor, device, kind, stop } }) {
        if (stop !== undefined && (device !== undefined || kind !== undefined)) {
          throw new SuretyError('INPUT_MALFORMED', 'stop goes with no other filter')
        }
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => store.events.list({ before, limit: count, device, kind, subject: stop }),
          ({ id }) => `${id}`,
        )
      },
    }),
  ]
}
