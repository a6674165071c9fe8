import type { AccountState } from '../../protocol/nouns/people/people.ts'
import type { Listed, ListRequest } from '../http/listed.ts'

/** An account of a device's operating system, and the human whose it is. */
export interface Account {
  readonly device: string
  /** uid or SID. */
  readonly userId: string
  readonly userName: string
  /** Proposed or confirmed. An account belongs to one human at most. */
  readonly human?: string | undefined
  readonly state: AccountState
  /** When the directory first heard of it. */
  readonly seenAt: number
  readonly confirmedAt?: number | undefined
  readonly confirmedBy?: string | undefined
}

export interface AccountStore {
  of(device: string, userId: string): Promise<Account | undefined>
  /** Stores an account, or what changed of it: its name, and its proposal as long as it is not confirmed. @param human proposed. */
  seen(
    device: string,
    user: { readonly id: string; readonly name: string },
    init: { readonly at: number; readonly ownerKey?: string | undefined; readonly human?: string | undefined },
  ): Promise<void>
  /** @throws `NOT_FOUND`; `CONFLICT` if it is confirmed for another. */
  confirm(
    account: Pick<Account, 'device' | 'userId'>,
    init: { readonly human: string; readonly at: number; readonly by: string },
  ): Promise<Account>
  /** A confirmed account has no human again. */
  release(account: Pick<Account, 'device' | 'userId'>): Promise<void>
  /** Confirmed ones. */
  ofHuman(human: string): Promise<Account[]>
  /** The owner of a device changed: changes proposals, never what is confirmed. @param human whom the owner's text names. */
  ownerChanged(
    device: string,
    init: { readonly ownerKey: string | undefined; readonly human: string | undefined },
  ): Promise<void>
  /**
   * A human came, left, or has other names: whoever `human` returns for the owner of a device is proposed.
   *
   * @param keys folded names that may now name another human than before.
   * @param human returns the active human whom a folded name names.
   */
  propose(keys: readonly string[], human: (key: string) => Promise<string | undefined>): Promise<void>
  /** In the order of device and user. */
  list(request: ListRequest): Promise<Listed<Account>>
}
