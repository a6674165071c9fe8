import {
  closed,
  counter,
  legibleReason,
  legibleText,
  type Static,
  type TSchema,
  Type,
  text,
  words,
} from '../../../base/schema.ts'
import { deviceIdSchema, humanIdSchema, registrationIdSchema, stopIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { personSchema } from './stops.ts'

/** Registrations of agents in the administrators' API. */

/** The trust domain of SPIFFE ids, until the setting says another. */
export const DEFAULT_ORGANISATION = 'surety.internal'

/** `provisioning`: not in use yet. `retiring`: devices have still to answer that it has ended. */
export const REGISTRATION_STATES = [
  'provisioning',
  'active',
  'suspended',
  'quarantined',
  'retiring',
  'retired',
] as const
export type RegistrationState = (typeof REGISTRATION_STATES)[number]

/** States that a person can ask for. */
export const REQUESTED_STATES = ['active', 'suspended', 'quarantined', 'retiring'] as const
export type RequestedState = (typeof REQUESTED_STATES)[number]

/** Any of these. */
function anyOf<T extends TSchema>(item: T) {
  return Type.Array(item, { minItems: 1, maxItems: 16 })
}

/**
 * An absolute path as the kernel writes it: without `.`, `..`, a `/` at its end, and not `/` itself. On Windows `C:/Users/ann`.
 */
const pathSchema = Type.String({
  maxLength: 1024,
  pattern: '^([A-Z]:)?(/([^/.\\u0000][^/\\u0000]*|\\.[^/.\\u0000][^/\\u0000]*|\\.\\.[^/\\u0000]+))+$',
})

/** What an agent must be to be of the registration: every given member must hold, of a list one item. */
function criteriaSchema<H extends TSchema>(human: H, name: typeof text) {
  return Type.Object(
    {
      /** Catalogue ids, and `unknown/NAME` for agents that no catalogue knows. */
      products: Type.Optional(anyOf(name(264))),
      /** Packages by which the catalogue recognises it. */
      packages: Type.Optional(anyOf(name(256))),
      executables: Type.Optional(anyOf(pathSchema)),
      signers: Type.Optional(anyOf(name(256))),
      device: Type.Optional(deviceIdSchema),
      /** On accounts that were confirmed as theirs, and on no other account of devices that they own. */
      human: Type.Optional(human),
      /** Folders that it works in, or below. */
      workspaces: Type.Optional(anyOf(pathSchema)),
      /** Names of MCP servers that it uses. */
      mcpServers: Type.Optional(anyOf(name(256))),
    },
    { additionalProperties: false, minProperties: 1 },
  )
}

/** A human by id, user name or email. */
const humanNameSchema = legibleText(256)

export const registrationCriteriaSchema = criteriaSchema(humanIdSchema, text)
export type RegistrationCriteria = Static<typeof registrationCriteriaSchema>
const requestedCriteriaSchema = criteriaSchema(humanNameSchema, legibleText)

/** What the agent is meant to use. Texts of the company: Surety compares only `workspaces`. */
function scopeSchema(name: typeof text) {
  const names = () => Type.Array(name(256), { maxItems: 64 })
  return closed({
    applications: names(),
    dataSets: names(),
    tools: names(),
    workspaces: Type.Optional(Type.Array(pathSchema, { maxItems: 64 })),
  })
}
export const registrationScopeSchema = scopeSchema(text)
const requestedScopeSchema = scopeSchema(legibleText)
export type RegistrationScope = Static<typeof registrationScopeSchema>

/** A version such as `2.1.4`, or a range such as `>=2.1 <3`. */
const versionSchema = Type.String({
  maxLength: 64,
  pattern: '^(>=|<=|>|<)?[0-9][0-9A-Za-z.+_-]*( (>=|<=|>|<)[0-9][0-9A-Za-z.+_-]*)*$',
})

/** Where a registration comes from. `device` and `session`: it was asked for there. */
export const registrationCreatorSchema = closed({
  person: personSchema,
  device: Type.Optional(deviceIdSchema),
  session: Type.Optional(text(256)),
  at: timeSchema,
})
export type RegistrationCreator = Static<typeof registrationCreatorSchema>

const nameSchema = legibleText(200)
const purposeSchema = legibleText(1000)
const versionsSchema = Type.Array(versionSchema, { maxItems: 16 })
export const AUTONOMY_CEILINGS = ['asks', 'autonomous'] as const
const ceilingSchema = words(...AUTONOMY_CEILINGS)

export const registrationSchema = closed({
  id: registrationIdSchema,
  name: text(200),
  state: words(...REGISTRATION_STATES),
  stateAt: timeSchema,
  stateReason: Type.Optional(text(500)),
  /** The human who answers for it. */
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
  /** Gets it when the owner is deactivated, if they accepted before. */
  successor: Type.Optional(humanIdSchema),
  successorName: Type.Optional(text(256)),
  successorAcceptedAt: Type.Optional(timeSchema),
  /** Whom to ask about how it works. */
  contact: Type.Optional(humanIdSchema),
  criteria: registrationCriteriaSchema,
  /** Absent: any. */
  versions: Type.Optional(versionsSchema),
  purpose: text(1000),
  scope: registrationScopeSchema,
  /** Above it the agent deviates. Absent: none. */
  autonomyCeiling: Type.Optional(ceilingSchema),
  /** Only one running instance is expected. */
  single: Type.Boolean(),
  reviewAt: Type.Optional(timeSchema),
  expiresAt: Type.Optional(timeSchema),
  /** When an instance last ran or left a trace. */
  usedAt: Type.Optional(timeSchema),
  /** The stop that holds it while it is not active. */
  stop: Type.Optional(stopIdSchema),
  creator: registrationCreatorSchema,
  /** What was granted or approved before this time is void. Set each time it becomes active. */
  authorizationCutoff: Type.Optional(timeSchema),
  spiffeId: text(512),
  /** Rises with each change. */
  version: counter(),
  createdAt: timeSchema,
  changedAt: timeSchema,
})
export type RegistrationView = Static<typeof registrationSchema>

export const registrationRequestSchema = closed({
  name: nameSchema,
  purpose: purposeSchema,
  criteria: requestedCriteriaSchema,
  owner: Type.Optional(humanNameSchema),
  successor: Type.Optional(humanNameSchema),
  contact: Type.Optional(humanNameSchema),
  versions: Type.Optional(versionsSchema),
  scope: Type.Optional(requestedScopeSchema),
  autonomyCeiling: Type.Optional(ceilingSchema),
  single: Type.Optional(Type.Boolean()),
  reviewAt: Type.Optional(timeSchema),
  expiresAt: Type.Optional(timeSchema),
  /** `active` needs an owner. Absent: `provisioning`. */
  state: Type.Optional(words('provisioning', 'active')),
})
export type RegistrationRequest = Static<typeof registrationRequestSchema>

const orNull = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))

/** Absent members stay as they are. `null` takes a value away. */
export const registrationChangeSchema = closed({
  name: Type.Optional(nameSchema),
  purpose: Type.Optional(purposeSchema),
  criteria: Type.Optional(requestedCriteriaSchema),
  successor: orNull(humanNameSchema),
  contact: orNull(humanNameSchema),
  versions: orNull(versionsSchema),
  scope: Type.Optional(requestedScopeSchema),
  autonomyCeiling: orNull(ceilingSchema),
  single: Type.Optional(Type.Boolean()),
  reviewAt: orNull(timeSchema),
  expiresAt: orNull(timeSchema),
  /** Refused if the registration has another version by now. */
  expectVersion: Type.Optional(counter()),
})
export type RegistrationChange = Static<typeof registrationChangeSchema>

const reasonSchema = legibleReason()

export const registrationTransitionSchema = closed({ to: words(...REQUESTED_STATES), reason: reasonSchema })
export const registrationTransferSchema = closed({ owner: humanNameSchema, reason: reasonSchema })
/** `registration`: one that waits becomes active. `succession`: the successor agrees to get it. */
export const registrationAcceptanceSchema = closed({ what: words('registration', 'succession') })

export const registrationPageSchema = pageOf(registrationSchema)

export const registrationCountsSchema = closed({
  provisioning: counter(),
  active: counter(),
  suspended: counter(),
  quarantined: counter(),
  retiring: counter(),
  retired: counter(),
})
export type RegistrationCounts = Static<typeof registrationCountsSchema>

export const registrationReader = apiAnswer(registrationSchema, 'registration')
export const registrationPageReader = apiAnswer(registrationPageSchema, 'list of registrations')

/** What was done to registrations. `registration-refused`: a transition that the lifecycle does not have. */
export const REGISTRATION_ACTS = [
  'registration-created',
  'registration-changed',
  'registration-activated',
  'registration-suspended',
  'registration-quarantined',
  'registration-retiring',
  'registration-retired',
  'registration-transferred',
  'registration-succession-accepted',
  'registration-refused',
] as const
