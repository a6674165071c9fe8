import { type AgentClaim, isClaimText } from '../../protocol/agent-claim.ts'
import type { AgentSighting } from '../../protocol/sighting.ts'
import { type ActivityStore, recordBounded } from '../activity/activity.ts'
import type { SightingQueries } from '../devices/device-store.ts'
import type { ClaimArrivalStore } from './claim-store.ts'

/** Claims as they arrive in evidence. */

export interface TakeInClaimsStore {
  readonly claims: ClaimArrivalStore
  readonly sightings: Pick<SightingQueries, 'view'>
  readonly activity: ActivityStore
}

/** Who refuses a claim that needs no decision of a person. */
const BY_DIRECTORY = 'the directory'
/** Pending claims of one device. An honest one has no more. */
const MOST_PENDING = 64
/** Of one device. */
const MOST_REFUSED = 256

/** Inside the caller's transaction. A known claim changes nothing: devices repeat them. */
export async function takeInClaims(
  store: TakeInClaimsStore,
  device: string,
  { claims, at }: { readonly claims: readonly AgentClaim[]; readonly at: number },
): Promise<void> {
  for (const claim of claims) {
    if ((await store.claims.get(claim.id)) === undefined) await takeIn(store, device, { claim, at })
  }
}

async function takeIn(
  store: TakeInClaimsStore,
  device: string,
  { claim, at }: { claim: AgentClaim; at: number },
): Promise<void> {
  const seen = (await store.sightings.view(device, claim.sighting))?.sighting
  const agent = seen?.kind === 'agent' && seen.user?.id === claim.user.id ? seen : undefined
  const item = agent === undefined ? '' : itemOf(agent)
  const fault = await faultOf(store, device, { claim, agent, item })
  const detail = { claim: claim.id, product: item || claim.product, user: claim.user.name }
  if (fault === undefined && (await store.claims.pending(device)) >= MOST_PENDING) {
    await recordBounded(store, { at, kind: 'claim-dropped', device, detail: { ...detail, most: MOST_PENDING } })
    return
  }
  if (fault === undefined) {
    await store.claims.add({ device, item, claim, at })
    await recordBounded(store, { at, kind: 'agent-claimed', device, detail })
    return
  }
  await store.claims.add({ device, item, claim, at }, { by: BY_DIRECTORY, reason: fault })
  await store.claims.forgetRefused(device, MOST_REFUSED)
  await recordBounded(store, { at, kind: 'claim-refused-at-once', device, detail: { ...detail, reason: fault } })
}

/** Why the directory refuses it at once. Undefined for a claim that a person decides. */
async function faultOf(
  store: TakeInClaimsStore,
  device: string,
  { claim, agent, item }: { claim: AgentClaim; agent: AgentSighting | undefined; item: string },
): Promise<string | undefined> {
  const { user, purpose, name } = claim
  if (agent === undefined) return 'the directory knows no such agent of this user on the device'
  if (!isClaimText(purpose) || (name !== undefined && !isClaimText(name)))
    return 'the purpose or name is empty or has characters that cannot be seen'
  if (await store.claims.isPending(device, { userId: user.id, item }))
    return 'this agent is claimed and waits for a decision'
  return undefined
}

/** As `device_items` names it. */
function itemOf({ catalogueId = '', name }: AgentSighting): string {
  return catalogueId === '' ? `unknown/${name}` : catalogueId
}
