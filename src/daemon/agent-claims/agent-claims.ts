import { SuretyError } from '../../base/errors.ts'
import { SerialTasks } from '../../base/serial-tasks.ts'
import { type AgentClaim, type ClaimDecision, isClaimText } from '../../protocol/agent-claim.ts'
import { newId, type Random } from '../../protocol/ids.ts'
import type { ClaimRequest, DeviceClaim } from '../../protocol/messages/control.ts'
import type { AgentSighting, Sighting } from '../../protocol/sighting.ts'

/** Claims of users of this device, from the request at the local socket to the directory's decision. */
export interface AgentClaims {
  /**
   * On disk when it resolves.
   *
   * @throws `NOT_FOUND` for an agent that the caller does not see; `NOT_PERMITTED`; `CONFLICT` for what is claimed already;
   * `QUOTA_EXCEEDED`; `CONFIG_INVALID` for a bad text or end; `DEVICE_UNKNOWN` before the device is enrolled; `STORE_FAILED`.
   */
  claim(request: Omit<ClaimRequest, 'request'>, caller: ClaimCaller): Promise<DeviceClaim>
  /** The claims of the caller, or of all users for root. Newest first. */
  list(caller: ClaimCaller): readonly DeviceClaim[]
  /** Takes the directory's decisions. A repeated one, or one about an unknown claim, changes nothing. @throws `STORE_FAILED`. */
  decided(decisions: readonly ClaimDecision[]): Promise<void>
  /** Claims without a decision, oldest first. */
  readonly open: readonly AgentClaim[]
}

/** Who asks at the local socket, as the kernel names them. */
export interface ClaimCaller {
  readonly userId: string
  readonly isRoot: boolean
}

export interface AgentClaimsComponents {
  readonly now: () => number
  readonly random: Random
  /** What was seen last. */
  readonly sightings: () => readonly Sighting[]
  readonly isEnrolled: () => boolean
  /** @throws `STORE_FAILED`. */
  readonly save: (claims: readonly DeviceClaim[]) => Promise<void>
  /** Called with all open claims whenever they have changed. */
  readonly onOpen: (open: readonly AgentClaim[]) => void
}

/** Open claims of one user, and of the device. The directory takes no more of a device than these. */
export const MAX_OPEN_OF_USER = 16
export const MAX_OPEN = 64
/** How many decided claims of one user, and of the device, are kept to be shown. */
const MAX_DECIDED_OF_USER = 16
const MAX_DECIDED = 256

/** @param saved as read from disk, oldest first. */
export function agentClaims(components: AgentClaimsComponents, saved: readonly DeviceClaim[]): AgentClaims {
  let claims = saved
  const tasks = new SerialTasks()
  /** Each takes effect only once it is on disk. */
  const change = <T extends readonly DeviceClaim[] | undefined>(next: () => T): Promise<void> =>
    tasks.run(async () => {
      const wanted = next()
      if (wanted === undefined) return
      await components.save(wanted)
      claims = wanted
      components.onOpen(openOf(claims))
    })
  return {
    async claim(request, caller) {
      let made: DeviceClaim | undefined
      await change(() => {
        made = { claim: claimOf(components, claims, request, caller) }
        return [...claims, made]
      })
      if (made === undefined) throw new TypeError('a change that resolves has run')
      return made
    },
    list: ({ userId, isRoot }) => claims.filter(({ claim }) => isRoot || claim.user.id === userId).toReversed(),
    decided: (decisions) =>
      change(() => {
        const byClaim = new Map(decisions.map((decision) => [decision.claim, decision]))
        const isNews = claims.some(({ claim, decision }) => decision === undefined && byClaim.has(claim.id))
        return isNews ? withoutOldest(claims.map((one) => withDecision(one, byClaim.get(one.claim.id)))) : undefined
      }),
    get open() {
      return openOf(claims)
    },
  }
}

function openOf(claims: readonly DeviceClaim[]): readonly AgentClaim[] {
  return claims.flatMap(({ claim, decision }) => (decision === undefined ? [claim] : []))
}

function withDecision({ claim, decision: earlier }: DeviceClaim, later: ClaimDecision | undefined): DeviceClaim {
  const decision = earlier ?? later
  return decision === undefined ? { claim } : { claim, decision }
}

/** Drops the oldest decided claims beyond the limits. Open ones stay. */
function withoutOldest(claims: readonly DeviceClaim[]): readonly DeviceClaim[] {
  const ofUser = new Map<string, number>()
  let all = 0
  const kept = claims.toReversed().filter(({ claim, decision }) => {
    if (decision === undefined) return true
    const count = (ofUser.get(claim.user.id) ?? 0) + 1
    ofUser.set(claim.user.id, count)
    return count <= MAX_DECIDED_OF_USER && ++all <= MAX_DECIDED
  })
  return kept.toReversed()
}

/** @throws as `AgentClaims.claim`. */
function claimOf(
  components: AgentClaimsComponents,
  claims: readonly DeviceClaim[],
  { agent, purpose, name, until, user: forUser }: Omit<ClaimRequest, 'request'>,
  caller: ClaimCaller,
): AgentClaim {
  const time = Math.max(0, Math.trunc(components.now()))
  if (!components.isEnrolled())
    throw new SuretyError('DEVICE_UNKNOWN', 'this device is not enrolled, so there is no directory to decide')
  if (!isClaimText(purpose)) throw new SuretyError('CONFIG_INVALID', 'a purpose is one line that is not empty')
  if (name !== undefined && !isClaimText(name))
    throw new SuretyError('CONFIG_INVALID', 'a name is one line that is not empty')
  if (until !== undefined && until <= time) throw new SuretyError('CONFIG_INVALID', 'the end is over already')
  if (forUser !== undefined && !caller.isRoot)
    throw new SuretyError('NOT_PERMITTED', 'only an administrator of the device claims an agent for another user')
  const sighting = sightingOf(components.sightings(), agent, caller)
  const { user } = sighting
  if (user === undefined)
    throw new SuretyError(
      'NOT_PERMITTED',
      'it belongs to the machine and to no user: ask an administrator of the directory to register it',
    )
  if (forUser === undefined ? user.id !== caller.userId : user.id !== forUser && user.name !== forUser)
    throw new SuretyError(
      'NOT_PERMITTED',
      `it is an agent of ${user.name}. An administrator of the device claims it for them with: --user`,
    )
  const product = sighting.catalogueId ?? sighting.name
  requireRoom(openOf(claims), { product, userId: user.id })
  return {
    id: newId('clm', components.random),
    sighting: sighting.id,
    product,
    user: { ...user },
    ...(user.id === caller.userId ? {} : { byRoot: true as const }),
    purpose,
    ...(name === undefined ? {} : { name }),
    ...(until === undefined ? {} : { until }),
    time,
  }
}

/** To a user, agents of others do not exist. @throws `NOT_FOUND`. */
function sightingOf(sightings: readonly Sighting[], id: string, caller: ClaimCaller): AgentSighting {
  const found = sightings.find((one) => one.id === id)
  const isSeen = found?.user === undefined || caller.isRoot || found.user.id === caller.userId
  if (found?.kind === 'agent' && isSeen) return found
  throw new SuretyError('NOT_FOUND', 'no such agent was seen here. List them with: surety agents')
}

/** @throws `CONFLICT`, `QUOTA_EXCEEDED`. */
function requireRoom(open: readonly AgentClaim[], { product, userId }: { product: string; userId: string }): void {
  const own = open.filter(({ user }) => user.id === userId)
  if (own.some((one) => one.product === product))
    throw new SuretyError('CONFLICT', `${product} is claimed and waits for a decision. See: surety agents claims`)
  if (own.length >= MAX_OPEN_OF_USER)
    throw new SuretyError('QUOTA_EXCEEDED', `${MAX_OPEN_OF_USER} claims of this user wait for a decision already`)
  if (open.length >= MAX_OPEN)
    throw new SuretyError('QUOTA_EXCEEDED', `${MAX_OPEN} claims of this device wait for a decision already`)
}
