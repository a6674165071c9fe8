import { closed, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { claimIdSchema, deviceIdSchema, humanIdSchema, registrationIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON } from '../../noun/words.ts'
import { sightingIdSchema, userSchema } from '../../sighting.ts'

/** Claims of users of devices in the administrators' API. */

export const CLAIM_STATES = ['pending', 'accepted', 'refused'] as const
export type ClaimState = (typeof CLAIM_STATES)[number]

/** What people decide. A claim that the directory refuses without asking anybody is activity. */
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

const nameSchema = Type.String({ minLength: 1, maxLength: 256 })

/** Users of devices say which agents are theirs, and a person accepts or refuses it. */
export const claims = noun({
  one: 'claim',
  many: 'claims',
  about: 'agents that users of devices say are theirs',
  id: claimIdSchema,
  item: claimViewSchema,
  called: `its id, at least eight characters of its beginning, or its device: ${DEVICE}`,
  describe: ({ id, product, user, host }) => `${id} (${product} of ${user.name} on ${host})`,
  completes: ({ id, product, user, host }) => ({ word: id, about: `${product} of ${user.name} on ${host}` }),
  preferred: ({ state }) => state === 'pending',
  list: {
    operationId: 'listClaims',
    action: 'view',
    summary:
      'Claims of users of devices, newest first, filtered by state, device, product, person, owner of the device, and by beginning of the id',
    filters: {
      state: {
        schema: words(...CLAIM_STATES),
        usual: 'pending',
        options: [
          { flags: '--state <state>', about: `those of this state: ${CLAIM_STATES.join(', ')}` },
          { flags: '--all', about: 'those already decided too', value: undefined },
        ],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `of this device: ${DEVICE}`, as: 'device' }],
      },
      product: {
        schema: Type.String({ minLength: 1, maxLength: 264 }),
        options: [{ flags: '--product <id>', about: 'of this product: claude-code, or unknown/NAME' }],
      },
      user: {
        schema: nameSchema,
        options: [{ flags: '--user <user>', about: `of this user of a device, or this person: ${PERSON}` }],
      },
      owner: {
        schema: nameSchema,
        options: [{ flags: '--owner <person>', about: `on devices of this owner: ${PERSON}` }],
      },
    },
    sorts: ['received', 'product', 'user', 'host'],
    newestFirst: true,
    search: 'only those whose product or user begins with this',
    about: 'claims that wait for a decision, newest first',
    examples: ['list', 'list --all --json', 'list --user ada --product claude-code'],
    none: 'no claim waits for a decision',
    columns: [
      { heading: 'PRODUCT', of: ({ product }) => product },
      { heading: 'USER', of: ({ user }) => user.name, shown: userWords },
      { heading: 'HOST', of: ({ host }) => host },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'RECEIVED', of: ({ receivedAt }) => receivedAt, as: 'ago' },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'PURPOSE', of: ({ purpose }) => purpose },
      { heading: 'PERSON', of: ({ humanName, proposed }) => humanName ?? proposed, wide: true },
      { heading: 'MANAGER', of: ({ manager }) => manager, wide: true },
      { heading: 'DECIDED', of: ({ decidedAt }) => decidedAt, as: 'time', wide: true },
      { heading: 'DECIDED BY', of: ({ decidedBy }) => decidedBy, wide: true },
    ],
  },
  show: {
    operationId: 'getClaim',
    action: 'view',
    summary: 'One claim, with the person whose account it is',
    about: 'show one claim, and who may decide',
    examples: ['show clm_4fG2aB', 'show laptop-7'],
  },
  verbs: {
    accept: verb({
      method: 'POST',
      ofItem: true,
      path: '/accept',
      operationId: 'acceptClaim',
      action: 'decide-claim',
      summary: 'Register the agent, owned by the person of the account',
      body: claimAcceptanceSchema,
      response: claimViewSchema,
      command: {
        about: 'register the agent, owned by the person who claims it',
        options: [
          {
            flags: '--person <person>',
            about: 'whose account it is, by id, user name or email; confirms the account',
            member: 'human',
          },
          { flags: '--human <person>', about: 'as --person', member: 'human', hidden: true },
          {
            flags: '--name <text>',
            about: 'name of the registration; default: what the user calls it',
            member: 'name',
          },
          { flags: '--reason <text>', about: 'for the user of the device and the record', member: 'reason' },
        ],
        examples: ['accept clm_4fG2aB', 'accept laptop-7 --person ada'],
        says: decided,
      },
    }),
    refuse: verb({
      method: 'POST',
      ofItem: true,
      path: '/refuse',
      operationId: 'refuseClaim',
      action: 'decide-claim',
      summary: 'Refuse the claim; the user of the device reads the reason',
      body: claimRefusalSchema,
      response: claimViewSchema,
      command: {
        about: 'refuse a claim',
        options: [
          {
            flags: '--reason <text>',
            about: 'for the user of the device and the record',
            member: 'reason',
            required: true,
          },
        ],
        examples: [
          'refuse clm_4fG2aB --reason "use the one of your team"',
          'refuse laptop-7 --reason "not allowed here" --json',
        ],
        says: decided,
      },
    }),
  },
})

/** The user of the device, and the human as far as that is known. */
export function userWords({ user, humanName, proposed, byRoot }: ClaimView): string {
  const human = humanName ?? (proposed === undefined ? 'not confirmed' : `${proposed}?`)
  return `${user.name} (${human})${byRoot === true ? ', by root' : ''}`
}

function decided({ id, product, state, registration }: ClaimView): readonly string[] {
  return [
    `claim ${id} of ${product} is ${state}`,
    ...(registration === undefined ? [] : [`registered as ${registration}`]),
  ]
}
