import { explanationOf, type Finding } from '../../protocol/finding.ts'
import {
  type AttestationResult,
  countsNow,
  isStale,
  type Verdict,
  type VerdictReason,
} from '../../protocol/messages/attestation-result.ts'
import { type Tier, tierAtLeast } from '../../protocol/tier.ts'
import type { Policy, Weight } from '../policy/policy.ts'
import { wordsOf } from './tier-words.ts'

/** A current finding. `since`: when it first failed or was unknown, without a pass since. */
export type CurrentFinding = Finding & { readonly since?: number | undefined }

export interface ResultInput {
  /** Pinned at enrolment. */
  readonly tier: Tier
  readonly findings: readonly CurrentFinding[]
  /** When the device last attested in its current epoch. */
  readonly attestedAt?: number | undefined
  /** When all findings were last reported, perhaps unchanged. Absent: now. */
  readonly findingsAt?: number | undefined
  /** Other faults: a failed attestation, evidence that could not be applied. Each counts as required. */
  readonly otherReasons?: readonly VerdictReason[] | undefined
  readonly policy: Policy
  readonly now: number
  /** How long the result is valid. The policy may end it sooner. */
  readonly validForMs: number
}

const MAX_REASONS = 300
const MAX_REASON_LENGTH = 1000
/** A clock that goes back further than this was not merely synchronised. */
const CLOCK_SKEW_MS = 60_000

/** Appraises a device. Pure: the same input gives the same result. */
export function resultOf(input: ResultInput): AttestationResult {
  const { policy, now, tier } = input
  // After the clock was set back, a time may be in the future. It counts as now, never as fresher.
  const attestedAt = input.attestedAt === undefined ? undefined : Math.min(input.attestedAt, now)
  const findingsAt = Math.min(input.findingsAt ?? now, now)
  const reasons = checkReasons(input.findings, policy, { advisory: false }).map((reason) =>
    excused(reason, policy, now),
  )
  const advice = checkReasons(input.findings, policy, { advisory: true })
  const requiredReasons = [
    ...tierReasons(tier, policy),
    ...(attestedAt === undefined ? [neverAttested()] : []),
    ...(input.otherReasons ?? []),
    ...reasons.filter(countsNow),
  ]
  const excuses = reasons.filter((reason) => !countsNow(reason))
  const validUntil = Math.min(
    nextChange(excuses) ?? Number.POSITIVE_INFINITY,
    now + input.validForMs,
    findingsAt + policy.findingsFreshMs,
    (attestedAt ?? now) + policy.attestationFreshMs,
  )
  const { proven, reported } = wordsOf(tier, attestedAt !== undefined)
  return {
    verdict: verdictOf(requiredReasons),
    tier,
    reasons: [...requiredReasons, ...excuses, ...advice].slice(0, MAX_REASONS).map(bounded),
    proven: [...proven],
    reported: [...reported],
    ...(attestedAt === undefined ? {} : { attestedAt }),
    appraisedAt: now,
    validUntil: Math.max(0, Math.floor(validUntil)),
  }
}

/** The result as of `now`: stale if it has expired, or if the clock is behind the time of its appraisal. */
export function readResult(result: AttestationResult, now: number): AttestationResult {
  const afterAppraisal = now >= result.appraisedAt - CLOCK_SKEW_MS
  if (!isStale(result, now) && afterAppraisal) return result
  const stale: VerdictReason = {
    check: 'freshness',
    state: 'unknown',
    ...(afterAppraisal
      ? { reason: 'no new attestation and report in time', since: result.validUntil }
      : { reason: "the directory's clock is behind the time of this result" }),
  }
  return { ...result, verdict: 'stale', reasons: [stale, ...result.reasons].slice(0, MAX_REASONS) }
}

/** When the next grace or exemption ends: the verdict may then be another one without any news of the device. */
export function nextChange(reasons: readonly VerdictReason[]): number | undefined {
  const ends = reasons.flatMap(({ graceUntil, exemptUntil }) => exemptUntil ?? graceUntil ?? [])
  return ends.length === 0 ? undefined : Math.min(...ends)
}

/** With the end of its exemption or grace while there is one. A failure whose beginning is unknown has no grace. */
function excused(reason: VerdictReason, { exemptions = [], graceMs = {} }: Policy, now: number): VerdictReason {
  const ends = exemptions.filter(({ check, until }) => check === reason.check && now < until).map(({ until }) => until)
  if (ends.length > 0) return { ...reason, exemptUntil: Math.floor(Math.max(...ends)) }
  const grace = Object.hasOwn(graceMs, reason.check) ? graceMs[reason.check] : undefined
  if (grace === undefined || reason.since === undefined) return reason
  // After the clock was set back, a failure counts from now.
  const graceUntil = Math.floor(Math.min(reason.since, now) + grace)
  return now < graceUntil ? { ...reason, graceUntil } : reason
}

function verdictOf(requiredReasons: readonly VerdictReason[]): Verdict {
  if (requiredReasons.some(({ state }) => state === 'fail')) return 'not-compliant'
  return requiredReasons.length > 0 ? 'unknown' : 'compliant'
}

function tierReasons(tier: Tier, { minimumTier }: Policy): readonly VerdictReason[] {
  return minimumTier === undefined || tierAtLeast(tier, minimumTier)
    ? []
    : [{ check: 'tier', state: 'fail', reason: `the tier is ${tier}, at least ${minimumTier} is required` }]
}

function neverAttested(): VerdictReason {
  return { check: 'attestation', state: 'unknown', reason: 'the device has not attested yet' }
}

/** One reason for each advisory or each other check that did not pass. Of several findings of one check the worst counts. */
function checkReasons(
  findings: readonly CurrentFinding[],
  policy: Policy,
  { advisory }: { readonly advisory: boolean },
): readonly VerdictReason[] {
  return Object.entries(policy.checks)
    .filter(([, weight]) => (weight === 'advisory') === advisory) // an unknown weight counts as required
    .flatMap(([check, weight]) => {
      const own = findings.filter((finding) => nameOf(finding) === check)
      const reasons = own.map((finding) => reasonOf(check, finding, weight))
      if (reasons.length === 0) {
        // Advisory checks may be missing, others may not.
        return advisory ? [] : [{ check, state: 'unknown' as const, reason: 'not reported by the device' }]
      }
      const worst = reasons.find((reason) => reason?.state === 'fail') ?? reasons.find((reason) => reason !== undefined)
      if (worst === undefined) return []
      return [advisory ? { ...worst, advisory: true } : worst]
    })
}

/** Undefined if the finding cannot be read. Its check is then missing, which counts as unknown. */
function nameOf(finding: CurrentFinding): string | undefined {
  try {
    return finding.check
  } catch {
    return undefined
  }
}

/**
 * Undefined for a pass, and for a check that does not apply where the policy allows that. Every other state, and a finding that
 * cannot be read, is unknown.
 */
function reasonOf(check: string, finding: CurrentFinding, weight: Weight): VerdictReason | undefined {
  try {
    if (finding.state === 'pass') return undefined
    if (finding.state === 'not-applicable') {
      if (weight === 'required' || weight === 'advisory') return undefined
      const reason = `the policy requires it on every system, and here it does not apply: ${explanationOf(finding)}`
      return { check, state: 'fail', reason }
    }
    const since = finding.since === undefined ? {} : { since: finding.since }
    return { check, state: finding.state === 'fail' ? 'fail' : 'unknown', reason: explanationOf(finding), ...since }
  } catch {
    return { check, state: 'unknown', reason: 'the finding could not be appraised' }
  }
}

function bounded(reason: VerdictReason): VerdictReason {
  const text = typeof reason.reason === 'string' && reason.reason !== '' ? reason.reason : 'no reason was given'
  return { ...reason, reason: text.slice(0, MAX_REASON_LENGTH) }
}
