import type { Clock } from '../../base/clock.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed } from '../../base/schema.ts'
import { deviceIdSchema } from '../../protocol/ids.ts'
import { ISSUABLE_ORDER_KINDS } from '../../protocol/messages/order.ts'
import { deviceOrderSchema, orderPageSchema, orderRequestSchema } from '../../protocol/nouns/devices/orders.ts'
import { unknownDevice } from '../devices/device.ts'
import type { DeviceQueries } from '../devices/device-store.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { OrderQueries } from './order-store.ts'
import type { Orders } from './orders.ts'

interface OrderRoutesComponents {
  readonly store: { readonly devices: Pick<DeviceQueries, 'has'>; readonly orders: OrderQueries }
  readonly orders: Pick<Orders, 'issue'>
  readonly clock: Pick<Clock, 'now'>
}

export function orderRoutes({ store, orders, clock }: OrderRoutesComponents): readonly Route[] {
  const params = closed({ id: deviceIdSchema })
  return [
    route({
      method: 'POST',
      path: '/devices/{id}/orders',
      operationId: 'issueOrder',
      action: 'operate',
      summary: `Order a device to act now: ${ISSUABLE_ORDER_KINDS.join(', ')}`,
      params,
      body: orderRequestSchema,
      status: 201,
      response: deviceOrderSchema,
      creates: true,
      answer: ({ params: { id }, body: { kind, reason }, principal, commit }) =>
        commit(async () => {
          const issued = await orders.issue({ device: id, kind, reason }, principal.id)
          const order = await store.orders.view(issued.id, clock.now())
          if (order === undefined) throw new SuretyError('STORE_FAILED', 'the issued order is not in the store')
          return order
        }),
    }),
    route({
      method: 'GET',
      path: '/devices/{id}/orders',
      operationId: 'listOrders',
      action: 'audit',
      summary: 'Orders to a device, newest first',
      params,
      query: pageQuery({}),
      response: orderPageSchema,
      async answer({ params: { id }, query: { limit, cursor } }) {
        if (!(await store.devices.has(id))) throw unknownDevice(id)
        const [before] = cursorNumbers(cursor, 1) ?? []
        return page(
          limit,
          (count) => store.orders.list(id, { before, limit: count }, clock.now()),
          ({ number }) => `${number}`,
        )
      },
    }),
  ]
}
