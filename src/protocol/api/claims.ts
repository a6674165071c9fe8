import { closed, legibleReason, legibleText, type Static, Type, text, words } from '../../base/schema.ts'
import { claimIdSchema, deviceIdSchema, humanIdSchema, registrationIdSchema, timeSchema } from '../ids.ts'
import { sightingIdSchema, userSchema } from '../sighting.ts'

/** Claims of users of devices in the administrators' API. */

export const CLAIM_STATES = ['pending', 'accepted', 'refused'] as const
export type ClaimState = (typeof CLAIM_STATES)[number]

/** `claim-accepted`, `claim-refused`: by a person. What the directory refuses by itself is activity. */
export const CLAIM_ACTS = ['claim-accepted', 'claim-refused'] as const

export const claimViewSchema = closed({
  id: claimIdSchema,
  state: words(...CLAIM_STATES),
  device: deviceIdSchema,
  /** Host name of the device. */
  host: text(256),
  /** Of the device's operating system. */
  user: userSchema,
  byRoot: Type.Optional(Type.Literal(true)),
  /** Whose account that is, as far as it was confirmed. */
  human: Type.Optional(humanIdSchema),
  humanName: Type.Optional(text(256)),
  /** User name of their manager, who may decide. */
  manager: Type.Optional(text(256)),
  /** Who may own the account, by the owner of the device. */
  proposed: Type.Optional(text(256)),
  sighting: sightingIdSchema,
  /** The catalogue id, or `unknown/NAME`. */
  product: text(264),
  purpose: text(500),
  name: Type.Optional(text(200)),
  until: Type.Optional(timeSchema),
  /** By the device's clock. */
  claimedAt: timeSchema,
  receivedAt: timeSchema,
  decidedAt: Type.Optional(timeSchema),
  /** Name of the administrator, or `the directory`. */
  decidedBy: Type.Optional(text(256)),
  reason: Type.Optional(text(500)),
  registration: Type.Optional(registrationIdSchema),
})
export type ClaimView = Static<typeof claimViewSchema>

export const claimAcceptanceSchema = closed({
  /** Whose account it is, by id, user name or e-mail address. Confirms an account that is not confirmed. */
  human: Type.Optional(legibleText(256)),
  /** Of the registration. Absent: what the user calls it. */
  name: Type.Optional(legibleText(200)),
  reason: Type.Optional(legibleReason()),
})
export type ClaimAcceptance = Static<typeof claimAcceptanceSchema>

export const claimRefusalSchema = closed({ reason: legibleReason() })
