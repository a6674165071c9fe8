import { closed, counter, type Static, type TSchema, Type, text, words } from '../../../base/schema.ts'
import { humanIdSchema, registrationIdSchema, timeSchema } from '../../ids.ts'
import { REVIEW_SILENCES, reviewedAgentSchema, reviewSchema } from '../agents/reviews.ts'
import { claimViewSchema } from './claims.ts'
import { humanSummarySchema } from './human-summary.ts'

/** What waits for whoever asks, and what is theirs. */

/** Items of each part. */
export const MINE_ITEMS = 20

function waiting<S extends TSchema>(item: S) {
  return closed({ items: Type.Array(item, { maxItems: MINE_ITEMS }), more: Type.Boolean() })
}

/** An agent that they get when its owner leaves, if they accept. */
export const successionSchema = closed({
  id: registrationIdSchema,
  name: text(200),
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
})

/** The agents of a review that is open, of this owner, without an answer yet. */
export const openReviewSchema = closed({
  id: reviewSchema.properties.id,
  name: text(200),
  dueAt: timeSchema,
  silence: words(...REVIEW_SILENCES),
  agents: waiting(reviewedAgentSchema),
})

export const mineSchema = closed({
  /** Of the person with everything that is theirs. Absent for an administrator whose name no active person of the register has. */
  person: Type.Optional(humanSummarySchema),
  /** Claims of people whose manager they are. */
  claims: waiting(claimViewSchema),
  successions: waiting(successionSchema),
  reviews: waiting(openReviewSchema),
  /** How many of these are listed. */
  waiting: counter(),
})
export type Mine = Static<typeof mineSchema>
