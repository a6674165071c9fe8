import { closed, legibleText, Type, words } from '../../base/schema.ts'
import { foldedName } from '../../base/text/fold-name.ts'
import { reviewIdSchema } from '../../protocol/ids.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import {
  REVIEW_ANSWERED,
  REVIEW_OUTCOMES,
  REVIEW_STATES,
  reviewAnswerRequestSchema,
  reviewCloseRequestSchema,
  reviewedAgentPageSchema,
  reviewedAgentSchema,
  reviewImpactRequestSchema,
  reviewImpactSchema,
  reviewPageSchema,
  reviewRequestSchema,
  reviewSchema,
} from '../../protocol/nouns/agents/reviews.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import { cursorNumbers, page, pageQuery } from '../http/paging.ts'
import { type Route, route } from '../http/route.ts'
import type { Reviews } from './reviews.ts'

const params = closed({ id: reviewIdSchema })

export function reviewRoutes({ reviews }: { readonly reviews: Reviews }): readonly Route[] {
  return [
    ...readingRoutes(reviews),
    route({
      method: 'POST',
      path: '/reviews',
      operationId: 'startReview',
      action: 'register',
      summary: 'Ask the owners of agents whether these are still needed',
      body: reviewRequestSchema,
      status: 201,
      creates: true,
      response: reviewSchema,
      answer: ({ body, principal, commit }) => commit(() => reviews.start(body, personOf(principal))),
    }),
    route({
      method: 'POST',
      path: '/reviews/impact',
      operationId: 'getReviewImpact',
      action: 'register',
      summary: 'How many agents and owners a review would cover. It starts nothing',
      body: reviewImpactRequestSchema,
      response: reviewImpactSchema,
      answer: ({ body: { covers } }) => reviews.impact(covers),
    }),
    route({
      method: 'POST',
      path: '/reviews/{id}/answers',
      operationId: 'answerReview',
      action: 'answer-review',
      summary: 'Answer for an agent as its owner, or record what the owner says',
      params,
      body: reviewAnswerRequestSchema,
      response: reviewedAgentSchema,
      answer: ({ params: { id }, body, principal }) => reviews.answer(id, body, principal),
    }),
    route({
      method: 'POST',
      path: '/reviews/{id}/close',
      operationId: 'closeReview',
      action: 'register',
      summary: 'End a review before it is due: carry answers and silence out now, or nothing',
      params,
      body: reviewCloseRequestSchema,
      response: reviewSchema,
      answer: ({ params: { id }, body, principal }) => reviews.close(id, body, personOf(principal)),
    }),
  ]
}

function readingRoutes(reviews: Reviews): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/reviews',
      operationId: 'listReviews',
      action: 'view',
      summary: 'Reviews, newest first, by state, name or beginning of the id',
      query: pageQuery({
        state: Type.Optional(words(...REVIEW_STATES)),
        named: Type.Optional(legibleText(256)),
      }),
      response: reviewPageSchema,
      answer({ query: { limit, cursor, state, named } }) {
        const [before] = cursorNumbers(cursor, 1) ?? []
        // An id is compared as it is.
        const key = named === undefined || named.startsWith('rev_') ? named : (foldedName(named) ?? '')
        const { items, next } = page(
          limit,
          (count) => reviews.list({ before, limit: count, state, named: key }),
          ({ number }) => `${number}`,
        )
        return { items: items.map(({ number: _, ...review }) => review), ...(next === undefined ? {} : { next }) }
      },
    }),
    route({
      method: 'GET',
      path: '/reviews/{id}',
      operationId: 'getReview',
      action: 'view',
      summary: 'One review, with its agents by answer and outcome',
      params,
      response: reviewSchema,
      answer: ({ params: { id } }) => reviews.get(id),
    }),
    route({
      method: 'GET',
      path: '/reviews/{id}/agents',
      operationId: 'listReviewedAgents',
      action: 'view',
      summary: 'The agents of a review by answer, outcome or owner of now',
      params,
      query: pageQuery({
        answer: Type.Optional(words(...REVIEW_ANSWERED)),
        outcome: Type.Optional(words(...REVIEW_OUTCOMES)),
        owner: Type.Optional(legibleText(256)),
      }),
      response: reviewedAgentPageSchema,
      answer({ params: { id }, query: { limit, cursor, ...filter } }) {
        const [after = 0] = cursorNumbers(cursor, 1) ?? []
        const { items, next } = page(
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
