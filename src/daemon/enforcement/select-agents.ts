import type { RunningAgent } from '../../discovery/running-agents-port.ts'
import type { HeldAgent, StandingStop } from './stops-file.ts'

/** What a stop is judged by. */
export type Selectable = Pick<HeldAgent, 'agent' | 'product' | 'user' | 'userId'>

export function selectable({ id, name, catalogueId, user }: RunningAgent): Selectable {
  return { agent: id, product: (catalogueId ?? name).slice(0, 64), user: user?.name ?? '', userId: user?.id ?? '' }
}

/** Agents that a selected agent has started are stopped with it; the caller adds them. */
export function selects({ selector, userId }: Pick<StandingStop, 'selector' | 'userId'>, agent: Selectable): boolean {
  if (userId !== undefined && agent.userId !== userId) return false
  switch (selector.select) {
    case 'all':
      return true
    case 'agent':
      return agent.agent === selector.agent
    case 'product':
      return agent.product === selector.product
    case 'user':
      return agent.user === selector.user
    default:
      return selector satisfies never
  }
}
