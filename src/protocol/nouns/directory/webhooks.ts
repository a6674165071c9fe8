import { closed, counter, type Static, Type, text, words } from '../../../base/schema.ts'
import { timeSchema, WEBHOOK_ID } from '../../ids.ts'
import { apiAnswer } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'

/** Webhooks in the administrators' API: where the directory sends its events (Standard Webhooks). */

/** Disabled after a day of failures, by an answer 410, or because its secret cannot be read any more. */
export const WEBHOOK_ACTS = [
  'webhook-added',
  'webhook-changed',
  'webhook-removed',
  'webhook-secret-rotated',
  'webhook-enabled',
  'webhook-tested',
  'webhook-disabled',
] as const

export const MAX_WEBHOOKS = 50
export const MAX_WEBHOOK_KINDS = 200

export const webhookIdSchema = Type.String({ pattern: WEBHOOK_ID, description: 'webhook id' })

/** https, or http to this machine, which the directory checks. No user, password or fragment. */
export const webhookUrlSchema = Type.String({
  pattern: '^https?://[^\\s#@\\u0000-\\u001f\\u007f]{1,1990}$',
  description: 'https://HOST/PATH, or http://localhost',
})

/** `events` are kinds of events, or `*` for all. The directory refuses a word that is no kind. */
export const webhookRequestSchema = closed({
  url: webhookUrlSchema,
  events: Type.Array(text(64), { minItems: 1, maxItems: MAX_WEBHOOK_KINDS }),
  /** PEM: the only certificates that are trusted. Absent: those of the runtime. */
  ca: Type.Optional(text(65_536)),
})
export type WebhookRequest = Static<typeof webhookRequestSchema>

/** `failing`: the newest attempt failed, and another one follows. */
export const WEBHOOK_STATES = ['active', 'failing', 'disabled'] as const

export const webhookSchema = closed({
  id: webhookIdSchema,
  url: Type.String(),
  events: Type.Array(text(64)),
  state: words(...WEBHOOK_STATES),
  createdAt: timeSchema,
  createdBy: text(256),
  /** Events up to this id were delivered, or are of other kinds. */
  position: counter(),
  /** Events after that, of all kinds. */
  behind: counter(),
  deliveredAt: Type.Optional(timeSchema),
  failingSince: Type.Optional(timeSchema),
  nextAttemptAt: Type.Optional(timeSchema),
  disabledAt: Type.Optional(timeSchema),
  /** Why it is disabled, or what the newest attempt failed with. */
  problem: Type.Optional(text(500)),
  /** Until then messages are signed with the secret before this one too. */
  oldSecretUntil: Type.Optional(timeSchema),
})
export type Webhook = Static<typeof webhookSchema>

/** The secret is shown here and never again. */
export const webhookSecretSchema = closed({
  webhook: webhookSchema,
  secret: Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{43}=$' }),
})

/** One attempt. `event` is absent for a test. */
export const webhookDeliverySchema = closed({
  at: timeSchema,
  event: Type.Optional(counter()),
  delivered: Type.Boolean(),
  /** Of HTTP. Absent without an answer. */
  status: Type.Optional(counter()),
  problem: Type.Optional(text(500)),
  ms: counter(),
})
export type WebhookDelivery = Static<typeof webhookDeliverySchema>

export const webhookDeliveryListSchema = closed({ items: Type.Array(webhookDeliverySchema) })

export const webhookReader = apiAnswer(webhookSchema, 'webhook')
export const webhookSecretReader = apiAnswer(webhookSecretSchema, 'new webhook')

const OUT = { flags: '--out <file>', about: 'write the secret to this new file (mode 0600)' } as const

/** Where the directory sends its events. A URL may be a secret of its receiver: only those who may change webhooks see them. */
export const webhooks = noun({
  one: 'webhook',
  many: 'webhooks',
  about: 'other systems that hear of events',
  id: webhookIdSchema,
  item: webhookSchema,
  called: 'its id, at least eight characters of its beginning, or its host',
  describe: ({ id, url }) => `${id} to ${hostOf(url)}`,
  completes: ({ id, url }) => ({ word: id, about: hostOf(url) }),
  list: {
    operationId: 'listWebhooks',
    action: 'configure',
    summary: 'Webhooks, oldest first',
    about: 'webhooks, and the state of each',
    examples: ['list', 'list --json'],
    columns: [
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'HOST', of: ({ url }) => hostOf(url) },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'BEHIND', of: ({ behind }) => behind, as: 'count' },
      { heading: 'DELIVERED', of: ({ deliveredAt }) => deliveredAt, as: 'time' },
      { heading: 'EVENTS', of: ({ events }) => events.join(' ') },
      { heading: 'PROBLEM', of: ({ problem }) => problem, wide: true },
    ],
  },
  show: {
    operationId: 'getWebhook',
    action: 'configure',
    summary: 'One webhook: its state, and what it failed with',
    about: 'one webhook',
    examples: ['show whk_Des0arl6', 'show hooks.example.org --json'],
  },
  verbs: {
    deliveries: verb({
      method: 'GET',
      ofItem: true,
      path: '/deliveries',
      operationId: 'listWebhookDeliveries',
      action: 'configure',
      summary: 'The newest attempts, at most 200, newest first',
      response: webhookDeliveryListSchema,
    }),
    test: verb({
      method: 'POST',
      ofItem: true,
      path: '/test',
      operationId: 'testWebhook',
      action: 'configure',
      summary: 'Send a message of type test at once, and answer with what became of it',
      response: webhookDeliverySchema,
      command: {
        about: 'send a message of type test now',
        document: { name: 'webhook-delivery', member: 'delivery' },
        examples: ['test whk_Des0arl6', 'test hooks.example.org --json'],
      },
    }),
    add: verb({
      method: 'POST',
      operationId: 'addWebhook',
      action: 'configure',
      summary: 'Send events to a URL from now on. The secret for signatures is shown here and never again',
      body: webhookRequestSchema,
      // A certificate authority with its chain.
      bodyMaxBytes: 128 * 1024,
      response: webhookSecretSchema,
      creates: true,
      secret: 'secret',
      command: {
        about: 'send events to a URL from now on; gives out the secret, once',
        arguments: [{ name: 'url', about: 'https://HOST/PATH, or http://localhost' }],
        options: [
          OUT,
          {
            flags: '--events <kinds>',
            about: 'kinds of events (see events kinds), separated by commas, or * for all',
            inForm: 'kinds of events such as stop-created, separated by commas, or * for all',
            required: true,
          },
          {
            flags: '--ca <file>',
            about: 'the only certificates that are trusted, as PEM (default: public certificate authorities)',
          },
        ],
        examples: [
          'add https://hooks.example.org/surety --events unknown-agent-appeared,stop-created',
          'add https://siem.example.org/in --events "*" --ca ca.pem --out webhook.secret',
        ],
      },
    }),
    rotate: verb({
      method: 'POST',
      ofItem: true,
      path: '/rotate',
      operationId: 'rotateWebhookSecret',
      action: 'configure',
      summary: 'Make a new secret. Messages are signed with both for a day',
      response: webhookSecretSchema,
      secret: 'secret',
      command: {
        about: 'make a new secret; the one before signs too for a day',
        options: [OUT],
        examples: ['rotate whk_Des0arl6', 'rotate hooks.example.org --out webhook.secret'],
      },
    }),
    enable: verb({
      method: 'POST',
      ofItem: true,
      path: '/enable',
      operationId: 'enableWebhook',
      action: 'configure',
      summary: 'Send again what waits, or with skip from the newest event on',
      body: closed({ skip: Type.Optional(Type.Boolean()) }),
      response: webhookSchema,
      command: {
        about: 'send again what waits at a disabled or failing webhook',
        options: [
          { flags: '--skip', about: 'leave out what waits: continue with the next event', member: 'skip', value: true },
        ],
        examples: ['enable whk_Des0arl6', 'enable whk_Des0arl6 --skip'],
      },
    }),
    remove: verb({
      method: 'DELETE',
      ofItem: true,
      operationId: 'removeWebhook',
      action: 'configure',
      summary: 'Remove a webhook and its deliveries',
      response: webhookSchema,
      command: {
        about: 'send nothing more there',
        asks: 'Remove the webhook',
        examples: ['remove whk_Des0arl6', 'remove hooks.example.org --yes'],
      },
    }),
  },
})

/** A path or a query may be a secret of the receiver. */
export function hostOf(url: string): string {
  return URL.parse(url)?.host ?? url
}
