import type { Verdict } from '../protocol/attestation-result.ts'

/** Verdicts as people read them, one spelling in all programs; in JSON they are as on the wire. */
export const VERDICT_TITLES = {
  compliant: 'COMPLIANT',
  'not-compliant': 'NOT COMPLIANT',
  unknown: 'UNKNOWN',
  stale: 'STALE',
} as const satisfies Readonly<Record<Verdict, string>>
