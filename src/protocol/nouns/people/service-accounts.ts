import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { humanIdSchema, serviceAccountIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { PERSON, timeInWords } from '../../noun/words.ts'
import { humanTextSchema } from './people.ts'

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

const EXPIRES = 'when it ends, from now: 90d, at most 366d'

/** Identities of programs that are not agents, each with an owner, a purpose and an end. */
export const serviceAccounts = noun({
  one: 'service account',
  many: 'service accounts',
  about: 'non-agent program identities, each with an owner and an expiry date',
  id: serviceAccountIdSchema,
  item: serviceAccountSchema,
  called: 'its name, id, or at least eight characters of its beginning',
  describe: ({ id, name, status }) => `${id} (${name}, ${status})`,
  completes: ({ name, purpose }) => ({ word: name, about: purpose }),
  preferred: ({ status }) => status === 'active',
  list: {
    operationId: 'listServiceAccounts',
    action: 'view',
    summary: 'Service accounts in the order in which they came, filtered by status or owner',
    filters: {
      status: {
        schema: words(...SERVICE_ACCOUNT_STATUSES),
        options: [
          { flags: '--status <status>', about: `only those that are ${SERVICE_ACCOUNT_STATUSES.join(' or ')}` },
        ],
      },
      owner: {
        schema: humanIdSchema,
        options: [{ flags: '--owner <person>', about: `only those of this person: ${PERSON}`, as: 'human' }],
      },
    },
    search: 'only those whose name begins with this',
    sorts: ['name', 'ends'],
    about: 'service accounts in the order in which they came',
    examples: ['list --status active', 'list --owner ada -o csv'],
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'OWNER', of: ({ owner }) => owner },
      { heading: 'STATUS', of: ({ status }) => status },
      { heading: 'ENDS', of: ({ expiresAt }) => expiresAt, as: 'time' },
      { heading: 'PURPOSE', of: ({ purpose }) => purpose },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'SUCCESSOR', of: ({ successor }) => successor, wide: true },
    ],
  },
  show: {
    operationId: 'showServiceAccount',
    action: 'view',
    summary: 'A service account',
    about: 'a service account',
    examples: ['show nightly-build', 'show sac_4fG2 --json'],
  },
  verbs: {
    add: verb({
      method: 'POST',
      operationId: 'addServiceAccount',
      action: 'identify',
      summary: 'Add a service account with an owner, a purpose and an end within 366 days',
      body: serviceAccountRequestSchema,
      response: serviceAccountSchema,
      creates: true,
      command: {
        about: 'add a service account',
        arguments: [{ name: 'name', member: 'name' }],
        options: [
          { flags: '--owner <person>', about: `who answers for it: ${PERSON}`, member: 'owner', required: true },
          { flags: '--purpose <text>', about: 'what it is for', member: 'purpose', required: true },
          { flags: '--expires <time>', about: EXPIRES, member: 'expiresAt', as: 'time', required: true },
          {
            flags: '--successor <person>',
            about: 'who gets it when the owner leaves, once they have accepted',
            member: 'successor',
          },
        ],
        examples: [
          'add nightly-build --owner ada --purpose "builds releases" --expires 90d',
          'add backup --owner ada --successor bob --purpose backups --expires 366d --json',
        ],
        says: ({ id, name, expiresAt }) => [`${id} is ${JSON.stringify(name)}${ending(expiresAt)}`],
      },
    }),
    change: verb({
      method: 'POST',
      ofItem: true,
      operationId: 'changeServiceAccount',
      action: 'identify',
      summary: 'Change purpose, end, owner or successor. Another successor has to accept again',
      body: serviceAccountChangeSchema,
      response: serviceAccountSchema,
      command: {
        about: 'change owner, successor, purpose or end',
        options: [
          { flags: '--owner <person>', about: `another owner: ${PERSON}`, member: 'owner' },
          { flags: '--purpose <text>', about: 'another purpose', member: 'purpose' },
          { flags: '--expires <time>', about: EXPIRES, member: 'expiresAt', as: 'time' },
          { flags: '--successor <person>', about: 'another successor, who has to accept again', member: 'successor' },
          { flags: '--no-successor', about: 'remove the successor', member: 'successor', value: null },
        ],
        examples: ['change nightly-build --expires 180d', 'change nightly-build --successor bob --json'],
        says: ({ id, expiresAt }) => [`${id} is changed${ending(expiresAt)}`],
      },
    }),
    accept: verb({
      method: 'POST',
      ofItem: true,
      path: '/acceptance',
      operationId: 'acceptServiceAccount',
      // The rule allows the successor, by the name of the administrator, and administrators.
      action: 'operate',
      summary: 'The successor agrees to get it when the owner leaves; an administrator records it for them',
      response: serviceAccountSchema,
      command: {
        about: 'the successor agrees to get it when the owner leaves',
        examples: ['accept nightly-build', 'accept sac_4fG2 --json'],
        says: ({ id, successor, expiresAt }) => [`${successor} gets ${id} when the owner leaves${ending(expiresAt)}`],
      },
    }),
    end: verb({
      method: 'POST',
      ofItem: true,
      path: '/end',
      operationId: 'endServiceAccount',
      action: 'identify',
      summary: 'End a service account before its time',
      body: serviceAccountEndSchema,
      response: serviceAccountSchema,
      command: {
        about: 'end a service account before its time',
        asks: 'End the service account',
        options: [{ flags: '--reason <text>', about: 'why; the audit keeps it', member: 'reason', required: true }],
        examples: ['end nightly-build --reason "builds run elsewhere"', 'end sac_4fG2 --reason replaced --yes --json'],
        says: ({ id, expiresAt }) => [`${id} has ended${ending(expiresAt)}`],
      },
    }),
  },
})

function ending(at: number): string {
  return `; it ends at ${timeInWords(at)}`
}
