import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { messageIdSchema, timeSchema } from '../../ids.ts'
import { noun, verb } from '../../noun/noun.ts'

/** Messages to people about what waits for them, in the administrators' API. */

export const MESSAGE_MEDIA = ['mail', 'slack', 'teams'] as const
export type MessageMedium = (typeof MESSAGE_MEDIA)[number]

/** `failed`: it was not taken within a day, or never will be. */
export const MESSAGE_STATES = ['waiting', 'sent', 'failed'] as const
export type MessageState = (typeof MESSAGE_STATES)[number]

export const MESSAGE_ACTS = ['message-failed', 'messages-turned-off', 'messages-turned-on', 'messages-tested'] as const

export const messageSchema = closed({
  id: messageIdSchema,
  medium: words(...MESSAGE_MEDIA),
  /** Id of a human or an administrator, or the medium where it is a channel. */
  recipient: text(64),
  recipientName: text(256),
  subject: text(200),
  /** Sent at once. Others wait for the digest and for the end of quiet hours. */
  urgent: Type.Boolean(),
  state: words(...MESSAGE_STATES),
  createdAt: timeSchema,
  attempts: counter(),
  /** When it was sent, or given up. */
  settledAt: Type.Optional(timeSchema),
  nextAttemptAt: Type.Optional(timeSchema),
  /** What the newest attempt failed with. */
  problem: Type.Optional(text(500)),
})
export type Message = Static<typeof messageSchema>

const mediumStatusSchema = closed({
  medium: words(...MESSAGE_MEDIA),
  /** It has settings. */
  on: Type.Boolean(),
  /** The server of it, without anything secret. */
  server: Type.Optional(text(300)),
  waiting: counter(),
  failed: counter(),
  /** When it last took a message. */
  sentAt: Type.Optional(timeSchema),
  /** Of the newest attempt, where that failed. */
  problem: Type.Optional(text(500)),
})
export type MediumStatus = Static<typeof mediumStatusSchema>

export const messageStatusSchema = closed({
  media: Type.Array(mediumStatusSchema),
  digest: text(64),
  timeZone: text(64),
  /** Absent: there is no digest. */
  nextDigestAt: Type.Optional(timeSchema),
  /** Absent: none. */
  quietHours: Type.Optional(text(16)),
  /** Nothing urgent aside, messages wait until then. */
  quietUntil: Type.Optional(timeSchema),
})
export type MessageStatus = Static<typeof messageStatusSchema>

/** `address` is for mail. Absent: the address of whoever asks. */
export const messageTestSchema = closed({
  to: words(...MESSAGE_MEDIA),
  address: Type.Optional(Type.String({ minLength: 3, maxLength: 254 })),
})

export const messageDeliverySchema = closed({
  medium: words(...MESSAGE_MEDIA),
  delivered: Type.Boolean(),
  ms: counter(),
  problem: Type.Optional(text(500)),
})
export type MessageDelivery = Static<typeof messageDeliverySchema>

/** What whoever asks wants to get. */
export const messagePreferenceRequestSchema = closed({ mail: Type.Boolean() })
export const messagePreferenceSchema = closed({
  mail: Type.Boolean(),
  /** Where mail goes. Absent: no address is known that mail can be sent to, or mail has no settings. */
  address: Type.Optional(text(256)),
})
export type MessagePreference = Static<typeof messagePreferenceSchema>

/** Who gets what. The texts name agents and people, so only those see them who may change settings. */
export const messages = noun({
  one: 'message',
  many: 'messages',
  about: 'messages to people about what waits for them',
  id: messageIdSchema,
  item: messageSchema,
  called: 'its id, or at least eight characters of its beginning',
  describe: ({ id, subject }) => `${id} (${subject})`,
  completes: ({ id, subject }) => ({ word: id, about: subject }),
  list: {
    operationId: 'listMessages',
    action: 'configure',
    summary: 'Messages of the last 30 days, newest first: to whom, about what, and whether they were sent',
    newestFirst: true,
    filters: {
      state: {
        schema: words(...MESSAGE_STATES),
        options: [{ flags: '--state <state>', about: `those in this state: ${MESSAGE_STATES.join(', ')}` }],
      },
      medium: {
        schema: words(...MESSAGE_MEDIA),
        options: [{ flags: '--medium <medium>', about: `those by ${MESSAGE_MEDIA.join(', ')}` }],
      },
    },
    about: 'messages of the last 30 days, newest first',
    examples: ['list', 'list --state failed', 'list --medium mail -o csv'],
    columns: [
      { heading: 'CREATED', of: ({ createdAt }) => createdAt, as: 'ago' },
      { heading: 'BY', of: ({ medium }) => medium },
      { heading: 'TO', of: ({ recipientName }) => recipientName },
      { heading: 'SUBJECT', of: ({ subject }) => subject },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'PROBLEM', of: ({ problem }) => problem },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'ATTEMPTS', of: ({ attempts }) => attempts, as: 'count', wide: true },
      { heading: 'NEXT', of: ({ nextAttemptAt }) => nextAttemptAt, as: 'time', wide: true },
    ],
  },
  verbs: {
    status: verb({
      method: 'GET',
      path: '/status',
      operationId: 'getMessageStatus',
      action: 'configure',
      summary: 'Each medium with its server and what waits, the digest and the quiet hours',
      response: messageStatusSchema,
      command: {
        about: 'the media, what waits, and when the next digest is due',
        document: { name: 'message-status' },
        examples: ['status', 'status --json'],
      },
    }),
    test: verb({
      method: 'POST',
      path: '/test',
      operationId: 'testMessages',
      action: 'configure',
      summary: 'Send one harmless message at once, and answer with what became of it',
      body: messageTestSchema,
      response: messageDeliverySchema,
      command: {
        about: 'send one harmless message now',
        options: [
          { flags: '--to <medium>', about: `one of ${MESSAGE_MEDIA.join(', ')}`, member: 'to', required: true },
          { flags: '--address <address>', about: 'of mail (default: that of the administrator)', member: 'address' },
        ],
        document: { name: 'message-delivery', member: 'delivery' },
        examples: ['test --to slack', 'test --to mail --address ada@example.org --json'],
      },
    }),
  },
})
