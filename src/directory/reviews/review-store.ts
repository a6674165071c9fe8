import { member } from '../../base/json-object.ts'
import { reader } from '../../base/schema.ts'
import { foldName } from '../../base/text/fold-name.ts'
import { REGISTRATION_STATES, type RegistrationState } from '../../protocol/nouns/agents/registrations.ts'
import {
  REVIEW_ANSWERED,
  REVIEW_OUTCOMES,
  REVIEW_SILENCES,
  REVIEW_STATES,
  type ReviewAnswer,
  type ReviewAnswered,
  type ReviewedAgent,
  type ReviewOutcome,
  type ReviewScope,
  type ReviewSilence,
  type ReviewState,
  type ReviewView,
  reviewScopeSchema,
} from '../../protocol/nouns/agents/reviews.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import { jsonOf, numberOf, optionalNumberOf, optionalTextOf, textOf, wordOf } from '../sql/columns.ts'
import type { Database, Row, SqlValue } from '../sql/database.ts'
import { listing, namedOrId, startsWith } from '../sql/listing.ts'
import { statementCache } from '../sql/statement-cache.ts'

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

const scopeReader = reader(reviewScopeSchema, { name: 'stored scope of a review' })

export function reviewStore(database: Database): ReviewStore {
  return {
    ...reviewRows(database),
    ...coverage(database),
    ...items(database),
    ...agentPages(database),
  }
}

type Rows = Pick<ReviewStore, 'add' | 'get' | 'list' | 'counts' | 'nextToWorkOn' | 'beginClosing' | 'close' | 'discard'>

function reviewRows(database: Database): Rows {
  const insert = database.prepare(
    `INSERT INTO reviews (id, name, name_key, state, scope, due_at, silence, next_review_ms, started_at, started_by, started_by_name)
     VALUES (?, ?, ?, 'starting', ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
  )
  const get = database.prepare('SELECT * FROM reviews WHERE id = ?')
  const counts = database.prepare('SELECT word, count FROM review_counts WHERE review = ?')
  const inWork = database.prepare(
    "SELECT * FROM reviews INDEXED BY reviews_by_state WHERE state IN ('starting', 'closing') ORDER BY number LIMIT 1",
  )
  const due = database.prepare(
    "SELECT * FROM reviews INDEXED BY reviews_open WHERE state = 'open' AND due_at <= ? ORDER BY due_at LIMIT 1",
  )
  const closing = database.prepare(
    `UPDATE reviews SET state = 'closing', closed_by = ?2, closed_by_name = ?3, close_reason = ?4 WHERE number = ?1`,
  )
  const close = database.prepare("UPDATE reviews SET state = 'closed', closed_at = ?2 WHERE number = ?1")
  const discard = database.prepare(
    `UPDATE reviews SET state = 'closed', discarded = 1, closed_at = ?2, closed_by = ?3, closed_by_name = ?4,
       close_reason = ?5 WHERE number = ?1`,
  )
  const list = listing(database, {
    from: 'reviews',
    key: 'number',
    newestFirst: true,
    read: reviewOf,
    filters: {
      state: (state, value) => `state = ${value(state)}`,
      owner: (owner, value) => `EXISTS (SELECT 1 FROM registrations r INDEXED BY registrations_owned
        CROSS JOIN review_items i ON i.review = reviews.number AND i.registration = r.number WHERE r.owner = ${value(owner)})`,
      named: namedOrId,
      search: (search, value) => startsWith('name_key', search, value),
    },
    sorts: { name: 'name_key', due: 'due_at' },
  })
  const one = (row: Row | undefined) => row && reviewOf(row)
  return {
    add: async ({ id, name, covers, dueAt, silence, nextReviewMs, startedAt, startedBy }) =>
      reviewOf(
        (await insert.get(
          ...[id, name, foldName(name), JSON.stringify(covers), dueAt, silence, nextReviewMs, startedAt],
          ...[startedBy.id, startedBy.name],
        )) ?? {},
      ),
    get: async (id) => one(await get.get(id)),
    list,
    async counts(review) {
      const found = new Map((await counts.all(review)).map((row) => [textOf(row, 'word'), numberOf(row, 'count')]))
      const of = (word: string) => found.get(word) ?? 0
      return {
        answers: { silent: of('silent'), keep: of('keep'), suspend: of('suspend'), end: of('end') },
        outcomes: {
          waiting: of('waiting'),
          kept: of('kept'),
          suspended: of('suspended'),
          retired: of('retired'),
          ended: of('ended'),
          failed: of('failed'),
        },
      }
    },
    nextToWorkOn: async (now) => one((await inWork.get()) ?? (await due.get(now))),
    async beginClosing(review, by) {
      await closing.run(review, by?.person.id ?? null, by?.person.name ?? null, by?.reason ?? null)
    },
    async close(review, at) {
      await close.run(review, at)
    },
    async discard(review, { at, person, reason }) {
      await discard.run(review, at, person.id, person.name, reason)
    },
  }
}

function reviewOf(row: Row): Review {
  return {
    number: numberOf(row, 'number'),
    id: textOf(row, 'id'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REVIEW_STATES),
    covers: jsonOf(row, 'scope', scopeReader),
    dueAt: numberOf(row, 'due_at'),
    silence: wordOf(row, 'silence', REVIEW_SILENCES),
    nextReviewMs: numberOf(row, 'next_review_ms'),
    startedAt: numberOf(row, 'started_at'),
    startedBy: { id: textOf(row, 'started_by'), name: textOf(row, 'started_by_name') },
    after: numberOf(row, 'after'),
    ...member('closedAt', optionalNumberOf(row, 'closed_at')),
    ...member('closedBy', personIn(row, 'closed_by')),
    ...member('closeReason', optionalTextOf(row, 'close_reason')),
    discarded: numberOf(row, 'discarded') === 1,
  }
}

function personIn(row: Row, column: string): Person | undefined {
  const id = optionalTextOf(row, column)
  return id === undefined ? undefined : { id, name: textOf(row, `${column}_name`) }
}

/** The index that has the registrations of a scope by number, and what it is asked for. */
function windowOf({ product, owner }: ReviewScope): readonly [index: string, condition: string, values: SqlValue[]] {
  if (product !== undefined) return ['registrations_by_item_and_state', "AND item = ?4 AND item <> ''", [product]]
  if (owner !== undefined) return ['registrations_by_owner', 'AND owner = ?4', [owner]]
  return ['registrations_by_state', '', []]
}

function coverage(database: Database): Pick<ReviewStore, 'coversAny' | 'covered'> {
  const cached = statementCache(database)
  const inGroup = database.prepare(
    `SELECT 1 FROM group_members m JOIN registrations r INDEXED BY registrations_by_owner
       ON r.owner = m.human AND r.state = 'active' WHERE m.people_group = ? LIMIT 1`,
  )
  /** A group is looked for in each window, so that a window is bounded. */
  const look = async (scope: ReviewScope, after: number, limit: number) => {
    const [index, condition, values] = windowOf(scope)
    return cached(
      `SELECT number, owner, ?3 = '' OR EXISTS (
         SELECT 1 FROM group_members m WHERE m.people_group = ?3 AND m.human = r.owner) AS covered
       FROM registrations r INDEXED BY ${index} WHERE state = 'active' AND number > ?1 ${condition}
       ORDER BY number LIMIT CAST(?2 AS INTEGER)`,
    ).all(after, limit, scope.group ?? '', ...values)
  }
  return {
    coversAny: async (scope) =>
      scope.group === undefined ? (await look(scope, 0, 1)).length > 0 : (await inGroup.get(scope.group)) !== undefined,
    async covered(scope, { after, limit }) {
      const rows = await look(scope, after, limit)
      const last = rows.at(-1)
      return {
        agents: rows
          .filter((row) => numberOf(row, 'covered') === 1)
          .map((row) => ({ number: numberOf(row, 'number'), owner: textOf(row, 'owner') })),
        after: last === undefined || rows.length < limit ? undefined : numberOf(last, 'number'),
      }
    },
  }
}

type Items = Pick<ReviewStore, 'collect' | 'item' | 'answer' | 'waiting' | 'settle'>

function items(database: Database): Items {
  const insert = database.prepare('INSERT INTO review_items (review, registration, owner) VALUES (?, ?, ?)')
  const goOn = database.prepare('UPDATE reviews SET after = ?2 WHERE number = ?1')
  const open = database.prepare("UPDATE reviews SET state = 'open' WHERE number = ?")
  const SELECTED = `SELECT i.*, r.id, r.state, r.owner AS owner_now, r.review_at
    FROM review_items i JOIN registrations r ON r.number = i.registration`
  const item = database.prepare(`${SELECTED} WHERE i.review = ? AND r.id = ?`)
  const waiting = database.prepare(
    `SELECT i.*, r.id, r.state, r.owner AS owner_now, r.review_at
     FROM review_items i INDEXED BY review_items_by_outcome JOIN registrations r ON r.number = i.registration
     WHERE i.review = ? AND i.outcome = 'waiting' ORDER BY i.registration LIMIT CAST(? AS INTEGER)`,
  )
  const answer = database.prepare(
    `UPDATE review_items SET answer = ?3, note = ?4, answered_at = ?5, answered_by = ?6, answered_by_name = ?7,
       on_behalf = ?8 WHERE review = ?1 AND registration = ?2`,
  )
  const settle = database.prepare(
    'UPDATE review_items SET outcome = ?3, done_at = ?4, code = ?5 WHERE review = ?1 AND registration = ?2',
  )
  return {
    async collect(review, agents, after) {
      for (const { number, owner } of agents) await insert.run(review, number, owner)
      if (after === undefined) await open.run(review)
      else await goOn.run(review, after)
    },
    async item(review, registration) {
      const row = await item.get(review, registration)
      return row && itemOf(row)
    },
    async answer(review, registration, { answer: given, note, at, by, onBehalf }) {
      await answer.run(review, registration, given, note ?? null, at, by.id, by.name, onBehalf ? 1 : 0)
    },
    waiting: async (review, limit) => (await waiting.all(review, limit)).map(itemOf),
    async settle(review, registration, { outcome, at, code }) {
      await settle.run(review, registration, outcome, at, code ?? null)
    },
  }
}

function itemOf(row: Row): ReviewItem {
  return {
    number: numberOf(row, 'registration'),
    registration: textOf(row, 'id'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    ...member('owner', optionalTextOf(row, 'owner_now')),
    ...member('reviewAt', optionalNumberOf(row, 'review_at')),
    answer: wordOf(row, 'answer', REVIEW_ANSWERED),
    ...member('answeredBy', optionalTextOf(row, 'answered_by_name')),
  }
}

/** The index that a page reads. Each ends with the registration, so a page sorts nothing. */
const INDEXES = {
  any: { any: '', outcome: 'INDEXED BY review_items_by_outcome' },
  answer: { any: 'INDEXED BY review_items_by_answer', outcome: 'INDEXED BY review_items_by_both' },
} as const

function agentPages(database: Database): Pick<ReviewStore, 'agent' | 'agents'> {
  const cached = statementCache(database)
  const COLUMNS = 'i.*, r.id, r.name, r.state, r.owner AS owner_now, h.display_name AS owner_name'
  const HUMANS = 'LEFT JOIN humans h ON h.id = r.owner'
  const one = database.prepare(
    `SELECT ${COLUMNS} FROM review_items i JOIN registrations r ON r.number = i.registration ${HUMANS}
     WHERE i.review = ? AND i.registration = ?`,
  )
  return {
    async agent(review, registration) {
      const row = await one.get(review, registration)
      return row && agentOf(row)
    },
    async agents(review, { after, limit, answer, outcome, owner }) {
      const values: SqlValue[] = [review, after, limit]
      const value = (given: SqlValue) => `?${values.push(given)}`
      const conditions: string[] = []
      if (answer !== undefined) conditions.push(`AND i.answer = ${value(answer)}`)
      if (outcome !== undefined) conditions.push(`AND i.outcome = ${value(outcome)}`)
      const more = conditions.join(' ')
      const index = INDEXES[answer === undefined ? 'any' : 'answer'][outcome === undefined ? 'any' : 'outcome']
      const sql =
        owner === undefined
          ? `SELECT ${COLUMNS} FROM review_items i ${index}
             CROSS JOIN registrations r ON r.number = i.registration ${HUMANS}
             WHERE i.review = ?1 AND i.registration > ?2 ${more} ORDER BY i.registration LIMIT CAST(?3 AS INTEGER)`
          : `SELECT ${COLUMNS} FROM registrations r INDEXED BY registrations_owned
             CROSS JOIN review_items i ON i.review = ?1 AND i.registration = r.number ${HUMANS}
             WHERE r.owner = ${value(owner)} AND r.number > ?2 ${more} ORDER BY r.number LIMIT CAST(?3 AS INTEGER)`
      return (await cached(sql).all(...values)).map(agentOf)
    },
  }
}

function agentOf(row: Row): ReviewedAgent & { readonly number: number } {
  const onBehalf = optionalNumberOf(row, 'on_behalf')
  return {
    number: numberOf(row, 'registration'),
    registration: textOf(row, 'id'),
    name: textOf(row, 'name'),
    state: wordOf(row, 'state', REGISTRATION_STATES),
    ...member('owner', optionalTextOf(row, 'owner_now')),
    ...member('ownerName', optionalTextOf(row, 'owner_name')),
    ownerAtStart: textOf(row, 'owner'),
    answer: wordOf(row, 'answer', REVIEW_ANSWERED),
    ...member('note', optionalTextOf(row, 'note')),
    ...member('answeredAt', optionalNumberOf(row, 'answered_at')),
    ...member('answeredBy', personIn(row, 'answered_by')),
    ...(onBehalf === undefined ? {} : { onBehalf: onBehalf === 1 }),
    outcome: wordOf(row, 'outcome', REVIEW_OUTCOMES),
    ...member('doneAt', optionalNumberOf(row, 'done_at')),
    ...member('code', optionalTextOf(row, 'code')),
  }
}
