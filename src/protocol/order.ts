import { closed, counter, reader, type Static, Type, text, words } from '../base/schema.ts'
import { deviceIdSchema, orderIdSchema, timeSchema } from './ids.ts'

export const orderKindSchema = words('attest', 'collect', 'freeze', 'release', 'retire')
export type OrderKind = Static<typeof orderKindSchema>

/** A command from the directory to one device: signed by the delegated order key, numbered for ever, expiring. */
export const orderSchema = closed({
  type: Type.Literal('order'),
  id: orderIdSchema,
  device: deviceIdSchema,
  epoch: counter(),
  number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  kind: orderKindSchema,
  subject: Type.Optional(text(256)),
  reason: text(500),
  notAfter: timeSchema,
})
export type Order = Static<typeof orderSchema>

export const orderReader = reader(orderSchema, { name: 'order', code: 'FRAME_MALFORMED' })
