import { ALLOWANCE_MS, allowanceSchema, guardSchema } from '../../protocol/nouns/people/scim.ts'
import { type Route, route } from '../http/route.ts'
import type { Guard } from './guard.ts'

/** The guard of SCIM in the administrators' API. */
export function guardRoutes({ scimGuard }: { readonly scimGuard: Guard }): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/scim-guard',
      operationId: 'getScimGuard',
      action: 'audit',
      summary: 'How many people SCIM deactivated within an hour, and whether further ones are held',
      response: guardSchema,
      answer: () => scimGuard.view(),
    }),
    route({
      method: 'POST',
      path: '/scim-guard/allow',
      operationId: 'allowScimDeactivations',
      action: 'identify',
      summary: 'Let deactivations by SCIM through for a while',
      body: allowanceSchema,
      response: guardSchema,
      answer: ({ body: { forMs = ALLOWANCE_MS.usual }, principal: { id, name } }) =>
        scimGuard.allow(forMs, { id, name }),
    }),
  ]
}
