import { closed, Type, words } from '../../base/schema.ts'
import {
  CLAIM_STATES,
  claimAcceptanceSchema,
  claimPageSchema,
  claimRefusalSchema,
  claimViewSchema,
} from '../../protocol/api/claims.ts'
import { claimIdSchema, deviceIdSchema } from '../../protocol/ids.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Claims } from './claims.ts'

const params = closed({ id: claimIdSchema })

export function claimRoutes({ claims }: { readonly claims: Claims }): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/claims',
      operationId: 'listClaims',
      action: 'view',
      summary: 'Claims of users of devices, newest first, filtered by state, by device, and by beginning of the id',
      query: pageQuery({
        state: Type.Optional(words(...CLAIM_STATES)),
        device: Type.Optional(deviceIdSchema),
        named: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
      }),
      response: claimPageSchema,
      answer({ query: { limit, cursor, ...filters } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        const { items, next } = page(
          limit,
          (count) => claims.list({ before, limit: count, ...filters }),
          ({ number }) => `${number}`,
        )
        return { items: items.map(({ number: _, ...claim }) => claim), ...(next === undefined ? {} : { next }) }
      },
    }),
    route({
      method: 'GET',
      path: '/claims/{id}',
      operationId: 'getClaim',
      action: 'view',
      summary: 'One claim, with the human whose account it is of',
      params,
      response: claimViewSchema,
      answer: ({ params: { id } }) => claims.get(id),
    }),
    route({
      method: 'POST',
      path: '/claims/{id}/accept',
      operationId: 'acceptClaim',
      action: 'decide-claim',
      summary: 'Register the agent, owned by the human of the account',
      params,
      body: claimAcceptanceSchema,
      response: claimViewSchema,
      answer: ({ params: { id }, body, principal }) => claims.accept(id, body, principal),
    }),
    route({
      method: 'POST',
      path: '/claims/{id}/refuse',
      operationId: 'refuseClaim',
      action: 'decide-claim',
      summary: 'Refuse the claim; the user of the device reads the reason',
      params,
      body: claimRefusalSchema,
      response: claimViewSchema,
      answer: ({ params: { id }, body: { reason }, principal }) => claims.refuse(id, reason, principal),
    }),
  ]
}
