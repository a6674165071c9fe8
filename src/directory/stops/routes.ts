import { SuretyError } from '../../base/errors.ts'
import { closed, Type, words } from '../../base/schema.ts'
import { stopIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  stops as declared,
  type Person,
  STOP_DEVICE_STATES,
  stopDevicePageSchema,
} from '../../protocol/nouns/agents/stops.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { DEFAULT_LIMIT, pageOf, pageQuery } from '../http/paging.ts'
import { Reply, type Route, route } from '../http/route.ts'
import type { StopDevicesPage } from './stop-store.ts'
import type { Stops } from './stops.ts'

export function stopRoutes({ stops }: { readonly stops: Stops }): readonly Route[] {
  return [
    ...nounRoutes(
      declared,
      { list: (query) => stops.list(query), show: (id) => stops.get(id) },
      {
        async create({ body, principal, commit }) {
          const created = await stops.create(body, personOf(principal), commit)
          return created.stop === undefined ? new Reply({ status: 200, headers: {}, body: created }) : created
        },
        confirm: ({ params: { id }, body: { what }, principal }) => stops.confirm(id, what, personOf(principal)),
        release: ({ params: { id }, body: { reason }, principal }) => stops.release(id, reason, personOf(principal)),
      },
    ),
    route({
      method: 'GET',
      path: '/stops/{id}/devices',
      operationId: 'listStopDevices',
      action: 'audit',
      summary: 'Devices in the scope of a stop with their receipts, unreachable and failed ones first',
      params: closed({ id: stopIdSchema }),
      query: pageQuery({ state: Type.Optional(words(...STOP_DEVICE_STATES)) }),
      response: stopDevicePageSchema,
      async answer({ params: { id }, query: { limit = DEFAULT_LIMIT, cursor, state } }) {
        const found = await stops.devices(id, { limit, state, after: positionOf(cursor) })
        return pageOf(found, (last) => `${last.state}.${last.device}`)
      },
    }),
  ]
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}

/** @throws `INPUT_MALFORMED`. */
function positionOf(cursor: string | undefined): StopDevicesPage['after'] {
  if (cursor === undefined) return undefined
  const dot = cursor.indexOf('.')
  const state = STOP_DEVICE_STATES.find((one) => one === cursor.slice(0, dot))
  if (state !== undefined) return { state, device: cursor.slice(dot + 1) }
  throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}
