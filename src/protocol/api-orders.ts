import { closed, counter, type Static, Type, text, words } from '../base/schema.ts'
import { apiAnswer, pageOf } from './api-common.ts'
import { orderIdSchema, timeSchema } from './ids.ts'
import { issuableOrderKindSchema, orderKindSchema } from './order.ts'

/** Orders in the administrators' API. */

export const deviceOrderSchema = closed({
  id: orderIdSchema,
  number: counter(),
  kind: orderKindSchema,
  reason: text(500),
  createdAt: timeSchema,
  createdBy: text(256),
  notAfter: timeSchema,
  status: words('pending', 'done', 'failed', 'refused', 'expired'),
  /** The code in the device's receipt, if it has one. */
  code: Type.Optional(text(64)),
  answeredAt: Type.Optional(timeSchema),
})
export type DeviceOrder = Static<typeof deviceOrderSchema>

export const orderRequestSchema = closed({
  kind: issuableOrderKindSchema,
  reason: Type.String({ minLength: 1, maxLength: 500 }),
})
export type OrderRequest = Static<typeof orderRequestSchema>

export const orderPageSchema = pageOf(deviceOrderSchema)

export const orderPageReader = apiAnswer(orderPageSchema, 'list of orders')
export const deviceOrderReader = apiAnswer(deviceOrderSchema, 'order')

export const ORDER_ACTS = ['order-issued'] as const
