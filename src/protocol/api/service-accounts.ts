import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../base/schema.ts'
import { humanIdSchema, serviceAccountIdSchema, timeSchema } from '../ids.ts'
import { humanTextSchema } from './humans.ts'

/** Service accounts in the administrators' API: identities of programs, each with an owner, a purpose and an end. */

export const SERVICE_ACCOUNT_STATUSES = ['active', 'ended'] as const
export type ServiceAccountStatus = (typeof SERVICE_ACCOUNT_STATUSES)[number]

export const SERVICE_ACCOUNT_ACTS = [
  'service-account-added',
  'service-account-changed',
  'service-account-transferred',
  'service-account-succession-accepted',
  'service-account-ended',
] as const

/** From the present time on. */
export const MAX_SERVICE_ACCOUNT_MS = 366 * 86_400_000

export const serviceAccountSchema = closed({
  id: serviceAccountIdSchema,
  name: text(256),
  purpose: text(500),
  owner: humanIdSchema,
  successor: Type.Optional(humanIdSchema),
  successorAcceptedAt: Type.Optional(timeSchema),
  status: words(...SERVICE_ACCOUNT_STATUSES),
  expiresAt: timeSchema,
  version: counter(),
  createdAt: timeSchema,
  changedAt: timeSchema,
})
export type ServiceAccountView = Static<typeof serviceAccountSchema>

export const serviceAccountRequestSchema = closed({
  name: legibleText(256),
  purpose: legibleText(500),
  owner: humanTextSchema,
  successor: Type.Optional(humanTextSchema),
  expiresAt: timeSchema,
})
export type ServiceAccountRequest = Static<typeof serviceAccountRequestSchema>

export const serviceAccountChangeSchema = closed({
  purpose: Type.Optional(legibleText(500)),
  owner: Type.Optional(humanTextSchema),
  /** `null` removes it. Another one has to accept again. */
  successor: Type.Optional(Type.Union([humanTextSchema, Type.Null()])),
  expiresAt: Type.Optional(timeSchema),
  expectVersion: Type.Optional(counter()),
})
export type ServiceAccountChange = Static<typeof serviceAccountChangeSchema>

export const serviceAccountEndSchema = closed({ reason: legibleReason() })
