import { Type, words } from '../../../base/schema.ts'
import { deviceIdSchema, humanIdSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'
import { DEVICE, PERSON } from '../../noun/words.ts'
import {
  ACCOUNT_STATES,
  accountReleaseSchema,
  accountRequestSchema,
  accountSchema,
  accountsRequestSchema,
  confirmedAccountsSchema,
} from './people.ts'

/** Which user of which device is which person. An account has no id: it is a user of a device. */
export const accounts = noun({
  one: 'account',
  many: 'accounts',
  about: 'device accounts and the people they belong to',
  id: Type.String({ pattern: '^dev_[A-Za-z0-9_-]{22}\\.[A-Za-z0-9-]{1,200}$' }),
  item: accountSchema,
  keyOf: ({ device, userId }) => `${device} ${userId}`,
  called: 'its device and its user',
  describe: ({ device, userId, userName }) => `${userName} (${userId}) on ${device}`,
  completes: ({ userName, device }) => ({ word: userName, about: device }),
  list: {
    operationId: 'listAccounts',
    action: 'view',
    summary: 'Accounts on devices by device and user, filtered by state, device, person, or name or id of the user',
    filters: {
      state: {
        schema: words(...ACCOUNT_STATES),
        options: [{ flags: '--state <state>', about: `only those that are ${ACCOUNT_STATES.join(', ')}` }],
      },
      device: {
        schema: deviceIdSchema,
        options: [{ flags: '--device <device>', about: `only those of this device: ${DEVICE}`, as: 'device' }],
      },
      human: {
        schema: humanIdSchema,
        options: [
          { flags: '--person <person>', about: `only those of this person: ${PERSON}`, as: 'human' },
          { flags: '--human <person>', about: 'as --person', as: 'human', hidden: true },
        ],
      },
    },
    about: 'users under whom agents were seen',
    examples: ['list --state proposed', 'list --person ada@example.org --json'],
    columns: [
      { heading: 'DEVICE', of: ({ device }) => device },
      { heading: 'USER', of: ({ userName }) => userName },
      { heading: 'USER ID', of: ({ userId }) => userId },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'PERSON', of: ({ human }) => human },
      { heading: 'SEEN', of: ({ seenAt }) => seenAt, as: 'time', wide: true },
      { heading: 'CONFIRMED', of: ({ confirmedAt }) => confirmedAt, as: 'time', wide: true },
      { heading: 'BY', of: ({ confirmedBy }) => confirmedBy, wide: true },
    ],
  },
  verbs: {
    confirm: verb({
      method: 'POST',
      path: '/confirmation',
      operationId: 'confirmAccount',
      action: 'identify',
      summary: 'Confirm whose account it is: the person who is proposed, or another one',
      body: accountRequestSchema,
      response: accountSchema,
    }),
    confirmProposed: verb({
      method: 'POST',
      path: '/confirmations',
      operationId: 'confirmProposedAccounts',
      action: 'identify',
      summary: 'Confirm accounts as they are proposed, some hundred at a time',
      body: accountsRequestSchema,
      response: confirmedAccountsSchema,
    }),
    release: verb({
      method: 'POST',
      path: '/release',
      operationId: 'releaseAccount',
      action: 'identify',
      summary: 'A confirmed account has no person again, for example before another person gets the device',
      body: accountReleaseSchema,
      response: accountSchema,
      command: {
        about: 'unlink an account from its person',
        arguments: [
          { name: 'device', about: DEVICE },
          { name: 'user', about: 'the user on the device: uid, SID or name', member: 'user' },
        ],
        options: [{ flags: '--reason <text>', about: 'why; the audit keeps it', member: 'reason', required: true }],
        examples: [
          'release lap-0042 ada --reason "bob has the laptop now"',
          'release lap-0042 1001 --reason mistaken --json',
        ],
        says: ({ device, userId, userName }) => [
          `the account ${JSON.stringify(userName)} (${userId}) on ${device} is of no person now`,
        ],
      },
    }),
  },
})
