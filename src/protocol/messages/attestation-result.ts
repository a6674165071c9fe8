import { closed, type Static, Type, text, words } from '../../base/schema.ts'
import { checkNameSchema } from '../finding.ts'
import { timeSchema } from '../ids.ts'
import { tierSchema } from '../tier.ts'

/** The two statuses of CAEP, and two more so that silence never looks like health. */
export const VERDICTS = ['compliant', 'not-compliant', 'unknown', 'stale'] as const
export const verdictSchema = words(...VERDICTS)
export type Verdict = Static<typeof verdictSchema>

/** What people read in lists, and write in options. JSON has the words of the wire. */
export const VERDICT_WORDS = {
  compliant: 'compliant',
  'not-compliant': 'not-compliant',
  unknown: 'no-verdict',
  stale: 'stale',
} as const satisfies Readonly<Record<Verdict, string>>

/** One reason for a verdict that is not `compliant`. */
export const verdictReasonSchema = closed({
  check: Type.Union([checkNameSchema, words('attestation', 'tier', 'freshness')]),
  state: words('fail', 'unknown'),
  reason: text(1000),
  /** When this check was first seen to fail or be unknown without a pass or `not-applicable` since. */
  since: Type.Optional(timeSchema),
  /** The check is advisory: it does not change the verdict. */
  advisory: Type.Optional(Type.Boolean()),
  /** The grace of the policy ends then. Until then the check does not change the verdict. */
  graceUntil: Type.Optional(timeSchema),
  /** An exemption ends then. Until then the check does not change the verdict. */
  exemptUntil: Type.Optional(timeSchema),
})
export type VerdictReason = Static<typeof verdictReasonSchema>

/** The result of an appraisal (RFC 9334: attestation result). */
export const attestationResultSchema = closed({
  verdict: verdictSchema,
  tier: tierSchema,
  reasons: Type.Array(verdictReasonSchema, { maxItems: 300 }),
  /** What the keys prove, in words: `device key`, `boot measurements`. */
  proven: Type.Array(text(256), { maxItems: 32 }),
  /** What the device reports without proof: posture, inventory, sightings. */
  reported: Type.Array(text(256), { maxItems: 32 }),
  attestedAt: Type.Optional(timeSchema),
  appraisedAt: timeSchema,
  /** After this time the verdict is `stale`. */
  validUntil: timeSchema,
})
export type AttestationResult = Static<typeof attestationResultSchema>

/** A stale verdict is never good. The comparison makes `NaN` stale too. */
export function isStale({ validUntil }: Pick<AttestationResult, 'validUntil'>, nowMs: number): boolean {
  return !(nowMs <= validUntil)
}

/** Whether the reason changes the verdict. */
export function countsNow({ advisory, graceUntil, exemptUntil }: VerdictReason): boolean {
  return advisory !== true && graceUntil === undefined && exemptUntil === undefined
}
