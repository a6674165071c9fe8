import type { Clock } from '../../base/clock.ts'
import type { AuthorityView, CatalogueView } from '../../protocol/api-administration.ts'
import type { AttestationResult } from '../../protocol/attestation-result.ts'
import type { IssuableOrderKind } from '../../protocol/order.ts'
import type { Tier } from '../../protocol/tier.ts'
import type { ApiStore } from './api-store.ts'
import type { FleetStore } from './fleet-store.ts'

/** What the rooms do for an administrator, durable when it resolves. `by` is the administrator's id, for the record. */
export interface ApiActions {
  /** @returns the token's id, the enrolment string that holds its secret, and why no device can use it as it is. */
  createToken(
    request: {
      owner: string
      ttlMs: number
      serial?: string | undefined
      minimumTier: Tier
      /** Devices that it enrols; one when absent. */
      uses?: number | undefined
    },
    by: string,
  ): Promise<{ readonly id: string; readonly enrolment: string; readonly warning?: string }>
  /** @throws `TOKEN_UNKNOWN`, `TOKEN_USED` where nobody could enrol with it any more. */
  revokeToken(id: string, by: string): Promise<void>
  /** @returns the order's id. @throws `DEVICE_UNKNOWN`, `DEVICE_RETIRED`, `CONFLICT` when too many wait. */
  issueOrder(request: { device: string; kind: IssuableOrderKind; reason: string }, by: string): Promise<string>
  /** @throws `NOT_FOUND`, `CONFLICT` when it was decided otherwise. */
  decide(id: string, outcome: 'approve' | 'deny', by: string): Promise<void>
  /** @throws `INPUT_*` for what is no catalogue or too large, `CONFLICT` for a version that is not above the one set. */
  setCatalogue(text: string, by: string): Promise<CatalogueView>
  /** Undefined until one was set. */
  catalogue(): Promise<CatalogueView | undefined>
  /** @throws `DEVICE_UNKNOWN`. */
  retireDevice(request: { device: string; reason: string }, by: string): Promise<void>
}

export interface ApiComponents {
  readonly store: ApiStore
  readonly fleet: FleetStore
  /** Is the device connected now? What it told then is as it is, and not only as it was. */
  readonly isConnected: (device: string) => boolean
  readonly actions: ApiActions
  readonly authority: () => AuthorityView
  /** What a stored result says at a later moment: `stale` once it has run out. */
  readonly readResult: (result: AttestationResult, now: number) => AttestationResult
  readonly clock: Pick<Clock, 'now' | 'monotonic'>
  readonly version: string
}
