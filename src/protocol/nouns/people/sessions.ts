import { closed, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { subjectIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'

/** Sessions of the console: who has signed in, where and how. */

/** `invitation`: with the passkey that a link has just enrolled. */
export const SIGN_IN_METHODS = ['passkey', 'invitation', 'oidc'] as const
export type SignInMethod = (typeof SIGN_IN_METHODS)[number]

export const SIGN_IN_ACTS = [
  'invited',
  'passkey-added',
  'passkey-removed',
  'signed-in',
  'stepped-up',
  'sign-in-refused',
  'session-ended',
] as const

export const SESSION_MS = { idle: 3_600_000, longest: 12 * 3_600_000, fresh: 5 * 60_000 } as const

export const sessionIdSchema = Type.String({ pattern: '^ses_[A-Za-z0-9_-]{21}[AQgw]$', description: 'session id' })

export const sessionSchema = closed({
  id: sessionIdSchema,
  /** Id of an administrator or a person, and its name. */
  subject: subjectIdSchema,
  name: text(256),
  method: words(...SIGN_IN_METHODS),
  startedAt: timeSchema,
  /** Up to a minute before it was last used. */
  lastUsedAt: timeSchema,
  /** It ends earlier if it is not used for an hour. */
  endsAt: timeSchema,
  address: text(64),
  /** As it names itself. */
  browser: text(256),
})
export type Session = Static<typeof sessionSchema>

export const endedSessionsSchema = closed({
  name: text(256),
  ended: Type.Integer({ minimum: 0 }),
})

export const sessions = noun({
  one: 'session',
  many: 'sessions',
  about: 'sessions of the console: who has signed in',
  id: sessionIdSchema,
  item: sessionSchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: ({ id, name }) => `${id} (${name})`,
  completes: ({ id, name }) => ({ word: id, about: name }),
  list: {
    operationId: 'listSessions',
    action: 'view-principals',
    summary: 'Sessions of the console that have not ended, newest first',
    newestFirst: true,
    sorts: ['last used', 'since'],
    about: 'sessions that have not ended, newest first',
    examples: ['list', 'list --sort "last used" --json'],
    none: 'nobody has signed in',
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'BY', of: ({ method }) => method },
      { heading: 'LAST USED', of: ({ lastUsedAt }) => lastUsedAt, as: 'ago' },
      { heading: 'FROM', of: ({ address }) => address },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'SINCE', of: ({ startedAt }) => startedAt, as: 'time', wide: true },
      { heading: 'BROWSER', of: ({ browser }) => browser, wide: true },
    ],
  },
  verbs: {
    end: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'endSession',
      action: 'change-principals',
      summary: 'End a session of the console. Its browser has to sign in again',
      response: sessionSchema,
      command: {
        about: 'end a session; its browser has to sign in again',
        asks: 'End the session',
        examples: ['end ses_4fG2aVxQ', 'end ses_4fG2aVxQ --yes --json'],
        says: ({ name, id }) => [`the session ${id} of ${name} has ended`],
      },
    }),
    'end-all': verb({
      method: 'POST',
      path: '/end',
      operationId: 'endSessionsOf',
      action: 'change-principals',
      summary: 'End all sessions of an administrator or a person',
      body: closed({ of: legibleText(256) }),
      response: endedSessionsSchema,
      command: {
        about: 'end all sessions of an administrator or a person',
        arguments: [{ name: 'person', about: 'name of an administrator, or any name of a person', member: 'of' }],
        examples: ['end-all ada@example.org', 'end-all ada --json'],
        document: { name: 'ended-sessions' },
        says: ({ name, ended }) => [`${ended === 1 ? '1 session' : `${ended} sessions`} of ${name} ended`],
      },
    }),
  },
})
