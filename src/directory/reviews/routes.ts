import { closed, legibleText, Type, words } from '../../base/schema.ts'
import { reviewIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  reviews as declared,
  REVIEW_ANSWERED,
  REVIEW_OUTCOMES,
  reviewedAgentPageSchema,
} from '../../protocol/nouns/agents/reviews.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import { nounRoutes } from '../http/noun-routes.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Reviews } from './reviews.ts'

export function reviewRoutes({ reviews }: { readonly reviews: Reviews }): readonly Route[] {
  return [
    ...nounRoutes(
      declared,
      { list: (query) => reviews.list(query), show: (id) => reviews.get(id) },
      {
        start: ({ body, principal, commit }) => commit(() => reviews.start(body, personOf(principal))),
        impact: ({ body: { covers } }) => reviews.impact(covers),
        answer: ({ params: { id }, body, principal }) => reviews.answer(id, body, principal),
        close: ({ params: { id }, body, principal }) => reviews.close(id, body, personOf(principal)),
      },
    ),
    route({
      method: 'GET',
      path: '/reviews/{id}/agents',
      operationId: 'listReviewedAgents',
      action: 'view',
      summary: 'The agents of a review by answer, outcome or owner of now',
      params: closed({ id: reviewIdSchema }),
      query: pageQuery({
        answer: Type.Optional(words(...REVIEW_ANSWERED)),
        outcome: Type.Optional(words(...REVIEW_OUTCOMES)),
        owner: Type.Optional(legibleText(256)),
      }),
      response: reviewedAgentPageSchema,
      async answer({ params: { id }, query: { limit, cursor, ...filter } }) {
        const [after = 0] = cursorNumbers(cursor, 1) ?? []
        const { items, next } = await page(
          limit,
          (count) => reviews.agents(id, { ...filter, after, limit: count }),
          ({ number }) => `${number}`,
        )
        return { items: items.map(({ number: _, ...agent }) => agent), ...(next === undefined ? {} : { next }) }
      },
    }),
  ]
}

function personOf({ id, name }: Principal): Person {
  return { id, name }
}
