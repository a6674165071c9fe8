import { closed, Type } from '../../base/schema.ts'
import {
  webhookDeliveryListSchema,
  webhookDeliverySchema,
  webhookIdSchema,
  webhookRequestSchema,
  webhookSchema,
  webhookSecretSchema,
} from '../api/webhooks.ts'
import { noun, verb } from './noun.ts'

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
      command: {
        about: 'send events to a URL from now on; gives out the secret, once',
        arguments: [{ name: 'url', about: 'https://HOST/PATH, or http://localhost' }],
        options: [
          OUT,
          {
            flags: '--events <kinds>',
            about: 'kinds of events (see events kinds), separated by commas, or * for all',
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
