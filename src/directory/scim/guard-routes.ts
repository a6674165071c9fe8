import { ALLOWANCE_MS, scimGuard as guard } from '../../protocol/nouns/people/scim.ts'
import { verbRoutes } from '../http/noun-routes.ts'
import type { Route } from '../http/route.ts'
import type { Guard } from './guard.ts'

/** The guard of SCIM in the administrators' API. */
export function guardRoutes({ scimGuard }: { readonly scimGuard: Guard }): readonly Route[] {
  return verbRoutes(guard, {
    show: () => scimGuard.view(),
    allow: ({ body: { forMs = ALLOWANCE_MS.usual }, principal: { id, name } }) => scimGuard.allow(forMs, { id, name }),
  })
}
