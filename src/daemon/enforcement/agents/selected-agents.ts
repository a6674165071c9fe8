import type { RunningAgents } from '../../../discovery/running-agents-port.ts'
import type { FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { ProcessTable } from '../../../system/processes/process-table.ts'
import { isProtected } from '../../../system/processes/protected-programs.ts'
import type { HeldAgent, StandingStop } from '../stops/stops-file.ts'
import type { Wanted } from './held-agents.ts'
import { selectable, selects } from './select-agents.ts'

/** The agents that run or are held, of those that a stop selects; with what these have started. */
export function selectedAgents(
  agents: Pick<RunningAgents, 'list' | 'startedBy'>,
  held: readonly HeldAgent[],
  stops: readonly StandingStop[],
): readonly Wanted[] {
  const known = new Map<string, Omit<Wanted, 'stops'>>(held.map((each) => [each.agent, each]))
  for (const agent of agents.list()) known.set(agent.id, { ...selectable(agent), name: agent.name })
  const wanted = new Map<string, Wanted>()
  for (const stop of stops) {
    const direct = [...known.values()].filter((agent) => selects(stop, agent)).map(({ agent }) => agent)
    for (const id of new Set([...direct, ...direct.flatMap((each) => agents.startedBy(each))])) {
      const agent = known.get(id)
      if (agent !== undefined) wanted.set(id, { ...agent, stops: [...(wanted.get(id)?.stops ?? []), stop.id] })
    }
  }
  return [...wanted.values()]
}

/** Stops by users of one agent that has nothing left: neither the agent nor anything that the stop holds. */
export function endedWithAgents(
  agents: Pick<RunningAgents, 'list'>,
  held: readonly HeldAgent[],
  stops: readonly StandingStop[],
): readonly StandingStop[] {
  const running = new Set(agents.list().map(({ id }) => id))
  const holding = new Set(held.flatMap((agent) => agent.stops))
  return stops.filter(
    ({ id, origin, selector }) =>
      origin === 'local' && selector.select === 'agent' && !running.has(selector.agent) && !holding.has(id),
  )
}

/** Sets aside agents whose first process is a program that the device or the session needs. @returns these processes, and the rest. */
export function withoutProtected(
  {
    agents,
    processes,
  }: {
    readonly agents: Pick<RunningAgents, 'list'>
    readonly processes: Pick<ProcessTable, 'entry' | 'isPartOfSystem'>
  },
  wanted: readonly Wanted[],
): [readonly FrozenProcess[], readonly Wanted[]] {
  const refused: FrozenProcess[] = []
  const firsts = new Map(agents.list().map(({ id, process }) => [id, process]))
  const allowed = wanted.filter(({ agent }) => {
    const first = firsts.get(agent)
    if (first === undefined || !isProtected(first.pid, processes)) return true
    refused.push(first)
    return false
  })
  return [refused, allowed]
}
