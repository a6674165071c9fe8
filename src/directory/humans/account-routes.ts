import { SuretyError } from '../../base/errors.ts'
import { Type, words } from '../../base/schema.ts'
import { DEVICE_ID, deviceIdSchema, humanIdSchema } from '../../protocol/ids.ts'
import {
  ACCOUNT_STATES,
  accountPageSchema,
  accountReleaseSchema,
  accountRequestSchema,
  accountSchema,
  accountsRequestSchema,
  confirmedAccountsSchema,
} from '../../protocol/nouns/people/people.ts'
import { page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { AccountStore } from './account-store.ts'
import type { Accounts } from './accounts.ts'
import { accountView } from './views.ts'

interface AccountRoutesComponents {
  readonly store: { readonly accounts: Pick<AccountStore, 'page'> }
  readonly accounts: Accounts
}

export function accountRoutes({ store, accounts }: AccountRoutesComponents): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/accounts',
      operationId: 'listAccounts',
      action: 'view',
      summary: 'Accounts on devices by device and user, filtered by state, device or human',
      query: pageQuery({
        state: Type.Optional(words(...ACCOUNT_STATES)),
        device: Type.Optional(deviceIdSchema),
        human: Type.Optional(humanIdSchema),
      }),
      response: accountPageSchema,
      async answer({ query: { limit, cursor, ...filters } }) {
        const loaded = await page(
          limit,
          (count) => store.accounts.page({ ...filters, after: afterOf(cursor), limit: count }),
          ({ device, userId }) => `${device}.${userId}`,
        )
        return { ...loaded, items: loaded.items.map(accountView) }
      },
    }),
    route({
      method: 'POST',
      path: '/accounts/confirmation',
      operationId: 'confirmAccount',
      action: 'identify',
      summary: 'Confirm whose account it is: the human who is proposed, or another one',
      body: accountRequestSchema,
      response: accountSchema,
      answer: async ({ body, principal }) => accountView(await accounts.confirm(body, principal)),
    }),
    route({
      method: 'POST',
      path: '/accounts/confirmations',
      operationId: 'confirmProposedAccounts',
      action: 'identify',
      summary: 'Confirm accounts as they are proposed, some hundred at a time',
      body: accountsRequestSchema,
      response: confirmedAccountsSchema,
      answer: ({ body: { device }, principal }) => accounts.confirmProposed(device, principal),
    }),
    route({
      method: 'POST',
      path: '/accounts/release',
      operationId: 'releaseAccount',
      action: 'identify',
      summary: 'A confirmed account has no human again, for example before another person gets the device',
      body: accountReleaseSchema,
      response: accountSchema,
      answer: async ({ body, principal }) => accountView(await accounts.release(body, principal)),
    }),
  ]
}

const DEVICE = new RegExp(DEVICE_ID)

/** @throws `INPUT_MALFORMED`. */
function afterOf(cursor: string | undefined): { readonly device: string; readonly userId: string } | undefined {
  if (cursor === undefined) return undefined
  const [device = '', userId = '', ...rest] = cursor.split('.')
  if (DEVICE.test(device) && userId !== '' && rest.length === 0) return { device, userId }
  throw new SuretyError('INPUT_MALFORMED', 'the cursor is not one of this list')
}
