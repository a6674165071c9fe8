import { SuretyError } from '../../base/errors.ts'
import { member } from '../../base/json-object.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import { mayDo, type Principal } from '../../protocol/noun/permissions.ts'
import type { RequestedState } from '../../protocol/nouns/agents/registrations.ts'
import {
  NEXT_REVIEW_MS,
  type REVIEW_ACTS,
  type RequestedReviewScope,
  type ReviewAnswered,
  type ReviewAnswerRequest,
  type ReviewCloseRequest,
  type ReviewedAgent,
  type ReviewImpact,
  type ReviewOutcome,
  type ReviewRequest,
  type ReviewScope,
  type ReviewSilence,
  type ReviewView,
} from '../../protocol/nouns/agents/reviews.ts'
import type { Person } from '../../protocol/nouns/agents/stops.ts'
import type { ActComponents } from '../audit/act-components.ts'
import type { AuditEntry, Changed } from '../audit/audit.ts'
import type { Listed, ListRequest } from '../http/listed.ts'
import type { GroupStore } from '../humans/group-store.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanMeant, knownHuman } from '../humans/humans.ts'
import type { Registrations } from '../registrations/registrations.ts'
import type { Changes } from '../workers/changes.ts'
import type { Review, ReviewItem, ReviewStore } from './review-store.ts'

/** Reviews: owners say whether their agents are still needed. What they say is carried out when the review is over, silence too. */

export interface ReviewsComponents
  extends ActComponents<{
    readonly reviews: ReviewStore
    readonly humans: Pick<HumanStore, 'get' | 'allNamed' | 'byName'>
    readonly groups: Pick<GroupStore, 'get' | 'byName'>
  }> {
  readonly random: Random
  readonly registrations: Pick<Registrations, 'move' | 'change'>
  readonly changes: Pick<Changes, 'of'>
}

export interface Reviews {
  /** What a review of this would cover. Looks at registrations in bounded steps. @throws `NOT_FOUND`, `CONFLICT`. */
  impact(covers: RequestedReviewScope): Promise<ReviewImpact>
  /**
   * Starts a review. Its agents are collected afterwards, in steps.
   *
   * @throws `INPUT_MALFORMED` for a due time that has passed; `NOT_FOUND` for an owner or a group, and where it would cover nothing;
   * `CONFLICT` for a name that means several humans.
   */
  start(request: ReviewRequest, by: Person): Promise<ReviewView>
  /** @throws `NOT_FOUND`. */
  get(id: string): Promise<ReviewView>
  /** Newest first. `owner`: any spelling of a person. */
  list(request: ListRequest): Promise<Listed<ReviewView>>
  /** @throws `NOT_FOUND`, also for the owner; `CONFLICT` where the owner names several humans. */
  agents(
    id: string,
    page: Parameters<ReviewStore['agents']>[1],
  ): Promise<readonly (ReviewedAgent & { readonly number: number })[]>
  /**
   * Keeps the answer of the owner, in place of an earlier one.
   *
   * @param by the owner, or an operator who records it for them.
   * @throws `NOT_FOUND`; `CONFLICT` once the review is over or due, and for an agent that has ended; `NOT_PERMITTED`.
   */
  answer(id: string, request: ReviewAnswerRequest, by: Principal): Promise<ReviewedAgent>
  /** Ends a review before it is due. @throws `NOT_FOUND`; `CONFLICT` where it is over, and while its agents are collected. */
  close(id: string, request: ReviewCloseRequest, by: Person): Promise<ReviewView>
  /** Does the next step of a review in one transaction. @returns whether there may be more. */
  workSome(): Promise<boolean>
}

/** Some ten milliseconds, in which devices and administrators wait. */
const COLLECTED_AT_ONCE = 500
const CARRIED_OUT_AT_ONCE = 100
const DIRECTORY = { id: 'directory', name: 'surety-directory' }

const SILENT: Readonly<Record<ReviewSilence, Exclude<ReviewAnswered, 'silent'>>> = {
  keep: 'keep',
  suspend: 'suspend',
  retire: 'end',
}

export function reviews(components: ReviewsComponents): Reviews {
  return new StoredReviews(components)
}

class StoredReviews implements Reviews {
  readonly #components: ReviewsComponents

  constructor(components: ReviewsComponents) {
    this.#components = components
  }

  async impact(covers: RequestedReviewScope): Promise<ReviewImpact> {
    const scope = await this.#scope(covers)
    const owners = new Set<string>()
    let agents = 0
    for (let next: number | undefined = 0; next !== undefined; ) {
      const window = await this.#components.store.reviews.covered(scope, { after: next, limit: COLLECTED_AT_ONCE })
      for (const { owner } of window.agents) owners.add(owner)
      agents += window.agents.length
      next = window.after
      await new Promise((resolve) => setImmediate(resolve))
    }
    return { agents, owners: owners.size }
  }

  async start(
    { name, covers, dueAt, silence, nextReviewMs = NEXT_REVIEW_MS.usual }: ReviewRequest,
    by: Person,
  ): Promise<ReviewView> {
    const { store, clock, random, changes } = this.#components
    const started = await store.transaction(async () => {
      const at = clock.now()
      if (dueAt <= at) throw new SuretyError('INPUT_MALFORMED', 'the due time of the review has passed')
      const scope = await this.#scope(covers)
      if (!(await store.reviews.coversAny(scope))) {
        throw new SuretyError('NOT_FOUND', 'no active registered agent is in scope of the review')
      }
      const review = await store.reviews.add({
        id: newId('rev', random),
        name,
        covers: scope,
        dueAt,
        silence,
        nextReviewMs,
        startedAt: at,
        startedBy: by,
      })
      await this.#record('review-started', review, { at, by }, { name, dueAt, silence, ...scope }, { after: review })
      return this.#view(review)
    })
    changes.of('reviews')
    return started
  }

  async get(id: string): Promise<ReviewView> {
    return this.#view(await this.#stored(id))
  }

  async list({ owner, ...request }: ListRequest): Promise<Listed<ReviewView>> {
    const { store } = this.#components
    const human = owner === undefined ? undefined : await humanMeant(store.humans, `${owner}`)
    const { items, ...rest } = await store.reviews.list({ ...request, owner: human })
    const views: ReviewView[] = []
    for (const review of items) views.push(await this.#view(review))
    return { items: views, ...rest }
  }

  async agents(
    id: string,
    { owner, ...page }: Parameters<Reviews['agents']>[1],
  ): Promise<readonly (ReviewedAgent & { readonly number: number })[]> {
    const { store } = this.#components
    const { number } = await this.#stored(id)
    const human = owner === undefined ? undefined : (await knownHuman(store.humans, owner)).id
    return store.reviews.agents(number, { ...page, owner: human })
  }

  async answer(id: string, { registration, answer, note }: ReviewAnswerRequest, by: Principal): Promise<ReviewedAgent> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const review = await this.#stored(id)
      const item = await this.#answerable(review, registration, at)
      const onBehalf = await this.#isForAnother(item, by)
      const { id: actor, name } = by
      await store.reviews.answer(review.number, item.number, { answer, note, at, by: { id: actor, name }, onBehalf })
      const owner = item.owner === undefined ? {} : { owner: item.owner }
      const said = { agent: registration, answer, onBehalf, ...owner, ...(note === undefined ? {} : { note }) }
      const changed = { before: { answer: item.answer }, after: { answer } }
      await this.#record('review-answered', review, { at, by }, said, changed)
      const agent = await store.reviews.agent(review.number, item.number)
      if (agent === undefined) throw new SuretyError('NOT_FOUND', `the agent ${registration} is not in the review`)
      const { number: _, ...view } = agent
      return view
    })
  }

  async close(id: string, { what, reason }: ReviewCloseRequest, person: Person): Promise<ReviewView> {
    const { store, clock, changes } = this.#components
    await store.transaction(async () => {
      const at = clock.now()
      const review = await this.#stored(id)
      requireNotOver(review)
      if (what === 'discard') {
        await store.reviews.discard(review.number, { at, person, reason })
        await this.#recordClosed(review, { at, by: person }, { reason })
        return
      }
      if (review.state === 'starting') {
        throw conflict(`the agents of the review ${id} are still being collected: try again in a moment`)
      }
      await store.reviews.beginClosing(review.number, { person, reason })
    })
    changes.of('reviews')
    return this.get(id)
  }

  async workSome(): Promise<boolean> {
    const { store, clock } = this.#components
    return store.transaction(async () => {
      const at = clock.now()
      const review = await store.reviews.nextToWorkOn(at)
      if (review === undefined) return false
      if (review.state === 'starting') await this.#collect(review)
      else if (review.state === 'open') await store.reviews.beginClosing(review.number)
      else await this.#carryOut(review, at)
      return true
    })
  }

  async #collect({ number, covers, after }: Review): Promise<void> {
    const { store } = this.#components
    const window = await store.reviews.covered(covers, { after, limit: COLLECTED_AT_ONCE })
    await store.reviews.collect(number, window.agents, window.after)
  }

  async #carryOut(review: Review, at: number): Promise<void> {
    const { store } = this.#components
    const waiting = await store.reviews.waiting(review.number, CARRIED_OUT_AT_ONCE)
    for (const item of waiting) await this.#settle(review, item, at)
    if (waiting.length === CARRIED_OUT_AT_ONCE) return
    await store.reviews.close(review.number, at)
    const { closedBy = DIRECTORY, closeReason } = review
    const reason = closeReason === undefined ? {} : { reason: closeReason }
    await this.#recordClosed(review, { at, by: closedBy }, reason)
  }

  async #settle(review: Review, item: ReviewItem, at: number): Promise<void> {
    const { store } = this.#components
    const { outcome, code } = await this.#act(review, item, at)
    await store.reviews.settle(review.number, item.number, { outcome, at, code })
    const isSilent = item.answer === 'silent'
    if (!isSilent && code === undefined) return
    const owner = item.owner === undefined ? {} : { owner: item.owner }
    const about = { agent: item.registration, outcome, ...owner, ...(code === undefined ? {} : { code }) }
    const said = isSilent ? {} : { answer: item.answer }
    await this.#record(
      isSilent ? 'review-silence' : 'review-failed',
      review,
      { at, by: DIRECTORY },
      { ...about, ...said },
    )
  }

  /** A refusal leaves nothing half done. */
  async #act(
    review: Review,
    { registration, state, reviewAt = 0, answer, answeredBy }: ReviewItem,
    at: number,
  ): Promise<{ readonly outcome: ReviewOutcome; readonly code?: string }> {
    const { store, registrations } = this.#components
    if (state === 'retiring' || state === 'retired') return { outcome: 'ended' }
    const says = answer === 'silent' ? SILENT[review.silence] : answer
    const why = answer === 'silent' ? 'nobody answered' : `answered by ${answeredBy}`
    const act = { reason: `review ${review.id}: ${why}`, by: DIRECTORY }
    const move = (to: RequestedState) => store.transaction(() => registrations.move(registration, to, act))
    try {
      if (says === 'keep') {
        // Another review may have set a later date.
        const next = Math.max(reviewAt, at + review.nextReviewMs)
        await store.transaction(() => registrations.change(registration, { reviewAt: next }, DIRECTORY))
        return { outcome: 'kept' }
      }
      if (says === 'end') {
        await move('retiring')
        return { outcome: 'retired' }
      }
      // A quarantined agent is frozen too, and stays what it is.
      if (state !== 'suspended' && state !== 'quarantined') await move('suspended')
      return { outcome: 'suspended' }
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error
      return { outcome: 'failed', code: error.code }
    }
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #answerable(review: Review, registration: string, at: number): Promise<ReviewItem> {
    requireNotOver(review)
    if (review.dueAt <= at) throw conflict(`the review ${review.id} was due: it takes no more answers`)
    const item = await this.#components.store.reviews.item(review.number, registration)
    if (item === undefined) {
      throw new SuretyError('NOT_FOUND', `the agent ${registration} is not in the review ${review.id}`)
    }
    if (item.state === 'retiring' || item.state === 'retired') {
      throw conflict(`the agent ${registration} is ${item.state}: there is nothing to answer`)
    }
    return item
  }

  /** @returns whether an operator records it for the owner. @throws `NOT_PERMITTED`. */
  async #isForAnother({ owner }: ReviewItem, by: Principal): Promise<boolean> {
    const { humans } = this.#components.store
    const themself = by.kind === 'person' ? humans.get(by.id) : humans.byName(by.name)
    const human = by.kind === 'service' ? undefined : await themself
    if (human !== undefined && human.status === 'active' && human.id === owner) return false
    if (mayDo(by.role, 'register')) return true
    throw new SuretyError('NOT_PERMITTED', 'the owner of the agent answers, or an operator for them')
  }

  /** @throws `NOT_FOUND`, `CONFLICT`. */
  async #scope({ product, owner, group }: RequestedReviewScope): Promise<ReviewScope> {
    const { humans, groups } = this.#components.store
    if (product !== undefined) return { product }
    if (owner !== undefined) return { owner: (await knownHuman(humans, owner)).id }
    if (group === undefined) return {}
    const found = (await groups.get(group)) ?? (await groups.byName(group))
    if (found !== undefined) return { group: found.id }
    throw new SuretyError('NOT_FOUND', `there is no group ${JSON.stringify(group.slice(0, 64))}`)
  }

  /** @throws `NOT_FOUND`. */
  async #stored(id: string): Promise<Review> {
    const review = await this.#components.store.reviews.get(id)
    if (review === undefined) throw new SuretyError('NOT_FOUND', `there is no review ${id}`)
    return review
  }

  async #view({ number, after: _, ...review }: Review): Promise<ReviewView> {
    const { closedAt, closedBy, closeReason, ...rest } = review
    return {
      ...rest,
      ...member('coversName', await this.#coversName(review.covers)),
      ...(closedAt === undefined ? {} : { closedAt }),
      ...(closedBy === undefined ? {} : { closedBy }),
      ...(closeReason === undefined ? {} : { closeReason }),
      ...(await this.#components.store.reviews.counts(number)),
    }
  }

  async #coversName({ owner, group }: ReviewScope): Promise<string | undefined> {
    const { humans, groups } = this.#components.store
    if (owner !== undefined) return (await humans.get(owner))?.userName
    return group === undefined ? undefined : (await groups.get(group))?.name
  }

  async #recordClosed(
    review: Review,
    act: { readonly at: number; readonly by: Pick<Person, 'id'> },
    more: AuditEntry['details'],
  ): Promise<void> {
    const { silent, keep, suspend, end } = (await this.#components.store.reviews.counts(review.number)).answers
    const after = await this.#stored(review.id)
    const answers = { silent, keep, suspend, end, discarded: after.discarded }
    const changed = { before: { state: review.state }, after: { state: after.state } }
    await this.#record('review-closed', review, act, { name: review.name, ...answers, ...more }, changed)
  }

  async #record(
    act: (typeof REVIEW_ACTS)[number],
    { id }: Pick<Review, 'id'>,
    { at, by }: { readonly at: number; readonly by: Pick<Person, 'id'> },
    details: AuditEntry['details'],
    changed: Changed = {},
  ): Promise<void> {
    const about = { review: id, ...details }
    await this.#components.store.audit.add({ at, actor: by.id, act, subject: id, details: about, ...changed })
  }
}

/** @throws `CONFLICT`. */
function requireNotOver({ id, state }: Review): void {
  if (state === 'closing' || state === 'closed') throw conflict(`the review ${id} is over`)
}

function conflict(message: string): SuretyError {
  return new SuretyError('CONFLICT', message)
}
