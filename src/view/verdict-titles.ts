import type { Verdict } from '../protocol/messages/attestation-result.ts'

/** Verdicts for people, the same in all programs. JSON has the words of the wire. */
export const VERDICT_TITLES = {
  compliant: 'COMPLIANT',
  'not-compliant': 'NOT COMPLIANT',
  unknown: 'NO VERDICT',
  stale: 'STALE',
} as const satisfies Readonly<Record<Verdict, string>>
