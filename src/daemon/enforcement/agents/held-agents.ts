import { type FrozenBy, MAX_FROZEN_BY } from '../../../protocol/sighting.ts'
import type { FreezeMethod, FreezeResult, FrozenAgentInit, FrozenProcess } from '../../../system/freezer/freezer.ts'
import type { HeldAgent, StandingStop } from '../stops/stops-file.ts'
import type { Selectable } from './select-agents.ts'

/** An agent that is to be stopped, and by which stops. */
export interface Wanted extends Selectable {
  readonly name: string
  readonly stops: readonly string[]
}

/** Of no job. */
export const NO_RESULT: FreezeResult = {
  rows: [],
  confirmedMs: undefined,
  pausedMs: 0,
  oneByOne: false,
  forksMissed: false,
  incomplete: false,
}

/** Undefined for an agent that has nothing running. */
export function heldFrom(wanted: Wanted, { rows }: FreezeResult, before: HeldAgent | undefined): HeldAgent | undefined {
  const own = rows.filter(({ agent }) => agent === wanted.agent)
  const stopped = own.filter(({ status }) => STOPPED.includes(status)).map(identityOf)
  const signalled = own.filter(({ status }) => status === 'signals' || status === 'suspend').map(identityOf)
  if (stopped.length === 0) return undefined
  const { agent, product, name, user, userId, humans, programs, packages, workspace } = wanted
  const stops = [...new Set([...(before?.stops ?? []), ...wanted.stops])]
  const held: HeldAgent = {
    agent,
    product,
    name: name.slice(0, 256),
    user,
    userId,
    programs,
    packages,
    stops,
    processes: stopped,
    ...(humans === undefined ? {} : { humans }),
    ...(workspace === undefined ? {} : { workspace }),
  }
  return signalled.length === 0 ? held : { ...held, signalled }
}

/** Ways that leave no trace of what they hold but our own file, once this program has died. */
export const NOT_TOLD: readonly FreezeMethod[] = ['suspend', 'signals']

/** What is held if all that is known of these agents is stopped now: what is written down before that. */
export function meantToHold(
  wanted: readonly Wanted[],
  init: readonly FrozenAgentInit[],
  held: readonly HeldAgent[],
): readonly HeldAgent[] {
  const meant = wanted.flatMap((one) => {
    const before = held.find(({ agent }) => agent === one.agent)
    const known = init.find(({ agent }) => agent === one.agent)?.processes ?? []
    const all = new Map([...(before?.signalled ?? []), ...known].map((process) => [keyOf(process), process]))
    const rows = [...all.values()].map((process) => ({ ...process, agent: one.agent, status: 'suspend' as const }))
    return heldFrom(one, { ...NO_RESULT, rows }, before) ?? []
  })
  const ids = new Set(meant.map(({ agent }) => agent))
  return [...held.filter(({ agent }) => !ids.has(agent)), ...meant]
}

const STOPPED: readonly string[] = ['cgroup2', 'cgroup1', 'suspend', 'signals', 'uninterruptible']

function identityOf({ pid, startTicks }: FrozenProcess): FrozenProcess & { pid: number } {
  return { pid, startTicks }
}

export function keyOf({ pid, startTicks }: FrozenProcess): string {
  return `${pid} ${startTicks}`
}

/** The stops that hold each agent, as they are reported with its sighting. */
export function frozenBy({
  held,
  stops,
}: {
  readonly held: readonly HeldAgent[]
  readonly stops: readonly StandingStop[]
}): ReadonlyMap<string, FrozenBy[]> {
  const entries = held.map(({ agent, stops: ids }) => {
    const holding = new Set(ids)
    // In the order of the stops: those of users do not push out the directory's.
    const own = stops.filter(({ id }) => holding.has(id)).slice(0, MAX_FROZEN_BY)
    return [
      agent,
      own.map(({ id, origin, by, reason }) => ({ stop: origin === 'local' ? 'local' : id, by, reason })),
    ] as const
  })
  return new Map(entries.filter(([, by]) => by.length > 0))
}

/** What is held once these stops have ended, and what continues. @param except agents for which they have not. */
export function withoutStops(
  held: readonly HeldAgent[],
  ended: ReadonlySet<string>,
  except: ReadonlySet<string> = new Set(),
): { readonly held: HeldAgent[]; readonly free: readonly HeldAgent[] } {
  const left = held.map((agent) =>
    except.has(agent.agent) ? agent : { ...agent, stops: agent.stops.filter((id) => !ended.has(id)) },
  )
  return {
    held: left.filter(({ stops }) => stops.length > 0),
    free: left.filter(({ stops }) => stops.length === 0),
  }
}
