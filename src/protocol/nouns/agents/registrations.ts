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
import { apiAnswer } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON } from '../../noun/words.ts'
import {
  humanNameSchema,
  registrationCriteriaSchema,
  registrationScopeSchema,
  requestedCriteriaSchema,
  requestedScopeSchema,
} from './registration-criteria.ts'
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

/** How soon a registration expires, for lists. */
export const EXPIRES_WITHIN = ['7d', '30d', '90d'] as const

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
  ownerUserName: Type.Optional(text(256)),
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
  'registration-undone',
] as const

const nameFilter = legibleText(256)

export const registrations = noun({
  one: 'registration',
  many: 'registrations',
  about: 'registered agents: who answers for them, what they are for, and whether they may run',
  id: registrationIdSchema,
  item: registrationSchema,
  called: 'its name, id, or at least eight characters of its beginning',
  describe: ({ id, name, state }) => `${id} (${name}, ${state})`,
  completes: ({ name, id, state }) => ({ word: name, about: `${id}, ${state}` }),
  preferred: ({ state }) => state !== 'retired',
  list: {
    operationId: 'listRegistrations',
    action: 'view',
    summary:
      'Registered agents, newest first, by state, owner, end, product, device, person, name or beginning of the id',
    filters: {
      state: {
        schema: words(...REGISTRATION_STATES),
        options: [{ flags: '--state <state>', about: `only those in this state: ${REGISTRATION_STATES.join(', ')}` }],
      },
      owner: {
        schema: nameFilter,
        options: [{ flags: '--owner <person>', about: `only those of this owner: ${PERSON}`, as: 'human' }],
      },
      owned: {
        schema: words('yes', 'no'),
        options: [{ flags: '--no-owner', about: 'only those without an owner that have not ended', value: 'no' }],
      },
      expiresWithin: {
        schema: words(...EXPIRES_WITHIN),
        options: [
          {
            flags: '--expires-within <time>',
            about: `only those that expire within this time: ${EXPIRES_WITHIN.join(', ')}`,
          },
        ],
      },
      product: {
        schema: legibleText(264),
        options: [{ flags: '--product <id>', about: 'only those of this product alone' }],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `only those of this device: ${DEVICE}`, as: 'device' }],
      },
      human: {
        schema: nameFilter,
        options: [
          { flags: '--user <person>', about: `only those on accounts of this person: ${PERSON}`, as: 'human' },
          { flags: '--human <person>', about: 'as --user', as: 'human', hidden: true },
        ],
      },
    },
    sorts: ['name'],
    newestFirst: true,
    search: 'only those whose name begins with this',
    foundBy: 'name',
    about: 'registered agents, newest first',
    examples: ['list --state suspended', 'list --owner ada --output csv', 'list --expires-within 30d'],
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'OWNER', of: ({ ownerUserName, owner }) => ownerUserName ?? owner },
      { heading: 'MATCHES', of: criteriaWords },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'PURPOSE', of: ({ purpose }) => purpose, wide: true },
      { heading: 'OWNER ID', of: ({ owner }) => owner, wide: true },
      { heading: 'SUCCESSOR', of: ({ successor, successorName }) => successorName ?? successor, wide: true },
      { heading: 'LAST USED', of: ({ usedAt }) => usedAt, as: 'time', wide: true },
      { heading: 'EXPIRES', of: ({ expiresAt }) => expiresAt, as: 'time', wide: true },
      { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'time', wide: true },
    ],
  },
  show: {
    operationId: 'getRegistration',
    action: 'view',
    summary: 'One registered agent',
    about: 'one registered agent',
    examples: ['show nightly', 'show agt_4fG2bX9a --json'],
  },
  verbs: {
    counts: verb({
      method: 'GET',
      path: '/counts',
      operationId: 'countRegistrations',
      action: 'view',
      summary: 'Registered agents by state',
      response: registrationCountsSchema,
    }),
    create: verb({
      method: 'POST',
      operationId: 'createRegistration',
      action: 'register',
      summary: 'Register an agent, as provisioning or active',
      body: registrationRequestSchema,
      response: registrationSchema,
      creates: true,
    }),
    change: verb({
      method: 'POST',
      ofItem: true,
      path: '/changes',
      operationId: 'changeRegistration',
      action: 'register',
      summary: 'Change what a registration says. Absent members stay, null takes a value away',
      body: registrationChangeSchema,
      response: registrationSchema,
    }),
    undo: verb({
      method: 'POST',
      ofItem: true,
      path: '/undo',
      operationId: 'undoRegistration',
      action: 'register',
      summary:
        'Undo a registration of the last ten minutes from which nothing followed: it is retired, and no device ends anything',
      response: registrationSchema,
      command: {
        about: 'undo a registration of the last ten minutes that was a mistake',
        examples: ['undo nightly', 'undo agt_4fG2bX9a --json'],
        says: ({ id, name }) => [`the registration of ${name} (${id}) is undone: its agents are unregistered again`],
      },
    }),
    move: verb({
      method: 'POST',
      ofItem: true,
      path: '/transitions',
      operationId: 'moveRegistration',
      action: 'register',
      summary: 'Activate, suspend, quarantine or retire an agent. A refused transition is recorded',
      body: registrationTransitionSchema,
      response: registrationSchema,
    }),
    transfer: verb({
      method: 'POST',
      ofItem: true,
      path: '/owner',
      operationId: 'transferRegistration',
      action: 'register',
      summary: 'Give an agent another owner',
      body: registrationTransferSchema,
      response: registrationSchema,
      command: {
        about: 'give an agent another owner',
        options: [
          {
            flags: '--owner <person>',
            about: `who answers for it from now on: ${PERSON}`,
            member: 'owner',
            required: true,
          },
          { flags: '--reason <text>', about: 'why, for the record', member: 'reason', required: true },
        ],
        examples: [
          'transfer nightly --owner bob --reason "ada changed teams"',
          'transfer agt_4fG2bX9a --owner bob@example.org --reason "new team" --json',
        ],
        says: ({ id, owner, ownerName }) => [`${ownerName ?? owner} answers for ${id}`],
      },
    }),
    accept: verb({
      method: 'POST',
      ofItem: true,
      path: '/acceptance',
      operationId: 'acceptRegistration',
      // To accept one that waits asks for more.
      action: 'accept-succession',
      summary: 'Accept a registration that waits, or record that the successor accepts the succession',
      body: registrationAcceptanceSchema,
      response: registrationSchema,
      command: {
        about: 'accept a registration that waits, or a succession',
        options: [
          {
            flags: '--successor',
            about: 'the successor agrees to get it; an administrator can record that for them',
            member: 'what',
            value: 'succession',
          },
        ],
        examples: ['accept nightly --successor', 'accept agt_4fG2bX9a --json'],
        says: ({ id, state, successor, successorName, successorAcceptedAt }) => [
          `${id} is ${state}`,
          ...(successor === undefined || successorAcceptedAt === undefined
            ? []
            : [`${successorName ?? successor} gets it when the owner leaves`]),
        ],
      },
    }),
  },
})

/** What an agent must be to be of the registration. */
function criteriaWords({ criteria }: RegistrationView): string {
  return Object.entries(criteria)
    .map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join(' or ') : value}`)
    .join('; ')
}
