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
      list(query) {
        const { items, ...rest } = store.serviceAccounts.list(query, clock.now())
        return { ...rest, items: items.map(view) }
      },
      show: (id) => view(storedServiceAccount(store.serviceAccounts, id)),
    },
    {
      add: ({ body, principal, commit }) => commit(() => view(serviceAccounts.add(body, principal))),
      change: ({ params: { id }, body, principal }) => view(serviceAccounts.change(id, body, principal)),
      accept: ({ params: { id }, principal }) => view(serviceAccounts.accept(id, principal)),
      end: ({ params: { id }, body: { reason }, principal }) => view(serviceAccounts.end(id, reason, principal)),
    },
  )
}
