/** What happened, in the order it happened: the record that an auditor reads. */
type EventKind =
  | 'token-created'
  | 'token-revoked'
  | 'enrolled'
  | 'enrolled-again'
  | 'decision-pending'
  | 'decision-approved'
  | 'decision-denied'
  | 'enrolment-refused'
  | 'attested'
  | 'attestation-refused'
  | 'forked'
  | 'gap'
  | 'evidence-not-taken-in'
  | 'order-issued'
  | 'order-answered'
  | 'order-number-raised'
  | 'retired'

export interface DirectoryEvent {
  readonly at: number
  readonly kind: EventKind
  readonly device?: string | undefined
  /** The administrator, where one acted. */
  readonly actor?: string | undefined
  /** Never a secret. */
  readonly detail?: Readonly<Record<string, string | number | boolean | undefined>>
}

export interface EventStore {
  record(event: DirectoryEvent): void
  countEvents(device: string, kind: EventKind): number
}

/** So many forks of one device are told apart; a device that forks for ever does not fill the record. */
const MAX_FORKS = 100

export function recordFork(
  store: EventStore,
  fork: { readonly at: number; readonly device: string; readonly detail: NonNullable<DirectoryEvent['detail']> },
): void {
  if (store.countEvents(fork.device, 'forked') < MAX_FORKS) store.record({ ...fork, kind: 'forked' })
}
