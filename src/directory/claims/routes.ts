import { claims as declared } from '../../protocol/nouns/people/claims.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { Claims } from './claims.ts'

export function claimRoutes({ claims }: { readonly claims: Claims }): readonly Route[] {
  return nounRoutes(
    declared,
    { list: (query) => claims.list(query), show: (id) => claims.get(id) },
    {
      accept: ({ params: { id }, body, principal }) => claims.accept(id, body, principal),
      refuse: ({ params: { id }, body: { reason }, principal }) => claims.refuse(id, reason, principal),
    },
  )
}
