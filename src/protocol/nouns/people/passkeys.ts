import { closed, legibleText, type Static, Type, text } from '../../../base/schema.ts'
import { subjectIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'

/** Passkeys, by which people sign in to the console. */

export const passkeyIdSchema = Type.String({ pattern: '^pky_[A-Za-z0-9_-]{21}[AQgw]$', description: 'passkey id' })
/** What a person calls a passkey. */
export const passkeyNameSchema = legibleText(64)

export const passkeySchema = closed({
  id: passkeyIdSchema,
  /** Id of an administrator or a person, and its name. */
  subject: subjectIdSchema,
  holder: text(256),
  name: text(64),
  /** The host of the console that it was made for. It works nowhere else. */
  host: text(253),
  /** Its maker keeps copies of it, for example on other devices of the person. */
  synced: Type.Boolean(),
  createdAt: timeSchema,
  lastUsedAt: Type.Optional(timeSchema),
})
export type PasskeyView = Static<typeof passkeySchema>

export const passkeyListSchema = closed({ items: Type.Array(passkeySchema) })

export const passkeys = noun({
  one: 'passkey',
  many: 'passkeys',
  about: 'passkeys, by which people sign in to the console',
  id: passkeyIdSchema,
  item: passkeySchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: ({ id, holder, name }) => `${id} (${name} of ${holder})`,
  completes: ({ id, holder, name }) => ({ word: id, about: `${name} of ${holder}` }),
  list: {
    operationId: 'listPasskeys',
    action: 'view-principals',
    summary: 'Passkeys of administrators and people, by id',
    about: 'passkeys of administrators and people',
    examples: ['list', 'list -o csv'],
    columns: [
      { heading: 'HOLDER', of: ({ holder }) => holder },
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'HOST', of: ({ host }) => host },
      { heading: 'LAST USED', of: ({ lastUsedAt }) => lastUsedAt, as: 'ago' },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'SYNCED', of: ({ synced }) => (synced ? 'yes' : 'no'), wide: true },
      { heading: 'SINCE', of: ({ createdAt }) => createdAt, as: 'time', wide: true },
    ],
  },
  verbs: {
    remove: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'removePasskey',
      action: 'change-principals',
      summary: 'Remove a passkey, and end all sessions of its holder',
      response: passkeySchema,
      command: {
        about: 'remove a passkey, and end all sessions of its holder',
        asks: 'Remove the passkey',
        examples: ['remove pky_4fG2aVxQ', 'remove pky_4fG2aVxQ --yes --json'],
        says: ({ name, holder }) => [`the passkey ${JSON.stringify(name)} of ${holder} is removed`],
      },
    }),
  },
})
