import type { Clock } from '../../base/clock.ts'
import { member } from '../../base/json-object.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { ReviewedAgent, ReviewView } from '../../protocol/nouns/agents/reviews.ts'
import type { ClaimView } from '../../protocol/nouns/people/claims.ts'
import { MINE_ITEMS, type Mine, mineSchema } from '../../protocol/nouns/people/mine.ts'
import { type Route, route } from '../http/route.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import { humanView } from '../humans/views.ts'
import type { HumanSummaryStore } from './human-summary-store.ts'
import type { MineStore } from './mine-store.ts'

interface Registered {
  readonly id: string
  readonly name: string
  readonly owner?: string | undefined
}

export interface MineRoutesComponents {
  readonly store: {
    readonly humans: Pick<HumanStore, 'get' | 'named'>
    readonly humanSummaries: HumanSummaryStore
    readonly mine: MineStore
    readonly registrations: { get(id: string): Promise<Registered | undefined> }
  }
  readonly claims: { get(id: string): Promise<ClaimView> }
  readonly reviews: {
    list(request: {
      readonly owner: string
      readonly state: 'open'
      readonly limit: number
    }): Promise<{ readonly items: readonly ReviewView[] }>
    agents(
      id: string,
      page: { readonly after: number; readonly limit: number; readonly owner: string; readonly answer: 'silent' },
    ): Promise<readonly (ReviewedAgent & { readonly number: number })[]>
  }
  readonly clock: Pick<Clock, 'now'>
}

/** One more than is shown says whether there are more. */
const LOOKED_AT = MINE_ITEMS + 1

/** `GET /mine`: what waits for whoever asks, and what is theirs. Each part is bounded. */
export function mineRoutes(components: MineRoutesComponents): readonly Route[] {
  const { store, clock } = components
  return [
    route({
      method: 'GET',
      path: '/mine',
      operationId: 'getMine',
      action: 'see-mine',
      summary: 'What waits for oneself: claims to decide, agents to accept, reviews to answer; and what is one’s own',
      response: mineSchema,
      async answer({ principal }) {
        const human = await humanOf(store.humans, principal)
        if (human === undefined) return { claims: NONE, successions: NONE, reviews: NONE, waiting: 0 }
        const claims = await claimsOf(components, human)
        const successions = await successionsOf(components, human)
        const reviews = await reviewsOf(components, human)
        const person = { human: humanView(human), ...(await store.humanSummaries.of(human.id, clock.now())) }
        const waiting = claims.items.length + successions.items.length + reviews.items.length
        return { person, claims, successions, reviews, waiting }
      },
    }),
  ]
}

const NONE = { items: [], more: false }

/** A person of the register, or the one whose name an administrator has. */
async function humanOf(
  humans: Pick<HumanStore, 'get' | 'named'>,
  { id, kind, name }: Principal,
): Promise<Human | undefined> {
  const human = kind === 'person' ? await humans.get(id) : await humans.named(name)
  return human?.status === 'active' ? human : undefined
}

async function claimsOf({ store, claims }: MineRoutesComponents, { id }: Human): Promise<Mine['claims']> {
  const items: ClaimView[] = []
  const ids = await store.mine.claimsToDecide(id, LOOKED_AT)
  for (const claim of ids.slice(0, MINE_ITEMS)) items.push(await claims.get(claim))
  return { items, more: ids.length > MINE_ITEMS }
}

async function successionsOf({ store }: MineRoutesComponents, { id }: Human): Promise<Mine['successions']> {
  const items: Mine['successions']['items'] = []
  const ids = await store.mine.successions(id, LOOKED_AT)
  for (const one of ids.slice(0, MINE_ITEMS)) {
    const found = await store.registrations.get(one)
    if (found === undefined) continue
    const owner = found.owner === undefined ? undefined : await store.humans.get(found.owner)
    items.push({
      id: found.id,
      name: found.name,
      ...member('owner', found.owner),
      ...member('ownerName', owner?.displayName),
    })
  }
  return { items, more: ids.length > MINE_ITEMS }
}

async function reviewsOf({ reviews }: MineRoutesComponents, { id: owner }: Human): Promise<Mine['reviews']> {
  const open = (await reviews.list({ owner, state: 'open', limit: LOOKED_AT })).items
  const items: Mine['reviews']['items'] = []
  for (const { id, name, dueAt, silence } of open.slice(0, MINE_ITEMS)) {
    const found = await reviews.agents(id, { after: 0, limit: LOOKED_AT, owner, answer: 'silent' })
    const agents = found.slice(0, MINE_ITEMS).map(({ number: _, ...agent }) => agent)
    if (agents.length > 0)
      items.push({ id, name, dueAt, silence, agents: { items: agents, more: found.length > MINE_ITEMS } })
  }
  return { items, more: open.length > MINE_ITEMS }
}
