import type { RunningAgent } from '../../discovery/running-agents-port.ts'
import { isOneOf, isWithin } from '../../protocol/selected-paths.ts'
import type { MatchSelector } from '../../protocol/stop.ts'
import type { HeldAgent, StandingStop } from './stops-file.ts'

/** What a stop is judged by. */
export type Selectable = Pick<
  HeldAgent,
  'agent' | 'product' | 'user' | 'userId' | 'programs' | 'packages' | 'workspace'
>

export function selectable({ id, name, catalogueId, user, programs, packages, workspace }: RunningAgent): Selectable {
  return {
    ...{ agent: id, product: (catalogueId ?? name).slice(0, 64), user: user?.name ?? '', userId: user?.id ?? '' },
    ...{ programs: [...programs], packages: [...packages] },
    ...(workspace === undefined ? {} : { workspace }),
  }
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
    case 'match':
      return matches(selector, agent)
    default:
      return selector satisfies never
  }
}

/** What is not known of an agent does not match. */
function matches({ products, users, executables, packages, workspaces }: MatchSelector, agent: Selectable): boolean {
  return (
    (products === undefined || products.includes(agent.product)) &&
    (users === undefined || users.includes(agent.user)) &&
    (executables === undefined || executables.some((path) => isOneOf(path, agent.programs))) &&
    (packages === undefined || packages.some((name) => agent.packages.includes(name))) &&
    (workspaces === undefined || workspaces.some((folder) => isWithin(folder, agent.workspace)))
  )
}

/** Whether an order changed what a stop selects. */
export function selectsOther(before: StandingStop | undefined, now: StandingStop): boolean {
  return before !== undefined && JSON.stringify(before.selector) !== JSON.stringify(now.selector)
}
