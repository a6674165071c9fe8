import { utf8 } from '../../base/bytes.ts'
import { SuretyError } from '../../base/errors.ts'
import { closed, counter, type Reader, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { approvalDecisionSchema, isWholeDecision } from '../gate/action.ts'
import { deviceIdSchema, orderIdSchema, timeSchema } from '../ids.ts'
import { frameJson, LIMITS } from '../limits.ts'
import { stopSchema } from '../stop.ts'

/** Every kind of order on the wire. A device refuses a kind that it does not implement. */
export const ORDER_KINDS = ['attest', 'collect', 'freeze', 'retire', 'release', 'drill', 'approval'] as const
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
  /** Of an order to freeze, retire or release. */
  stop: Type.Optional(stopSchema),
  /** Of an order about an approval. */
  approval: Type.Optional(approvalDecisionSchema),
  reason: text(500),
  notAfter: timeSchema,
})
export type Order = Static<typeof orderSchema>

/** The kinds that an administrator may issue. */
export const ISSUABLE_ORDER_KINDS = ['attest', 'collect'] as const satisfies readonly OrderKind[]
export const issuableOrderKindSchema = words(...ISSUABLE_ORDER_KINDS)
export type IssuableOrderKind = Static<typeof issuableOrderKindSchema>

const anyOrderReader = reader(orderSchema, {
  name: 'order',
  code: 'FRAME_MALFORMED',
  // Base64url makes four letters of three bytes.
  limits: frameJson((LIMITS.orderBytes * 3) / 4),
})

export const orderReader: Reader<Order> = {
  schema: orderSchema,
  read: (value) => withFittingMembers(anyOrderReader.read(value)),
  readJson: (json) => withFittingMembers(anyOrderReader.readJson(json)),
  readCanonicalJson: (json) => withFittingMembers(anyOrderReader.readCanonicalJson(json)),
}

/** What the answer to an order needs. Of an order that cannot be read otherwise it may still be readable. */
export const orderEnvelopeReader = reader(
  Type.Object({
    id: orderIdSchema,
    device: deviceIdSchema,
    epoch: counter(),
    number: orderSchema.properties.number,
  }),
  { name: 'order', code: 'FRAME_MALFORMED', limits: { maxBytes: LIMITS.frameBytes, maxDepth: 64 } },
)

/** @throws `FRAME_MALFORMED` when the stop or the approval does not fit the kind of the order. */
function withFittingMembers(order: Order): Order {
  const { kind, approval } = order
  const fits = kind === 'approval' ? approval !== undefined && isWholeDecision(approval) : approval === undefined
  if (!fits) throw new SuretyError('FRAME_MALFORMED', `the approval of the order does not fit its kind, ${kind}`)
  return withFittingStop(order)
}

/**
 * @throws `FRAME_MALFORMED` when the order has no stop and its kind needs one, or the other way round, and for a selector of more
 * than `LIMITS.selectorBytes`.
 */
function withFittingStop(order: Order): Order {
  const { kind, stop } = order
  const fits =
    kind === 'freeze' || kind === 'retire'
      ? stop?.selector !== undefined
      : kind === 'release'
        ? stop !== undefined && stop.selector === undefined && stop.until === undefined
        : stop === undefined
  if (!fits) throw new SuretyError('FRAME_MALFORMED', `the stop of the order does not fit its kind, ${kind}`)
  const { selector } = stop ?? {}
  if (selector !== undefined && utf8(JSON.stringify(selector)).length > LIMITS.selectorBytes)
    throw new SuretyError('FRAME_MALFORMED', `the selector of the stop has more than ${LIMITS.selectorBytes} bytes`)
  return order
}
