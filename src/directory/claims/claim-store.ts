import type { AgentClaim, ClaimDecision } from '../../protocol/agent-claim.ts'
import type { ClaimState } from '../../protocol/nouns/people/claims.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** A claim as it arrived. */
export interface ArrivedClaim {
  readonly device: string
  /** As in the items of a device: the catalogue id, or `unknown/NAME`. */
  readonly item: string
  readonly claim: AgentClaim
  readonly at: number
}

export interface StoredClaim extends ArrivedClaim {
  /** In the order of arrival. */
  readonly number: number
  readonly state: ClaimState
  readonly decision?: Omit<ClaimDecision, 'claim' | 'outcome'> | undefined
}

/** What evidence asks. */
export interface ClaimArrivalStore {
  get(id: string): Promise<StoredClaim | undefined>
  /** @param refused why no person need look at it. */
  add(claim: ArrivedClaim, refused?: { readonly by: string; readonly reason: string }): Promise<void>
  /** Of one that waits. */
  decide(decision: ClaimDecision): Promise<void>
  /** How many of the device wait. */
  pending(device: string): Promise<number>
  /** Whether one of this user and item waits. */
  isPending(device: string, of: { readonly userId: string; readonly item: string }): Promise<boolean>
  /** Deletes the oldest that were refused, but for the newest `left` of the device. */
  forgetRefused(device: string, left: number): Promise<void>
}

export interface ClaimStore extends ClaimArrivalStore {
  /** Newest first. */
  list(request: ListRequest): Promise<Listed<StoredClaim>>
  /** The newest of the device, newest first. */
  decisions(device: string, limit: number): Promise<readonly ClaimDecision[]>
}
