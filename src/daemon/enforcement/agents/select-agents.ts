import type { RunningAgent } from '../../../discovery/running-agents-port.ts'
import { isOneOf, isWithin } from '../../../protocol/selected-paths.ts'
import type { MatchSelector } from '../../../protocol/stop.ts'
import type { HeldAgent, StandingStop } from '../stops/stops-file.ts'

/** What a stop is judged by. */
export type Selectable = Pick<
  HeldAgent,
  'agent' | 'product' | 'user' | 'userId' | 'humans' | 'programs' | 'packages' | 'workspace'
>

export function selectable(agent: RunningAgent): Selectable {
  const { id, name, catalogueId, user, humans = [], programs, packages, workspace } = agent
  return {
    agent: id,
    product: (catalogueId ?? name).slice(0, 64),
    user: user?.name ?? '',
    userId: user?.id ?? '',
    ...(humans.length === 0 ? {} : { humans: [...humans] }),
    programs: [...programs],
    packages: [...packages],
    ...(workspace === undefined ? {} : { workspace }),
  }
}

/** Whether it runs as this user, or acts for this user under another one. */
export function isOf({ userId, humans = [] }: Pick<Selectable, 'userId' | 'humans'>, id: string): boolean {
  return userId === id || humans.some((human) => human.id === id)
}

/** Agents that a selected agent has started are stopped with it; the caller adds them. */
export function selects({ selector, userId }: Pick<StandingStop, 'selector' | 'userId'>, agent: Selectable): boolean {
  if (userId !== undefined && !isOf(agent, userId)) return false
  switch (selector.select) {
    case 'all':
      return true
    case 'agent':
      return agent.agent === selector.agent
    case 'product':
      return agent.product === selector.product
    case 'user':
      return namesOf(agent).includes(selector.user)
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
    (users === undefined || namesOf(agent).some((name) => users.includes(name))) &&
    (executables === undefined || executables.some((path) => isOneOf(path, agent.programs))) &&
    (packages === undefined || packages.some((name) => agent.packages.includes(name))) &&
    (workspaces === undefined || workspaces.some((folder) => isWithin(folder, agent.workspace)))
  )
}

function namesOf({ user, humans = [] }: Selectable): readonly string[] {
  return [user, ...humans.map(({ name }) => name)]
}

/** Whether an order changed what a stop selects. */
export function selectsOther(before: StandingStop | undefined, now: StandingStop): boolean {
  return before !== undefined && JSON.stringify(before.selector) !== JSON.stringify(now.selector)
}
