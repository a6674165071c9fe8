import { closed, Type } from '../../base/schema.ts'
import {
  webhookDeliveryListSchema,
  webhookDeliverySchema,
  webhookIdSchema,
  webhookListSchema,
  webhookRequestSchema,
  webhookSchema,
  webhookSecretSchema,
} from '../../protocol/api/webhooks.ts'
import { type Route, route } from '../http/route.ts'
import type { Delivering } from './deliver.ts'
import type { Webhooks } from './webhooks.ts'

interface WebhookRoutesComponents {
  readonly webhooks: Webhooks
  readonly webhookDelivering: Pick<Delivering, 'test'>
}

const params = closed({ id: webhookIdSchema })
/** A certificate authority with its chain. */
const BODY_MAX_BYTES = 128 * 1024

/** A URL may be a secret of its receiver, so that only those who may change webhooks see them. */
export function webhookRoutes({ webhooks, webhookDelivering }: WebhookRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/webhooks',
      operationId: 'addWebhook',
      action: 'configure',
      summary: 'Send events to a URL from now on. The secret for signatures is shown here and never again',
      body: webhookRequestSchema,
      bodyMaxBytes: BODY_MAX_BYTES,
      status: 201,
      response: webhookSecretSchema,
      creates: true,
      answer: ({ body, principal, commit }) =>
        commit(() => webhooks.add(body, principal.id), { secretOf: ({ webhook }) => `the webhook is ${webhook.id}` }),
    }),
    route({
      method: 'GET',
      path: '/webhooks',
      operationId: 'listWebhooks',
      action: 'configure',
      summary: 'All webhooks, oldest first',
      response: webhookListSchema,
      answer: () => ({ items: [...webhooks.list()] }),
    }),
    route({
      method: 'GET',
      path: '/webhooks/{id}',
      operationId: 'getWebhook',
      action: 'configure',
      summary: 'One webhook: its state, and what it failed with',
      params,
      response: webhookSchema,
      answer: ({ params: { id } }) => webhooks.get(id),
    }),
    route({
      method: 'DELETE',
      path: '/webhooks/{id}',
      operationId: 'removeWebhook',
      action: 'configure',
      summary: 'Remove a webhook and its deliveries',
      params,
      response: webhookSchema,
      answer: ({ params: { id }, principal }) => webhooks.remove(id, principal.id),
    }),
    route({
      method: 'POST',
      path: '/webhooks/{id}/rotate',
      operationId: 'rotateWebhookSecret',
      action: 'configure',
      summary: 'Make a new secret. Messages are signed with both for a day',
      params,
      response: webhookSecretSchema,
      answer: ({ params: { id }, principal }) => webhooks.rotate(id, principal.id),
    }),
    route({
      method: 'POST',
      path: '/webhooks/{id}/enable',
      operationId: 'enableWebhook',
      action: 'configure',
      summary: 'Send again what waits, or with skip from the newest event on',
      params,
      body: closed({ skip: Type.Optional(Type.Boolean()) }),
      response: webhookSchema,
      answer: ({ params: { id }, body: { skip = false }, principal }) => webhooks.enable(id, { skip }, principal.id),
    }),
    route({
      method: 'POST',
      path: '/webhooks/{id}/test',
      operationId: 'testWebhook',
      action: 'configure',
      summary: 'Send a message of type test at once, and answer with what became of it',
      params,
      response: webhookDeliverySchema,
      answer: ({ params: { id } }) => webhookDelivering.test(id, AbortSignal.timeout(TEST_MS)),
    }),
    route({
      method: 'GET',
      path: '/webhooks/{id}/deliveries',
      operationId: 'listWebhookDeliveries',
      action: 'configure',
      summary: 'The newest attempts, at most 200, newest first',
      params,
      response: webhookDeliveryListSchema,
      answer: ({ params: { id } }) => ({ items: [...webhooks.deliveries(id)] }),
    }),
  ]
}

const TEST_MS = 20_000
