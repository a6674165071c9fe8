import type { ServiceAccountStatus } from '../../protocol/nouns/people/service-accounts.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** An identity of a program that is no agent. A living human answers for it, and it has an end. */
export interface ServiceAccount {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly purpose: string
  /** Ids of humans. */
  readonly owner: string
  readonly successor?: string | undefined
  readonly successorAcceptedAt?: number | undefined
  /** As stored: one past its end may be `active` until the sweep. `serviceAccountView` says how it is. */
  readonly status: ServiceAccountStatus
  readonly expiresAt: number
  readonly version: number
  readonly createdAt: number
  readonly changedAt: number
}

export type NewServiceAccount = Omit<ServiceAccount, 'number' | 'version' | 'changedAt' | 'status'>

export interface ServiceAccountStore {
  get(id: string): Promise<ServiceAccount | undefined>
  /** Only an active one has its name for itself. */
  byName(name: string): Promise<ServiceAccount | undefined>
  /** @throws `CONFLICT` for an id or name in use, or an owner who is not active; `INPUT_MALFORMED`. */
  put(account: NewServiceAccount): Promise<ServiceAccount>
  /** Stores everything but id, number and creation, and raises the version. @throws as `put`; `VERSION_STALE`, `NOT_FOUND`. */
  update(account: ServiceAccount, options?: { readonly expectVersion?: number | undefined }): Promise<ServiceAccount>
  /** Active ones. */
  ownedBy(human: string): Promise<readonly ServiceAccount[]>
  /** What this human accepted to get is not accepted any more. */
  voidAcceptances(human: string, at: number): Promise<void>
  /** Active ones whose end has come, the earliest first. */
  expired(at: number, limit: number): Promise<readonly ServiceAccount[]>
  list(request: ListRequest, now: number): Promise<Listed<ServiceAccount>>
}
