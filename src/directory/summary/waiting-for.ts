import { member } from '../../base/json-object.ts'
import type { Principal } from '../../protocol/noun/permissions.ts'
import type { ReviewedAgent, ReviewView } from '../../protocol/nouns/agents/reviews.ts'
import type { ClaimView } from '../../protocol/nouns/people/claims.ts'
import { MINE_ITEMS, type Mine } from '../../protocol/nouns/people/mine.ts'
import type { Human, HumanStore } from '../humans/human-store.ts'
import type { MineStore } from './mine-store.ts'

/** What waits for one person. The console shows it, and messages tell of it. */

interface Registered {
  readonly id: string
  readonly name: string
  readonly owner?: string | undefined
}

export interface WaitingComponents {
  readonly store: {
    readonly humans: Pick<HumanStore, 'get'>
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
}

/** One more than is shown says whether there are more. */
const LOOKED_AT = MINE_ITEMS + 1

/** Each part is bounded. */
export async function waitingFor(
  components: WaitingComponents,
  human: Human,
): Promise<Pick<Mine, 'claims' | 'successions' | 'reviews'>> {
  return {
    claims: await claimsOf(components, human),
    successions: await successionsOf(components, human),
    reviews: await reviewsOf(components, human),
  }
}

/** A person of the register, or the one whose name an administrator has. */
export async function humanOf(
  humans: Pick<HumanStore, 'get' | 'named'>,
  { id, kind, name }: Principal,
): Promise<Human | undefined> {
  const human = kind === 'person' ? await humans.get(id) : await humans.named(name)
  return human?.status === 'active' ? human : undefined
}

async function claimsOf({ store, claims }: WaitingComponents, { id }: Human): Promise<Mine['claims']> {
  const items: ClaimView[] = []
  const ids = await store.mine.claimsToDecide(id, LOOKED_AT)
  for (const claim of ids.slice(0, MINE_ITEMS)) items.push(await claims.get(claim))
  return { items, more: ids.length > MINE_ITEMS }
}

async function successionsOf({ store }: WaitingComponents, { id }: Human): Promise<Mine['successions']> {
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

async function reviewsOf({ reviews }: WaitingComponents, { id: owner }: Human): Promise<Mine['reviews']> {
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
