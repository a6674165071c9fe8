/** What SCIM needs of the store besides humans and groups. */
export interface ScimStore {
  /** The number of the human with so many before it, deleted ones left out. 0: none. */
  humanBefore(offset: number): number
  groupBefore(offset: number): number
  /** Groups that were not deleted. */
  groups(): number
  /** Deactivations by SCIM since a time. */
  deactivations(since: number): number
  /** Keeps a deactivation, and forgets those before `since`. */
  deactivated(human: string, times: { readonly at: number; readonly since: number }): void
  forgetDeactivations(): void
  guard(): StoredGuard
  setGuard(guard: StoredGuard): void
}

/** A hold stands until an administrator allows deactivations for a while. */
export interface StoredGuard {
  readonly heldAt?: number | undefined
  /** Id of the principal whose sync is held. */
  readonly heldFor?: string | undefined
  readonly allowedAt?: number | undefined
  readonly allowedUntil?: number | undefined
  readonly allowedBy?: string | undefined
}
