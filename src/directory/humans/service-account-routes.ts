import type { Clock } from '../../base/clock.ts'
import { closed, Type, words } from '../../base/schema.ts'
import {
  SERVICE_ACCOUNT_STATUSES,
  serviceAccountChangeSchema,
  serviceAccountEndSchema,
  serviceAccountPageSchema,
  serviceAccountRequestSchema,
  serviceAccountSchema,
} from '../../protocol/api/service-accounts.ts'
import { humanIdSchema, serviceAccountIdSchema } from '../../protocol/ids.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { ServiceAccount, ServiceAccountStore } from './service-account-store.ts'
import { type ServiceAccounts, storedServiceAccount } from './service-accounts.ts'
import { serviceAccountView } from './views.ts'

interface ServiceAccountRoutesComponents {
  readonly store: { readonly serviceAccounts: ServiceAccountStore }
  readonly serviceAccounts: ServiceAccounts
  readonly clock: Pick<Clock, 'now'>
}

const params = closed({ id: serviceAccountIdSchema })

export function serviceAccountRoutes(components: ServiceAccountRoutesComponents): readonly Route[] {
  const { store, serviceAccounts, clock } = components
  const view = (account: ServiceAccount) => serviceAccountView(account, clock.now())
  return [
    route({
      method: 'POST',
      path: '/service-accounts',
      operationId: 'addServiceAccount',
      action: 'identify',
      summary: 'Add a service account with an owner, a purpose and an end within 366 days',
      body: serviceAccountRequestSchema,
      status: 201,
      creates: true,
      response: serviceAccountSchema,
      answer: ({ body, principal, commit }) => commit(() => view(serviceAccounts.add(body, principal))),
    }),
    route({
      method: 'GET',
      path: '/service-accounts',
      operationId: 'listServiceAccounts',
      action: 'view',
      summary: 'Service accounts in the order in which they came, filtered by status or owner',
      query: pageQuery({
        status: Type.Optional(words(...SERVICE_ACCOUNT_STATUSES)),
        owner: Type.Optional(humanIdSchema),
        /** The whole name of an active one, an id, or at least eight characters of the beginning of an id. */
        named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      }),
      response: serviceAccountPageSchema,
      answer({ query: { limit, cursor, named, ...filters } }) {
        const [after] = cursorNumbers(cursor, 1) ?? []
        const called = named === undefined ? undefined : store.serviceAccounts.byName(named)
        if (called !== undefined) return { items: [view(called)] }
        const now = clock.now()
        const loaded = page(
          limit,
          (count) => store.serviceAccounts.page({ ...filters, after, limit: count, beginning: named }, now),
          ({ number }) => `${number}`,
        )
        return { ...loaded, items: loaded.items.map(view) }
      },
    }),
    route({
      method: 'GET',
      path: '/service-accounts/{id}',
      operationId: 'showServiceAccount',
      action: 'view',
      summary: 'A service account',
      params,
      response: serviceAccountSchema,
      answer: ({ params: { id } }) => view(storedServiceAccount(store.serviceAccounts, id)),
    }),
    route({
      method: 'POST',
      path: '/service-accounts/{id}',
      operationId: 'changeServiceAccount',
      action: 'identify',
      summary: 'Change purpose, end, owner or successor. Another successor has to accept again',
      params,
      body: serviceAccountChangeSchema,
      response: serviceAccountSchema,
      answer: ({ params: { id }, body, principal }) => view(serviceAccounts.change(id, body, principal)),
    }),
    route({
      method: 'POST',
      path: '/service-accounts/{id}/acceptance',
      operationId: 'acceptServiceAccount',
      // The rule allows the successor, by the name of the administrator, and administrators.
      action: 'operate',
      summary: 'The successor agrees to get it when the owner leaves; an administrator records it for them',
      params,
      response: serviceAccountSchema,
      answer: ({ params: { id }, principal }) => view(serviceAccounts.accept(id, principal)),
    }),
    route({
      method: 'POST',
      path: '/service-accounts/{id}/end',
      operationId: 'endServiceAccount',
      action: 'identify',
      summary: 'End a service account before its time',
      params,
      body: serviceAccountEndSchema,
      response: serviceAccountSchema,
      answer: ({ params: { id }, body: { reason }, principal }) => view(serviceAccounts.end(id, reason, principal)),
    }),
  ]
}
