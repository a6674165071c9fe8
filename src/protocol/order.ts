import { closed, counter, reader, type Static, Type, text, words } from '../base/schema.ts'
import { deviceIdSchema, orderIdSchema, timeSchema } from './ids.ts'

/** Every kind of order on the wire. A device refuses a kind that it does not implement. */
export const ORDER_KINDS = ['attest', 'collect', 'freeze', 'release', 'retire'] as const
export const orderKindSchema = words(...ORDER_KINDS)
export type OrderKind = Static<typeof orderKindSchema>

/** A command of the directory to one device. The delegated order key signs it, its number is never reused, and it expires. */
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

/** The kinds that an administrator may issue. */
export const ISSUABLE_ORDER_KINDS = ['attest', 'collect'] as const satisfies readonly OrderKind[]
export const issuableOrderKindSchema = words(...ISSUABLE_ORDER_KINDS)
export type IssuableOrderKind = Static<typeof issuableOrderKindSchema>

export const orderReader = reader(orderSchema, { name: 'order', code: 'FRAME_MALFORMED' })
