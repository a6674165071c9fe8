import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { deviceIdSchema, groupIdSchema, humanIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'

/** Humans, their groups and their accounts on devices in the administrators' API. */

export const HUMAN_STATUSES = ['active', 'deactivated'] as const
export type HumanStatus = (typeof HUMAN_STATUSES)[number]

/** Who keeps it up to date: the identity provider by SCIM, or administrators. */
export const HUMAN_ORIGINS = ['scim', 'hand'] as const
export type HumanOrigin = (typeof HUMAN_ORIGINS)[number]

/** `proposed`: by the owner of the device. `confirmed`: by an administrator, once. */
export const ACCOUNT_STATES = ['unassigned', 'proposed', 'confirmed'] as const
export type AccountState = (typeof ACCOUNT_STATES)[number]

export const HUMAN_ACTS = [
  'human-added',
  'human-changed',
  'human-deactivated',
  'human-reactivated',
  'human-deleted',
  'group-added',
  'group-changed',
  'group-removed',
  'account-confirmed',
  'account-released',
] as const

/** A human by id, user name or e-mail address. */
export const humanTextSchema = legibleText(256)

export const humanSchema = closed({
  id: humanIdSchema,
  userName: text(256),
  displayName: text(256),
  email: Type.Optional(text(256)),
  externalId: Type.Optional(text(256)),
  status: words(...HUMAN_STATUSES),
  manager: Type.Optional(humanIdSchema),
  origin: words(...HUMAN_ORIGINS),
  version: counter(),
  createdAt: timeSchema,
  changedAt: timeSchema,
  deactivatedAt: Type.Optional(timeSchema),
})
export type HumanView = Static<typeof humanSchema>

const namesOfHuman = {
  userName: legibleText(256),
  displayName: legibleText(256),
  email: Type.String({ minLength: 3, maxLength: 256, pattern: '^[^\\s@]+@[^\\s@]+$' }),
}

export const humanRequestSchema = closed({
  userName: namesOfHuman.userName,
  /** Absent: the user name. */
  displayName: Type.Optional(namesOfHuman.displayName),
  email: Type.Optional(namesOfHuman.email),
  manager: Type.Optional(humanTextSchema),
})
export type HumanRequest = Static<typeof humanRequestSchema>

/** Refused with `VERSION_STALE` if the stored version is another one. */
const expectVersion = Type.Optional(counter())

export const humanChangeSchema = closed({
  userName: Type.Optional(namesOfHuman.userName),
  displayName: Type.Optional(namesOfHuman.displayName),
  /** `null` removes it. */
  email: Type.Optional(Type.Union([namesOfHuman.email, Type.Null()])),
  manager: Type.Optional(Type.Union([humanTextSchema, Type.Null()])),
  expectVersion,
})
export type HumanChange = Static<typeof humanChangeSchema>

export const deactivationSchema = closed({
  reason: legibleReason(),
  /** Only say what would happen. */
  dryRun: Type.Optional(Type.Boolean()),
  expectVersion,
})
export type Deactivation = Static<typeof deactivationSchema>

export const reactivationSchema = closed({ reason: legibleReason() })

/** The answer to what changes a human. A warning names what a person should compare. */
export const changedHumanSchema = closed({ human: humanSchema, warnings: Type.Array(text(500)) })
export type ChangedHuman = Static<typeof changedHumanSchema>

/** Things of a human who left. The lists have the first hundred. */
const departedThings = closed({
  transferred: counter(),
  ended: counter(),
  items: Type.Array(
    closed({
      id: text(64),
      name: text(256),
      /** The successor who has it now. Absent: it ends. */
      to: Type.Optional(humanIdSchema),
    }),
  ),
})

export const departureSchema = closed({
  human: humanSchema,
  /** Nothing was changed. */
  dryRun: Type.Boolean(),
  /** Registered agents. What is `ended` is stopped on all devices. */
  agents: departedThings,
  serviceAccounts: departedThings,
  /** Groups that the human left. */
  groups: counter(),
  /** Groups that were not left: a stop of the group stands, and must not end on the devices of this human. */
  groupsKept: counter(),
  /** Confirmed accounts on devices. They stay as history. */
  accounts: counter(),
})
export type DepartureReport = Static<typeof departureSchema>

export const humanPageSchema = pageOf(humanSchema)

/** One human, with everything that is theirs. */
export const humanDetailSchema = closed({
  human: humanSchema,
  groups: Type.Array(closed({ id: groupIdSchema, name: text(256) })),
  accounts: Type.Array(closed({ device: deviceIdSchema, userId: text(256), userName: text(256) })),
})

export const groupSchema = closed({
  id: groupIdSchema,
  name: text(256),
  externalId: Type.Optional(text(256)),
  origin: words(...HUMAN_ORIGINS),
  version: counter(),
  createdAt: timeSchema,
  changedAt: timeSchema,
})
export type GroupView = Static<typeof groupSchema>

export const groupRequestSchema = closed({ name: legibleText(256) })
export const MAX_MEMBERS_AT_ONCE = 1_000
const members = Type.Optional(Type.Array(humanTextSchema, { maxItems: MAX_MEMBERS_AT_ONCE }))
/** All or nothing. Who is a member already, or is none, changes nothing. */
export const groupChangeSchema = closed({
  name: Type.Optional(legibleText(256)),
  add: members,
  remove: members,
  expectVersion,
})
export type GroupChange = Static<typeof groupChangeSchema>

export const accountSchema = closed({
  device: deviceIdSchema,
  /** uid or SID. */
  userId: text(256),
  userName: text(256),
  state: words(...ACCOUNT_STATES),
  human: Type.Optional(humanIdSchema),
  seenAt: timeSchema,
  confirmedAt: Type.Optional(timeSchema),
  confirmedBy: Type.Optional(text(256)),
})
export type AccountView = Static<typeof accountSchema>
export const accountPageSchema = pageOf(accountSchema)

/** An account by the id or the name of its user. */
const accountMembers = { device: deviceIdSchema, user: legibleText(256) }
export const accountRequestSchema = closed({
  ...accountMembers,
  /** Absent: the human who is proposed. */
  human: Type.Optional(humanTextSchema),
})
export type AccountRequest = Static<typeof accountRequestSchema>
export const accountReleaseSchema = closed({ ...accountMembers, reason: legibleReason() })
/** Confirms proposed accounts as proposed, a few hundred at a time. */
export const accountsRequestSchema = closed({ device: Type.Optional(deviceIdSchema) })
export const confirmedAccountsSchema = closed({
  confirmed: counter(),
  /** Ask again: more are proposed. */
  more: Type.Boolean(),
})

export const humanReader = apiAnswer(humanSchema, 'human')
export const changedHumanReader = apiAnswer(changedHumanSchema, 'human')
export const humanDetailReader = apiAnswer(humanDetailSchema, 'human')
export const humanPageReader = apiAnswer(humanPageSchema, 'list of humans')
export const departureReader = apiAnswer(departureSchema, 'departure')
export const accountReader = apiAnswer(accountSchema, 'account')
export const accountPageReader = apiAnswer(accountPageSchema, 'list of accounts')
export const confirmedAccountsReader = apiAnswer(confirmedAccountsSchema, 'number of accounts')
