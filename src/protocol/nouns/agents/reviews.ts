import { closed, counter, legibleReason, legibleText, type Static, Type, text, words } from '../../../base/schema.ts'
import { groupIdSchema, humanIdSchema, registrationIdSchema, reviewIdSchema, timeSchema } from '../../ids.ts'
import { apiAnswer, pageOf } from '../../noun/answers.ts'
import { noun, verb } from '../../noun/noun.ts'
import { counted, PERSON } from '../../noun/words.ts'
import { REGISTRATION_STATES } from './registrations.ts'
import { personSchema } from './stops.ts'

/** Reviews in the administrators' API: owners say whether their agents are still needed, and silence is an answer. */

/** `starting`: its agents are being collected. `closing`: answers and silence are being carried out. */
export const REVIEW_STATES = ['starting', 'open', 'closing', 'closed'] as const
export type ReviewState = (typeof REVIEW_STATES)[number]

export const REVIEW_ANSWERS = ['keep', 'suspend', 'end'] as const
export type ReviewAnswer = (typeof REVIEW_ANSWERS)[number]
/** What an agent of a review has by way of an answer. */
export const REVIEW_ANSWERED = ['silent', ...REVIEW_ANSWERS] as const
export type ReviewAnswered = (typeof REVIEW_ANSWERED)[number]

/** What silence does. */
export const REVIEW_SILENCES = ['keep', 'suspend', 'retire'] as const
export type ReviewSilence = (typeof REVIEW_SILENCES)[number]

/** `waiting`: nothing yet. `ended`: the agent had ended by itself. `failed`: `code` says why. */
export const REVIEW_OUTCOMES = ['waiting', 'kept', 'suspended', 'retired', 'ended', 'failed'] as const
export type ReviewOutcome = (typeof REVIEW_OUTCOMES)[number]

const DAY_MS = 86_400_000
/** How long after a `keep` the next review is due. */
export const NEXT_REVIEW_MS = { minimum: DAY_MS, usual: 180 * DAY_MS, maximum: 3_660 * DAY_MS } as const
const nextReviewSchema = Type.Integer({ minimum: NEXT_REVIEW_MS.minimum, maximum: NEXT_REVIEW_MS.maximum })

/** All active registrations where no member is given, or else those of one product alone, of one owner, or of owners in one group. */
export const reviewScopeSchema = Type.Object(
  {
    product: Type.Optional(text(264)),
    owner: Type.Optional(humanIdSchema),
    group: Type.Optional(groupIdSchema),
  },
  { additionalProperties: false, maxProperties: 1 },
)
export type ReviewScope = Static<typeof reviewScopeSchema>

const requestedScopeSchema = Type.Object(
  {
    product: Type.Optional(legibleText(264)),
    /** By id, user name or e-mail address. */
    owner: Type.Optional(legibleText(256)),
    /** By id or name. */
    group: Type.Optional(legibleText(256)),
  },
  { additionalProperties: false, maxProperties: 1 },
)
export type RequestedReviewScope = Static<typeof requestedScopeSchema>

export const reviewRequestSchema = closed({
  name: legibleText(200),
  covers: requestedScopeSchema,
  dueAt: timeSchema,
  silence: words(...REVIEW_SILENCES),
  nextReviewMs: Type.Optional(nextReviewSchema),
})
export type ReviewRequest = Static<typeof reviewRequestSchema>

export const reviewImpactRequestSchema = closed({ covers: requestedScopeSchema })
/** What a review would cover. */
export const reviewImpactSchema = closed({ agents: counter(), owners: counter() })
export type ReviewImpact = Static<typeof reviewImpactSchema>

export const reviewSchema = closed({
  id: reviewIdSchema,
  name: text(200),
  state: words(...REVIEW_STATES),
  covers: reviewScopeSchema,
  /** User name of the owner, or name of the group, that it covers. */
  coversName: Type.Optional(text(256)),
  dueAt: timeSchema,
  silence: words(...REVIEW_SILENCES),
  nextReviewMs: nextReviewSchema,
  startedAt: timeSchema,
  startedBy: personSchema,
  closedAt: Type.Optional(timeSchema),
  /** Who ended it before it was due. */
  closedBy: Type.Optional(personSchema),
  closeReason: Type.Optional(text(500)),
  /** It was ended before it was due, and nothing was carried out. */
  discarded: Type.Boolean(),
  answers: closed({ silent: counter(), keep: counter(), suspend: counter(), end: counter() }),
  outcomes: closed({
    waiting: counter(),
    kept: counter(),
    suspended: counter(),
    retired: counter(),
    ended: counter(),
    failed: counter(),
  }),
})
export type ReviewView = Static<typeof reviewSchema>

/** One agent of a review. */
export const reviewedAgentSchema = closed({
  registration: registrationIdSchema,
  name: text(200),
  state: words(...REGISTRATION_STATES),
  /** Now. This human may answer. */
  owner: Type.Optional(humanIdSchema),
  ownerName: Type.Optional(text(256)),
  /** When the review began. */
  ownerAtStart: humanIdSchema,
  answer: words(...REVIEW_ANSWERED),
  note: Type.Optional(text(500)),
  answeredAt: Type.Optional(timeSchema),
  answeredBy: Type.Optional(personSchema),
  /** An operator recorded it for the owner. */
  onBehalf: Type.Optional(Type.Boolean()),
  outcome: words(...REVIEW_OUTCOMES),
  doneAt: Type.Optional(timeSchema),
  /** Why it failed. */
  code: Type.Optional(text(64)),
})
export type ReviewedAgent = Static<typeof reviewedAgentSchema>
export const reviewedAgentPageSchema = pageOf(reviewedAgentSchema)

export const reviewAnswerRequestSchema = closed({
  registration: registrationIdSchema,
  answer: words(...REVIEW_ANSWERS),
  note: Type.Optional(legibleText(500)),
})
export type ReviewAnswerRequest = Static<typeof reviewAnswerRequestSchema>

/** `carry-out`: as if it were due now. `discard`: nothing becomes of the agents. */
export const REVIEW_CLOSINGS = ['carry-out', 'discard'] as const
export const reviewCloseRequestSchema = closed({ what: words(...REVIEW_CLOSINGS), reason: legibleReason() })
export type ReviewCloseRequest = Static<typeof reviewCloseRequestSchema>

export const reviewedAgentPageReader = apiAnswer(reviewedAgentPageSchema, 'list of reviewed agents')

/** `review-silence`: silence was carried out for one agent. `review-failed`: an answer could not be. */
export const REVIEW_ACTS = [
  'review-started',
  'review-answered',
  'review-silence',
  'review-failed',
  'review-closed',
] as const

export const reviews = noun({
  one: 'review',
  many: 'reviews',
  about: 'ask owners whether their agents are still needed; silence is an answer too',
  id: reviewIdSchema,
  item: reviewSchema,
  called: 'its name, id, or at least eight characters of its beginning',
  describe: ({ id, name, state }) => `${id} (${name}, ${state})`,
  completes: ({ name, id, state }) => ({ word: name, about: `${id}, ${state}` }),
  preferred: ({ state }) => state !== 'closed',
  list: {
    operationId: 'listReviews',
    action: 'view',
    summary: 'Reviews, newest first, by state, name or beginning of the id',
    filters: {
      state: {
        schema: words(...REVIEW_STATES),
        options: [{ flags: '--state <state>', about: `those in this state: ${REVIEW_STATES.join(', ')}` }],
      },
      owner: {
        schema: legibleText(256),
        options: [
          { flags: '--owner <person>', about: `those that ask about agents of this owner: ${PERSON}`, as: 'human' },
        ],
      },
    },
    sorts: ['name', 'due'],
    newestFirst: true,
    search: 'those whose name begins with this',
    about: 'reviews, newest first',
    examples: ['list', 'list --state open --json'],
    columns: [
      { heading: 'NAME', of: ({ name }) => name },
      { heading: 'STATE', of: ({ state }) => state },
      { heading: 'COVERS', of: coversWords },
      { heading: 'DUE', of: ({ dueAt }) => dueAt, as: 'time' },
      { heading: 'ANSWERED', of: answeredShare },
      { heading: 'SILENCE', of: ({ silence }) => silence },
      { heading: 'ID', of: ({ id }) => id },
      { heading: 'STARTED', of: ({ startedAt }) => startedAt, as: 'time', wide: true },
      { heading: 'STARTED BY', of: ({ startedBy }) => startedBy.name, wide: true },
      { heading: 'CLOSED', of: ({ closedAt }) => closedAt, as: 'time', wide: true },
    ],
  },
  show: {
    operationId: 'getReview',
    action: 'view',
    summary: 'One review, with its agents by answer and outcome',
    about: 'one review with its agents, their answers and outcomes',
    examples: ['show "first quarter" --answer silent', 'show rev_4fG2bX9a --owner ada --json'],
    options: [
      { flags: '--answer <answer>', about: 'agents with this answer', choices: REVIEW_ANSWERED },
      { flags: '--outcome <outcome>', about: 'agents with this outcome', choices: REVIEW_OUTCOMES },
      { flags: '--owner <person>', about: `agents that this person owns now: ${PERSON}`, as: 'human', member: 'owner' },
    ],
  },
  verbs: {
    start: verb({
      method: 'POST',
      operationId: 'startReview',
      action: 'register',
      summary: 'Ask the owners of agents whether these are still needed',
      body: reviewRequestSchema,
      response: reviewSchema,
      creates: true,
    }),
    impact: verb({
      method: 'POST',
      path: '/impact',
      operationId: 'getReviewImpact',
      action: 'register',
      summary: 'How many agents and owners a review would cover. It starts nothing',
      body: reviewImpactRequestSchema,
      response: reviewImpactSchema,
    }),
    answer: verb({
      method: 'POST',
      ofItem: true,
      path: '/answers',
      operationId: 'answerReview',
      action: 'answer-review',
      summary: 'Answer for an agent as its owner, or record what the owner says',
      body: reviewAnswerRequestSchema,
      response: reviewedAgentSchema,
    }),
    close: verb({
      method: 'POST',
      ofItem: true,
      path: '/close',
      operationId: 'closeReview',
      action: 'register',
      summary: 'End a review before it is due: carry answers and silence out now, or nothing',
      body: reviewCloseRequestSchema,
      response: reviewSchema,
    }),
  },
})

export function coversWords({ covers: { product, owner, group }, coversName }: ReviewView): string {
  if (product !== undefined) return `product ${product}`
  if (owner !== undefined) return `owner ${coversName ?? owner}`
  return group === undefined ? 'all active agents' : `owners in ${coversName ?? group}`
}

function answeredShare({ answers: { silent, keep, suspend, end } }: ReviewView): string {
  const answered = keep + suspend + end
  return `${counted(answered)} of ${counted(answered + silent)}`
}
