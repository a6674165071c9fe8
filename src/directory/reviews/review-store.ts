import type { RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import type {
  ReviewAnswer,
  ReviewAnswered,
  ReviewedAgent,
  ReviewOutcome,
  ReviewScope,
  ReviewSilence,
  ReviewState,
  ReviewView,
} from '../../protocol/nouns/agents/reviews.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

export interface NewReview {
  readonly id: string
  readonly name: string
  readonly covers: ReviewScope
  readonly dueAt: number
  readonly silence: ReviewSilence
  readonly nextReviewMs: number
  readonly startedAt: number
  readonly startedBy: Person
}

export interface Review extends NewReview {
  /** Rises with each review. */
  readonly number: number
  readonly state: ReviewState
  /** Registrations up to this number are collected. */
  readonly after: number
  readonly closedAt?: number | undefined
  readonly closedBy?: Person | undefined
  readonly closeReason?: string | undefined
  readonly discarded: boolean
}

/** An active registration. */
export interface CoveredAgent {
  readonly number: number
  readonly owner: string
}

/** An agent of a review, with what its outcome depends on. */
export interface ReviewItem {
  /** Number of the registration. */
  readonly number: number
  readonly registration: string
  readonly state: RegistrationState
  readonly owner?: string | undefined
  readonly reviewAt?: number | undefined
  readonly answer: ReviewAnswered
  readonly answeredBy?: string | undefined
}

export interface GivenAnswer {
  readonly answer: ReviewAnswer
  readonly note?: string | undefined
  readonly at: number
  readonly by: Person
  readonly onBehalf: boolean
}

type NumberedAgent = ReviewedAgent & { readonly number: number }

export interface ReviewStore {
  add(review: NewReview): Promise<Review>
  get(id: string): Promise<Review | undefined>
  /** Newest first. `named`: the folded name, or the beginning of the id. */
  list(request: ListRequest): Promise<Listed<Review>>
  /** By answer and outcome. Kept, not counted. */
  counts(review: number): Promise<Pick<ReviewView, 'answers' | 'outcomes'>>
  /** Whether there is an active registration in scope. */
  coversAny(scope: ReviewScope): Promise<boolean>
  /**
   * Those in scope of the next registrations by number. The number of registrations that are looked at is bounded.
   *
   * @returns `after`: where to continue; undefined at the end.
   */
  covered(
    scope: ReviewScope,
    page: { readonly after: number; readonly limit: number },
  ): Promise<{ readonly agents: readonly CoveredAgent[]; readonly after?: number | undefined }>
  /** Adds agents to a review. @param after where to continue; undefined once all are there: the review is open. */
  collect(review: number, agents: readonly CoveredAgent[], after: number | undefined): Promise<void>
  /** One that is starting or closing, or past its due time. */
  nextToWorkOn(now: number): Promise<Review | undefined>
  /** Answers are over. Who and why: where a person ended it before it was due. */
  beginClosing(review: number, by?: { readonly person: Person; readonly reason: string }): Promise<void>
  close(review: number, at: number): Promise<void>
  /** Ends it without carrying anything out. */
  discard(review: number, act: { readonly at: number; readonly person: Person; readonly reason: string }): Promise<void>
  item(review: number, registration: string): Promise<ReviewItem | undefined>
  /** Replaces an answer of before. */
  answer(review: number, registration: number, given: GivenAnswer): Promise<void>
  /** Agents without an outcome. */
  waiting(review: number, limit: number): Promise<readonly ReviewItem[]>
  settle(
    review: number,
    registration: number,
    outcome: { readonly outcome: ReviewOutcome; readonly at: number; readonly code?: string | undefined },
  ): Promise<void>
  agent(review: number, registration: number): Promise<NumberedAgent | undefined>
  /** By number of the registration. `owner`: now. */
  agents(
    review: number,
    page: {
      readonly after: number
      readonly limit: number
      readonly answer?: ReviewAnswered | undefined
      readonly outcome?: ReviewOutcome | undefined
      readonly owner?: string | undefined
    },
  ): Promise<readonly NumberedAgent[]>
}
