import { closed, counter, type Static, Type, text, words } from '../../base/schema.ts'
import { timeSchema, WEBHOOK_ID } from '../ids.ts'
import { apiAnswer } from './common.ts'

/** Webhooks in the administrators' API: where the directory sends its events (Standard Webhooks). */

/** Disabled after a day of failures, by an answer 410, or because its secret cannot be read any more. */
export const WEBHOOK_ACTS = [
  'webhook-added',
  'webhook-removed',
  'webhook-secret-rotated',
  'webhook-enabled',
  'webhook-disabled',
] as const

export const MAX_WEBHOOKS = 50
export const MAX_WEBHOOK_KINDS = 200

export const webhookIdSchema = Type.String({ pattern: WEBHOOK_ID, description: 'webhook id' })

/** https, or http to this machine, which the directory checks. No user, password or fragment. */
export const webhookUrlSchema = Type.String({
  pattern: '^https?://[^\\s#@\\u0000-\\u001f\\u007f]{1,1990}$',
  description: 'https://HOST/PATH, or http://localhost',
})

/** `events` are kinds of events, or `*` for all. The directory refuses a word that is no kind. */
export const webhookRequestSchema = closed({
  url: webhookUrlSchema,
  events: Type.Array(text(64), { minItems: 1, maxItems: MAX_WEBHOOK_KINDS }),
  /** PEM: the only certificates that are trusted. Absent: those of the runtime. */
  ca: Type.Optional(text(65_536)),
})
export type WebhookRequest = Static<typeof webhookRequestSchema>

/** `failing`: the newest attempt failed, and another one follows. */
export const WEBHOOK_STATES = ['active', 'failing', 'disabled'] as const

export const webhookSchema = closed({
  id: webhookIdSchema,
  url: Type.String(),
  events: Type.Array(text(64)),
  state: words(...WEBHOOK_STATES),
  createdAt: timeSchema,
  createdBy: text(256),
  /** Events up to this id were delivered, or are of other kinds. */
  position: counter(),
  /** Events after that, of all kinds. */
  behind: counter(),
  deliveredAt: Type.Optional(timeSchema),
  failingSince: Type.Optional(timeSchema),
  nextAttemptAt: Type.Optional(timeSchema),
  disabledAt: Type.Optional(timeSchema),
  /** Why it is disabled, or what the newest attempt failed with. */
  problem: Type.Optional(text(500)),
  /** Until then messages are signed with the secret before this one too. */
  oldSecretUntil: Type.Optional(timeSchema),
})
export type Webhook = Static<typeof webhookSchema>

/** The secret is shown here and never again. */
export const webhookSecretSchema = closed({
  webhook: webhookSchema,
  secret: Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{43}=$' }),
})

/** One attempt. `event` is absent for a test. */
export const webhookDeliverySchema = closed({
  at: timeSchema,
  event: Type.Optional(counter()),
  delivered: Type.Boolean(),
  /** Of HTTP. Absent without an answer. */
  status: Type.Optional(counter()),
  problem: Type.Optional(text(500)),
  ms: counter(),
})
export type WebhookDelivery = Static<typeof webhookDeliverySchema>

export const webhookDeliveryListSchema = closed({ items: Type.Array(webhookDeliverySchema) })

export const webhookReader = apiAnswer(webhookSchema, 'webhook')
export const webhookSecretReader = apiAnswer(webhookSecretSchema, 'new webhook')
