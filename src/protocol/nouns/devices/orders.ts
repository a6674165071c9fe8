import { closed, counter, legibleReason, type Static, Type, text, words } from '../../../base/schema.ts'
import { orderIdSchema, stopIdSchema, timeSchema } from '../../ids.ts'
import { issuableOrderKindSchema, orderKindSchema } from '../../messages/order.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'

/** Orders in the administrators' API. */

export const deviceOrderSchema = closed({
  id: orderIdSchema,
  number: counter(),
  kind: orderKindSchema,
  reason: text(500),
  createdAt: timeSchema,
  createdBy: text(256),
  notAfter: timeSchema,
  /** The stop that it is about. */
  stop: Type.Optional(stopIdSchema),
  /** `withdrawn`: without a receipt, and not sent any more. */
  status: words('pending', 'done', 'failed', 'refused', 'expired', 'withdrawn'),
  /** The code in the device's receipt, if it has one. */
  code: Type.Optional(text(64)),
  answeredAt: Type.Optional(timeSchema),
})
export type DeviceOrder = Static<typeof deviceOrderSchema>

export const orderRequestSchema = closed({
  kind: issuableOrderKindSchema,
  reason: legibleReason(),
})
export type OrderRequest = Static<typeof orderRequestSchema>

export const orderPageSchema = pageOf(deviceOrderSchema)

export const orderPageReader = apiAnswer(orderPageSchema, 'list of orders')
export const deviceOrderReader = apiAnswer(deviceOrderSchema, 'order')

export const ORDER_ACTS = ['order-issued'] as const
