import { closed, legibleReason, type Static, Type, text, words } from '../../../base/schema.ts'
import { humanIdSchema, registrationIdSchema, stopIdSchema, timeSchema } from '../../ids.ts'
import { registrationCriteriaSchema } from './registration-criteria.ts'
import { REGISTRATION_STATES, registrationRequestSchema } from './registrations.ts'
import { seenAgentSchema } from './seen-agents.ts'
import { createdStopSchema } from './stops.ts'

/** What people decide about agents as they are seen. */

const { name, purpose, criteria, ...others } = registrationRequestSchema.properties

/** What is left out comes from the sighting. */
export const inboxRegistrationSchema = closed({
  ...others,
  purpose,
  name: Type.Optional(name),
  criteria: Type.Optional(criteria),
  /** Left out of the criteria: it is registered on every device, or for every human. */
  anyDevice: Type.Optional(Type.Boolean()),
  anyHuman: Type.Optional(Type.Boolean()),
  /** Left out of the scope: it may work in every folder. */
  anyWorkspace: Type.Optional(Type.Boolean()),
})
export type InboxRegistration = Static<typeof inboxRegistrationSchema>

export const inboxMergeSchema = closed({
  into: registrationIdSchema,
  /** The registration may lose its criterion of a device, or of a human, if it has another one. */
  anyDevice: Type.Optional(Type.Boolean()),
  anyHuman: Type.Optional(Type.Boolean()),
})
export type InboxMerge = Static<typeof inboxMergeSchema>

export const inboxIgnoreSchema = closed({ reason: legibleReason(), until: Type.Optional(timeSchema) })
export type InboxIgnore = Static<typeof inboxIgnoreSchema>

export const inboxBlockSchema = closed({
  reason: legibleReason(),
  /** Only on its device. */
  here: Type.Optional(Type.Boolean()),
  until: Type.Optional(timeSchema),
  emergency: Type.Optional(Type.Boolean()),
  /** Only say what would stop. */
  dryRun: Type.Optional(Type.Boolean()),
})
export type InboxBlock = Static<typeof inboxBlockSchema>

/** What a decision made of it. */
export const inboxRegisteredSchema = closed({
  agent: seenAgentSchema,
  registration: closed({
    id: registrationIdSchema,
    name: text(200),
    state: words(...REGISTRATION_STATES),
    owner: Type.Optional(humanIdSchema),
    criteria: registrationCriteriaSchema,
  }),
  /** A stop of its product that is in force anyway, so that it stays frozen. */
  stop: Type.Optional(stopIdSchema),
})
export type InboxRegistered = Static<typeof inboxRegisteredSchema>
export const inboxBlockedSchema = closed({ agent: seenAgentSchema, ...createdStopSchema.properties })
export type InboxBlocked = Static<typeof inboxBlockedSchema>
