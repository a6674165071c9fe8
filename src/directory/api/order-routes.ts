import { SuretyError } from '../../base/errors.ts'
import { closed } from '../../base/schema.ts'
import { deviceOrderSchema, orderPageSchema, orderRequestSchema } from '../../protocol/api-devices.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import type { ApiComponents } from './api-components.ts'
import { unknownDevice } from './device-routes.ts'
import { numbersOf, page, pageQuery } from './paging.ts'
import { type Route, route } from './route.ts'

/** Orders to a device, and what it answered. */
export function orderRoutes({ store, actions, clock }: ApiComponents): readonly Route[] {
  const params = closed({ id: deviceIdSchema })
  return [
    route({
      method: 'POST',
      path: '/devices/{id}/orders',
      operationId: 'issueOrder',
      summary: 'Tell a device to attest or to collect now',
      params,
      body: orderRequestSchema,
      status: 201,
      response: deviceOrderSchema,
      async answer({ params: { id }, body: { kind, reason }, administrator }) {
        const issued = await actions.issueOrder({ device: id, kind, reason }, administrator.id)
        const order = store.order(issued, clock.now())
        if (order === undefined) throw new SuretyError('STORE_FAILED', 'the order that was issued is not there')
        return order
      },
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/orders',
      operationId: 'listOrders',
      summary: 'Orders to a device, newest first',
      params,
      query: pageQuery({}),
      response: orderPageSchema,
      answer({ params: { id }, query: { limit, cursor } }) {
        if (!store.hasDevice(id)) throw unknownDevice(id)
        const [before] = numbersOf(cursor, 1) ?? []
        return page(
          limit,
          (count) => store.orders(id, { before, limit: count }, clock.now()),
          ({ number }) => `${number}`,
        )
      },
    }),
  ]
}
