import type { AgentSighting, Autonomy, Sighting } from '../../protocol/sighting.ts'
import type { AgentState } from '../matching/agent-state.ts'
import { unlessUnread, unreadIn } from './settings.ts'

/**
 * Tells of each agent that is installed what its owner's home and, as far as `states` has them, the machine's settings say of it. What is
 * installed for everybody was used when the last of them used it, and is nobody's in particular.
 */
export function withStates(agents: readonly AgentSighting[], states: readonly AgentState[]): AgentSighting[] {
  return agents.map((agent) => {
    const of = states.filter(({ catalogueId }) => catalogueId === agent.catalogueId)
    const managed = of.find(({ user }) => user === undefined)?.autonomy
    const own = agent.user === undefined ? undefined : of.find(({ user }) => user?.id === agent.user?.id)
    const autonomy = combined(managed, own === undefined ? agent.autonomy : ownAutonomy(own))
    const used = (agent.user === undefined ? of : [own]).flatMap((state) => state?.lastUsedAt ?? [])
    return {
      ...agent,
      ...(own?.account === undefined ? {} : { account: own.account }),
      ...(autonomy === undefined ? {} : { autonomy }),
      ...(used.length === 0 ? {} : { lastUsedAt: Math.max(...used) }),
    }
  })
}

/** What is installed for everybody, with what everybody's home says of it. */
export function forEverybody(sightings: readonly Sighting[], states: readonly AgentState[]): readonly Sighting[] {
  return [
    ...sightings.filter((each) => each.kind !== 'agent'),
    ...withStates(
      sightings.filter((each) => each.kind === 'agent'),
      states,
    ),
  ]
}

/** What lies in a home, of which so far only that home has told. @param managed what an administrator set for everybody. */
export function withManaged(sightings: readonly Sighting[], managed: readonly AgentState[]): Sighting[] {
  const byId = new Map(managed.map(({ catalogueId, autonomy }) => [catalogueId, autonomy]))
  return sightings.map((each) => {
    if (each.kind !== 'agent' || each.catalogueId === undefined) return each
    const autonomy = combined(byId.get(each.catalogueId), each.autonomy)
    return autonomy === undefined ? each : { ...each, autonomy }
  })
}

/** A project in which it acts without asking is enough: people work there. One that may not count leaves it open. */
function ownAutonomy({ autonomy, projects = [] }: AgentState): Autonomy | undefined {
  const loose = projects.filter((project) => project.autonomy.level === 'autonomous' && decides(project.autonomy))
  const sure = loose.filter(({ trust }) => trust !== 'unknown')
  if (sure.length === 0 && (loose.length === 0 || autonomy?.level === 'autonomous')) {
    return withUnread(autonomy, projects)
  }
  const because = (sure.length === 0 ? loose : sure).flatMap((project) => bySettings(project.autonomy))
  return {
    level: sure.length === 0 ? 'unknown' : 'autonomous',
    because: [...because, ...(autonomy?.because ?? [])].slice(0, MAX_BECAUSE),
  }
}

function withUnread(own: Autonomy | undefined, projects: NonNullable<AgentState['projects']>): Autonomy | undefined {
  const unread = projects.flatMap(({ autonomy }) => unreadIn(autonomy))
  if (own?.level !== 'asks' || unread.length === 0) return own
  return { level: 'unknown', because: [...unread, ...own.because].slice(0, MAX_BECAUSE) }
}

/** An administrator's settings win where they decide anything. */
export function combined(managed: Autonomy | undefined, own: Autonomy | undefined): Autonomy | undefined {
  if (managed === undefined || own === undefined) return own ?? managed
  const because = [...bySettings(managed), ...own.because].slice(0, MAX_BECAUSE)
  return { level: decides(managed) ? managed.level : unlessUnread(own.level, managed), because }
}

/** Do settings say it, and not the maker's default, which is first where it does? */
export function decides(autonomy: Autonomy): boolean {
  const settings = bySettings(autonomy)
  return settings.length > 0 && settings.length === autonomy.because.length && autonomy.level !== 'unknown'
}

function bySettings({ because }: Autonomy): Autonomy['because'] {
  return because.filter(({ by }) => by === 'configuration')
}

const MAX_BECAUSE = 16
