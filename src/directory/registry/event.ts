/** What happened, in the order it happened: the record that an auditor reads. */
export const EVENT_KINDS = [
  'token-created',
  'token-revoked',
  'enrolled',
  'enrolled-again',
  'decision-pending',
  'decision-approved',
  'decision-denied',
  'enrolment-refused',
  'attested',
  'attestation-refused',
  'forked',
  'gap',
  'evidence-not-taken-in',
  'order-issued',
  'order-answered',
  'order-number-raised',
  'retired',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

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
}
