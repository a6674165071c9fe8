import type { Verdict } from '../../protocol/messages/attestation-result.ts'
import { findingsAt, type PastFinding } from '../appraisal/past-findings.ts'
import { nextChange, type ResultInput, resultOf } from '../appraisal/result.ts'

/** What one policy made of one device during a time. */
export interface DevicePast {
  readonly alwaysCompliant: boolean
  readonly changes: number
  readonly notCompliantMs: number
}

/** A device whose checks change more often is followed only so far: each step costs an appraisal. */
const MAX_STEPS = 2_000

/**
 * Appraises a device at each time at which its verdict can have changed: when a check changed, a grace ended, an exemption ended.
 * Whether it attested then is not kept: it counts as attested if it is now, and never as stale. Pure.
 *
 * @param from milliseconds since 1970; until `input.now`.
 */
export function replay(input: ResultInput, past: readonly PastFinding[], from: number): DevicePast {
  const ends = [...new Set(past.map(({ endedAt }) => endedAt))]
    .filter((at) => at > from && at < input.now)
    .sort((a, b) => a - b)
  let before: Verdict | undefined
  let changes = 0
  let notCompliantMs = 0
  let alwaysCompliant = true
  for (let at = from, step = 0; at < input.now && step < MAX_STEPS; step++) {
    const findings = findingsAt(input.findings, past, at)
    const { verdict, reasons } = resultOf({
      ...input,
      findings,
      now: at,
      attestedAt: input.attestedAt && at,
      findingsAt: at,
    })
    const nextFinding = ends.find((end) => end > at) ?? input.now
    const until = Math.min(nextFinding, Math.max(nextChange(reasons) ?? input.now, at + 1), input.now)
    if (before !== undefined && before !== verdict) changes++
    if (verdict !== 'compliant') {
      alwaysCompliant = false
      notCompliantMs += until - at
    }
    before = verdict
    at = until
  }
  return { alwaysCompliant, changes, notCompliantMs }
}
