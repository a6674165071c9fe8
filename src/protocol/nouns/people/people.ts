import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { printable } from '../../../base/text/printable.ts'
import { deviceIdSchema, groupIdSchema, humanIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'
import { PERSON } from '../../noun/words.ts'
import { invitationLines, invitationSchema } from './sign-in.ts'

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
  'human-forgotten',
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

/** An account by the id or the name of its user. */
const accountMembers = { device: deviceIdSchema, user: legibleText(256) }
export const accountRequestSchema = closed({
  ...accountMembers,
  /** Absent: the person who is proposed. */
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

export const changedHumanReader = apiAnswer(changedHumanSchema, 'human')
export const humanPageReader = apiAnswer(humanPageSchema, 'list of humans')
export const accountReader = apiAnswer(accountSchema, 'account')

const REASON = { flags: '--reason <text>', about: 'why; the audit keeps it', member: 'reason', required: true } as const

/** The people of the register: owners of agents, and whose accounts they run under. */
export const people = noun({
  one: 'human',
  many: 'humans',
  spoken: { one: 'person', many: 'people' },
  alias: 'humans',
  about: 'people: owners of agents, and whose accounts they run under',
  id: humanIdSchema,
  item: humanSchema,
  called: PERSON,
  describe: ({ id, userName, status }) => `${id} (${userName}, ${status})`,
  completes: ({ userName, displayName }) => ({ word: userName, about: displayName }),
  preferred: ({ status }) => status === 'active',
  list: {
    operationId: 'listHumans',
    action: 'view',
    summary: 'People in the order in which they came, filtered by status, manager or the beginning of the user name',
    filters: {
      status: {
        schema: words(...HUMAN_STATUSES),
        options: [{ flags: '--status <status>', about: `only those who are ${HUMAN_STATUSES.join(' or ')}` }],
      },
      manager: {
        schema: humanIdSchema,
        options: [{ flags: '--manager <person>', about: `only those of this manager: ${PERSON}`, as: 'human' }],
      },
    },
    search: 'only those whose user name begins with this, in the order of names',
    foundBy: 'user-name',
    sorts: ['since', 'user-name'],
    about: 'people in the order in which they came',
    examples: ['list --search ad', 'list --status deactivated -o csv'],
    columns: [
      { heading: 'USER NAME', of: ({ userName }) => userName },
      { heading: 'NAME', of: ({ displayName }) => displayName },
      { heading: 'EMAIL', of: ({ email }) => email },
      { heading: 'STATUS', of: ({ status }) => status },
      { heading: 'FROM', of: ({ origin }) => origin },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'MANAGER', of: ({ manager }) => manager, wide: true },
      { heading: 'SINCE', of: ({ createdAt }) => createdAt, as: 'time', wide: true },
    ],
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'addHuman',
      action: 'identify',
      summary: 'Add a person by hand. The answer warns of names that look like another one',
      body: humanRequestSchema,
      response: changedHumanSchema,
      creates: true,
      command: {
        about: 'add a person by hand',
        arguments: [{ name: 'user name', about: 'as the identity provider spells it', member: 'userName' }],
        options: [
          { flags: '--name <text>', about: 'name to show (default: the user name)', member: 'displayName' },
          { flags: '--email <address>', about: 'e-mail address', member: 'email' },
          { flags: '--manager <person>', about: `the manager: ${PERSON}`, member: 'manager', as: 'human' },
        ],
        examples: ['add ada --name "Ada Lovelace" --email ada@example.org', 'add bob --manager ada --json'],
        document: { name: 'human' },
        says: ({ human, warnings }) => [`added ${printable(human.userName)} (${human.id})`, ...warned(warnings)],
      },
    }),
    change: verb({
      method: 'POST',
      ofItem: true,
      operationId: 'changeHuman',
      action: 'identify',
      summary: 'Change names, e-mail address or manager of a human',
      body: humanChangeSchema,
      response: changedHumanSchema,
      command: {
        about: 'change names, e-mail address or manager',
        options: [
          { flags: '--user-name <name>', about: 'another user name', member: 'userName' },
          { flags: '--name <text>', about: 'another name to show', member: 'displayName' },
          { flags: '--email <address>', about: 'another e-mail address', member: 'email' },
          { flags: '--no-email', about: 'remove the e-mail address', member: 'email', value: null },
          { flags: '--manager <person>', about: `another manager: ${PERSON}`, member: 'manager', as: 'human' },
          { flags: '--no-manager', about: 'remove the manager', member: 'manager', value: null },
        ],
        examples: ['change ada --email lovelace@example.org', 'change bob --no-manager --json'],
        document: { name: 'human' },
        says: ({ human, warnings }) => [`${printable(human.userName)} is changed`, ...warned(warnings)],
      },
    }),
    invite: verb({
      method: 'POST',
      ofItem: true,
      path: '/invitation',
      operationId: 'inviteHuman',
      action: 'identify',
      summary: 'Make a link that enrols one passkey of this person within a day, shown here and never again',
      response: invitationSchema,
      secret: 'link',
      command: {
        about: 'make a link with which a person signs in to the console',
        examples: ['invite ada', 'invite ada@example.org --json'],
        document: { name: 'invitation' },
        says: invitationLines,
      },
    }),
    deactivate: verb({
      method: 'POST',
      ofItem: true,
      path: '/deactivation',
      operationId: 'deactivateHuman',
      action: 'identify',
      summary:
        'A person leaves: what they own goes to successors who accepted, or is stopped. A dry run says what would happen',
      body: deactivationSchema,
      response: departureSchema,
      command: {
        about: 'a person leaves: what they own goes to successors, or is stopped',
        options: [
          REASON,
          { flags: '--dry-run', about: 'only say what would go to whom, and what would end' },
          { flags: '--yes', about: 'do not ask; needed where no terminal can be asked' },
        ],
        examples: [
          'deactivate ada --reason "left the company" --dry-run',
          'deactivate ada --reason "left the company" --yes',
        ],
        document: { name: 'departure' },
      },
    }),
    forget: verb({
      method: 'POST',
      ofItem: true,
      path: '/forgetting',
      operationId: 'forgetHuman',
      action: 'identify',
      summary:
        'Destroy the keys of a deactivated person in the record, and remove name and address. Nobody can undo it',
      body: reactivationSchema,
      response: humanSchema,
      command: {
        about: 'remove name and address of a deactivated person, also from the record, for good',
        options: [REASON],
        asks: 'Forget the person',
        examples: ['forget ada --reason "asked for it" --yes', 'forget hum_4fG2 --reason "asked for it" --yes --json'],
      },
    }),
    reactivate: verb({
      method: 'POST',
      ofItem: true,
      path: '/reactivation',
      operationId: 'reactivateHuman',
      action: 'identify',
      summary: 'Reactivate a person. Agents, groups and approvals are not restored',
      body: reactivationSchema,
      response: humanSchema,
      command: {
        about: 'reactivate a person (agents, groups and approvals are not restored)',
        options: [REASON],
        examples: [
          'reactivate ada --reason "came back"',
          'reactivate hum_4fG2 --reason "deactivated by mistake" --json',
        ],
      },
    }),
  },
})

function warned(warnings: ChangedHuman['warnings']): readonly string[] {
  return warnings.map((warning) => `warning  ${printable(warning)}`)
}
