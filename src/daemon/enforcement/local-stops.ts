import { SuretyError } from '../../base/errors.ts'
import type { RunningAgents } from '../../discovery/running-agents-port.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { LocalStops, StatusStops } from '../../protocol/messages/control.ts'
import type { StopEvent, StopSelector } from '../../protocol/stop.ts'
import { isOf, selectable } from './agents/select-agents.ts'
import type { Enforcement } from './enforcement.ts'
import type { StopOutcome } from './stops/stop-receipt.ts'
import type { StandingStop } from './stops/stops-file.ts'

/** Who asks at the local socket, as the kernel names them. */
export interface StopCaller {
  readonly userId: string
  /** Root stops and releases for everybody. */
  readonly isRoot: boolean
}

export interface LocalStopsComponents {
  readonly enforcement: Enforcement
  readonly agents: Pick<RunningAgents, 'list'>
  readonly now: () => number
  readonly random: Random
  readonly report: (event: StopEvent) => void
}

const MAX_SHOWN = 100

/**
 * Stops an agent of the caller, or all of them; for root, of everybody.
 *
 * @throws `NOT_FOUND` for an agent that does not run, or is another user's; as `Enforcement.stop`.
 */
export async function stopLocally(
  components: LocalStopsComponents,
  { agent, reason = '' }: { readonly agent?: string | undefined; readonly reason?: string | undefined },
  caller: StopCaller,
): Promise<StopOutcome> {
  const { enforcement, agents, now, random } = components
  const all = agents.list().map(selectable)
  if (agent !== undefined && !all.some((one) => one.agent === agent && (caller.isRoot || isOf(one, caller.userId))))
    throw new SuretyError('NOT_FOUND', 'no such agent runs here. List them with: surety agents')
  const selector: StopSelector = agent === undefined ? { select: 'all' } : { select: 'agent', agent }
  const same = enforcement.stops.find(
    (stop) => isOwn(stop, caller) && JSON.stringify(stop.selector) === JSON.stringify(selector),
  )
  return await enforcement.stop({
    id: same?.id ?? newId('stop', random),
    kind: 'freeze',
    origin: 'local',
    selector,
    by: nameOf(components, caller),
    reason: reason.slice(0, 500),
    ...(caller.isRoot ? {} : { userId: caller.userId }),
    since: same?.since ?? Math.max(0, Math.trunc(now())),
  })
}

/**
 * Releases what the caller has stopped: all of it, or one agent. Root releases what any user has stopped.
 *
 * @throws `NOT_FOUND` when nothing is stopped; `NOT_PERMITTED` when the directory or root has stopped it; `CONFLICT` for one agent
 * of a stop of all.
 */
export async function releaseLocally(
  components: LocalStopsComponents,
  { agent, reason = '' }: { readonly agent?: string | undefined; readonly reason?: string | undefined },
  caller: StopCaller,
): Promise<StopOutcome> {
  const { enforcement } = components
  const held = enforcement.held.find((one) => one.agent === agent && (caller.isRoot || isOf(one, caller.userId)))
  const concerned = enforcement.stops.filter(({ id, selector }) =>
    agent === undefined
      ? true
      : held?.stops.includes(id) === true || (selector.select === 'agent' && selector.agent === agent),
  )
  const own = concerned.filter((stop) => isReleasable(stop, caller))
  const foreign = concerned.filter((stop) => !isReleasable(stop, caller) && (caller.isRoot || isAbout(stop, caller)))
  const [first] = foreign
  // One that others hold as well would not continue.
  if (first !== undefined && (own.length === 0 || agent !== undefined)) {
    if (held !== undefined || agent === undefined)
      reportRefused(components, { by: nameOf(components, caller), stop: first, reason })
    const who = first.origin === 'directory' ? 'an administrator of the directory' : 'an administrator of this device'
    const why = first.reason === '' ? '' : ` (${first.reason})`
    throw new SuretyError('NOT_PERMITTED', `stopped by ${first.by}${why}: ask ${who} to release it`)
  }
  if (own.length === 0) throw new SuretyError('NOT_FOUND', 'nothing of yours is stopped here')
  if (agent !== undefined && own.some(({ selector }) => selector.select !== 'agent'))
    throw new SuretyError('CONFLICT', 'it was stopped together with others. Release all with: surety release --all')
  const by = nameOf(components, caller)
  return await enforcement.release(
    own.map(({ id }) => id),
    { by, ...(reason === '' ? {} : { reason: reason.slice(0, 500) }) },
  )
}

/** What `caller` may know of stops. Everybody sees what the directory has stopped. */
export function stopsFor({ enforcement }: Pick<LocalStopsComponents, 'enforcement'>, caller: StopCaller): StatusStops {
  const standing = enforcement.stops.filter((stop) => caller.isRoot || isAbout(stop, caller))
  const held = enforcement.held.filter((one) => caller.isRoot || isOf(one, caller.userId))
  return {
    standing: standing.slice(0, MAX_SHOWN).map((stop) => {
      const { kind, origin, selector, by, reason, since, until } = stop
      return {
        ...(origin === 'local' ? { stop: 'local' as const } : { stop: stop.id }),
        kind,
        selector,
        by,
        reason,
        since,
        ...(until === undefined ? {} : { until }),
        releasable: isReleasable(stop, caller),
      }
    }),
    held: held.slice(0, MAX_SHOWN).map(({ agent, product, name, user, processes }) => {
      return { agent, product, name, user, processes: processes.length }
    }),
    heldCount: held.length,
  }
}

/** The answers of the local socket about stops. */
export function localStops(components: LocalStopsComponents): LocalStops<StopCaller> {
  return {
    freeze: (request, caller) => stopLocally(components, request, caller),
    release: (request, caller) => releaseLocally(components, request, caller),
  }
}

function reportRefused(
  { report, now }: LocalStopsComponents,
  { by, stop, reason }: { readonly by: string; readonly stop: StandingStop; readonly reason: string },
): void {
  report({
    kind: 'refused',
    stop: stop.origin === 'local' ? 'local' : stop.id,
    by: by.slice(0, 256),
    processes: 0,
    ...(reason === '' ? {} : { reason: reason.slice(0, 500) }),
    time: Math.max(0, Math.trunc(now())),
  })
}

function isOwn({ origin, userId }: StandingStop, caller: StopCaller): boolean {
  return origin === 'local' && userId === (caller.isRoot ? undefined : caller.userId)
}

function isReleasable({ origin, userId }: StandingStop, caller: StopCaller): boolean {
  return origin === 'local' && (caller.isRoot || userId === caller.userId)
}

/** The stops of other users are none of the caller's business. */
function isAbout({ userId }: StandingStop, caller: StopCaller): boolean {
  return userId === undefined || userId === caller.userId
}

function nameOf({ agents }: LocalStopsComponents, { userId, isRoot }: StopCaller): string {
  // A SID: Windows has no root.
  if (isRoot) return userId.startsWith('S-') ? 'administrator' : 'root'
  return agents.list().find(({ user }) => user?.id === userId)?.user?.name ?? `user ${userId}`
}
