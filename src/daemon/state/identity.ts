import { KEY_KINDS } from '../../base/key-kinds.ts'
import { base64UrlOf, closed, counter, reader, type Static, Type, text, words } from '../../base/schema.ts'
import { deviceIdSchema, reEnrolmentIdSchema, timeSchema, tokenIdSchema } from '../../protocol/ids.ts'
import { orderSchema } from '../../protocol/messages/order.ts'
import { tierSchema } from '../../protocol/tier.ts'

/** Where the directory is, and which keys it must hold. */
export const pinsSchema = closed({
  url: Type.String({ pattern: '^wss://[^\\s/?#@]+/?$', maxLength: 300 }),
  /** SHA-256 of the SubjectPublicKeyInfo of its CA and of its root key, base64url. */
  ca: base64UrlOf(32),
  root: base64UrlOf(32),
})
export type Pins = Static<typeof pinsSchema>

/** `identity.json`: this device's enrolment with one directory. */
const identitySchema = closed({
  schema: Type.Literal('surety/identity@1'),
  status: words('pending', 'enrolled'),
  device: deviceIdSchema,
  epoch: counter(),
  tier: tierSchema,
  reEnrolment: Type.Optional(reEnrolmentIdSchema),
  /** Id of the token that was used, so that an enrolment string that could not be erased is not used twice. */
  token: tokenIdSchema,
  pins: pinsSchema,
  /** PEM of the certificate with the pinned CA key, as last seen. */
  caCertificate: text(16_384),
  /** The provider of the device key. Only a new enrolment changes it. */
  keyKind: words(...KEY_KINDS),
  /** SHA-256 of the device key's SubjectPublicKeyInfo. */
  key: base64UrlOf(32),
  enrolledAt: timeSchema,
})
export type Identity = Static<typeof identitySchema>
export const identityReader = reader(identitySchema, { name: 'identity.json' })

/** An accepted order without a durable receipt. */
const openOrderSchema = closed({
  order: text(64),
  number: counter(),
  /** The order itself, when it is carried out again after an interruption. */
  again: Type.Optional(orderSchema),
})

/** `progress.json`: the number of the device's last order, which continues through its epochs, and the open orders. */
const progressSchema = closed({
  schema: Type.Literal('surety/progress@1'),
  /** The device that the numbers belong to. Absent before the first enrolment. */
  device: Type.Optional(deviceIdSchema),
  order: counter(),
  open: Type.Array(openOrderSchema, { maxItems: 64 }),
})
export type Progress = Static<typeof progressSchema>
export const MAX_PROGRESS_BYTES = 2 * 1024 * 1024
export const progressReader = reader(progressSchema, {
  name: 'progress.json',
  limits: { maxBytes: MAX_PROGRESS_BYTES, maxDepth: 8 },
})
