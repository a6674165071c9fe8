import type { Clock } from '../../base/clock.ts'
import { mineSchema } from '../../protocol/nouns/people/mine.ts'
import { type Route, route } from '../http/route.ts'
import type { HumanStore } from '../humans/human-store.ts'
import { humanView } from '../humans/views.ts'
import type { HumanSummaryStore } from './human-summary-store.ts'
import { humanOf, type WaitingComponents, waitingFor } from './waiting-for.ts'

export type MineRoutesComponents = WaitingComponents & {
  readonly store: {
    readonly humans: Pick<HumanStore, 'named'>
    readonly humanSummaries: HumanSummaryStore
  }
  readonly clock: Pick<Clock, 'now'>
}

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
        const waits = await waitingFor(components, human)
        const { claims, successions, reviews } = waits
        const person = { human: humanView(human), ...(await store.humanSummaries.of(human.id, clock.now())) }
        const waiting = claims.items.length + successions.items.length + reviews.items.length
        return { person, ...waits, waiting }
      },
    }),
  ]
}

const NONE = { items: [], more: false }
