import type { Clock } from '../../base/clock.ts'
import { serviceAccounts as declared } from '../../protocol/nouns/people/service-accounts.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { ServiceAccount, ServiceAccountStore } from './service-account-store.ts'
import { type ServiceAccounts, storedServiceAccount } from './service-accounts.ts'
import { serviceAccountView } from './views.ts'

interface ServiceAccountRoutesComponents {
  readonly store: { readonly serviceAccounts: ServiceAccountStore }
  readonly serviceAccounts: ServiceAccounts
  readonly clock: Pick<Clock, 'now'>
}

export function serviceAccountRoutes(components: ServiceAccountRoutesComponents): readonly Route[] {
  const { store, serviceAccounts, clock } = components
  const view = (account: ServiceAccount) => serviceAccountView(account, clock.now())
  return nounRoutes(
    declared,
    {
      async list(query) {
        const { items, ...rest } = await store.serviceAccounts.list(query, clock.now())
        return { ...rest, items: items.map(view) }
      },
      show: async (id) => view(await storedServiceAccount(store.serviceAccounts, id)),
    },
    {
      add: ({ body, principal, commit }) => commit(async () => view(await serviceAccounts.add(body, principal))),
      change: async ({ params: { id }, body, principal }) => view(await serviceAccounts.change(id, body, principal)),
      accept: async ({ params: { id }, principal }) => view(await serviceAccounts.accept(id, principal)),
      end: async ({ params: { id }, body: { reason }, principal }) =>
        view(await serviceAccounts.end(id, reason, principal)),
    },
  )
}
