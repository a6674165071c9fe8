import { approvals as declared } from '../../protocol/nouns/people/approvals.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { PasskeyAnswer } from '../sign-in/passkeys.ts'
import type { Approvals } from './approvals.ts'

export function approvalRoutes({ approvals }: { readonly approvals: Approvals }): readonly Route[] {
  return nounRoutes(
    declared,
    {
      list: (query, { principal }) => approvals.list(query, principal),
      show: (id, { principal }) => approvals.get(id, principal),
    },
    {
      options: async ({ params: { id }, body, principal }) => ({
        publicKey: await approvals.options(id, body, principal),
      }),
      approve: ({ params: { id }, body: { response, ...asked }, principal }) =>
        // It has the shape of the schema, and the library checks the rest.
        approvals.approve(id, { ...asked, response: response as PasskeyAnswer }, principal),
      deny: ({ params: { id }, body: { reason }, principal }) => approvals.deny(id, reason, principal),
      cancel: ({ params: { id }, body: { reason }, principal }) => approvals.cancel(id, reason, principal),
      rate: ({ principal }) => approvals.rate(principal),
    },
  )
}
