/** What SCIM needs of the store besides humans and groups. */
export interface ScimStore {
  /** The number of the human with so many before it, deleted ones left out. 0: none. */
  humanBefore(offset: number): Promise<number>
  groupBefore(offset: number): Promise<number>
  /** Groups that were not deleted. */
  groups(): Promise<number>
  /** Deactivations by SCIM since a time, and the agents that ended by them. */
  deactivations(since: number): Promise<{ readonly humans: number; readonly agents: number }>
  /** Keeps a deactivation, by which so many agents ended, and forgets those before `since`. */
  deactivated(
    human: string,
    init: { readonly at: number; readonly since: number; readonly agents: number },
  ): Promise<void>
  forgetDeactivations(): Promise<void>
  guard(): Promise<StoredGuard>
  setGuard(guard: StoredGuard): Promise<void>
}

/** A hold lasts until an administrator allows deactivations for a while. */
export interface StoredGuard {
  readonly heldAt?: number | undefined
  /** Id of the principal whose sync is held. */
  readonly heldFor?: string | undefined
  readonly allowedAt?: number | undefined
  readonly allowedUntil?: number | undefined
  readonly allowedBy?: string | undefined
}
