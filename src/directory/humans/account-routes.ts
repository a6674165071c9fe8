import { accounts as declared } from '../../protocol/nouns/people/accounts.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { AccountStore } from './account-store.ts'
import type { Accounts } from './accounts.ts'
import { accountView } from './views.ts'

interface AccountRoutesComponents {
  readonly store: { readonly accounts: Pick<AccountStore, 'list'> }
  readonly accounts: Accounts
}

export function accountRoutes({ store, accounts }: AccountRoutesComponents): readonly Route[] {
  return nounRoutes(
    declared,
    {
      async list(query) {
        const { items, ...rest } = await store.accounts.list(query)
        return { items: items.map(accountView), ...rest }
      },
    },
    {
      confirm: async ({ body, principal }) => accountView(await accounts.confirm(body, principal)),
      confirmProposed: ({ body: { device }, principal }) => accounts.confirmProposed(device, principal),
      release: async ({ body, principal }) => accountView(await accounts.release(body, principal)),
    },
  )
}
