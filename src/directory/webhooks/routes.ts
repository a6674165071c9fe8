import type { Webhook } from '../../protocol/nouns/directory/webhooks.ts'
import { webhooks as declared, hostOf } from '../../protocol/nouns/directory/webhooks.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { listedFrom } from '../http/paging.ts'
import type { Route } from '../http/route.ts'
import type { Delivering } from './deliver.ts'
import type { Webhooks } from './webhooks.ts'

interface WebhookRoutesComponents {
  readonly webhooks: Webhooks
  readonly webhookDelivering: Pick<Delivering, 'test'>
}

const TEST_MS = 20_000

export function webhookRoutes({ webhooks, webhookDelivering }: WebhookRoutesComponents): readonly Route[] {
  return nounRoutes(
    declared,
    {
      list: async ({ named, ...query }) =>
        listedFrom(
          (await webhooks.list()).filter((one) => isNamed(one, named)),
          query,
        ),
      show: (id) => webhooks.get(id),
    },
    {
      add: ({ body, principal, commit }) =>
        commit(() => webhooks.add(body, principal.id), { secretOf: ({ webhook }) => `the webhook is ${webhook.id}` }),
      rotate: ({ params: { id }, principal }) => webhooks.rotate(id, principal.id),
      enable: ({ params: { id }, body: { skip = false }, principal }) => webhooks.enable(id, { skip }, principal.id),
      remove: ({ params: { id }, principal }) => webhooks.remove(id, principal.id),
      test: ({ params: { id }, principal }) => webhookDelivering.test(id, principal.id, AbortSignal.timeout(TEST_MS)),
      deliveries: async ({ params: { id } }) => ({ items: [...(await webhooks.deliveries(id))] }),
    },
  )
}

/** @param named at least eight characters of the beginning of an id, or a host. */
function isNamed({ id, url }: Webhook, named: string | undefined): boolean {
  return named === undefined || (named.length >= 8 && id.startsWith(named)) || hostOf(url) === named
}
