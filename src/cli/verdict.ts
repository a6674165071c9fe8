import type { Verdict } from '../protocol/attestation-result.ts'
import type { Status } from '../protocol/control.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** The verdict as it stands at `nowMs`: silence never looks like health. */
export function verdictOf({ result }: Status, nowMs: number): Verdict {
  if (result === undefined) return 'unknown'
  return nowMs > result.validUntil ? 'stale' : result.verdict
}

export function statusExitCode(status: Status, nowMs: number): ExitCode {
  if (status.enrolment !== 'enrolled') return EXIT.notEnrolled
  return verdictOf(status, nowMs) === 'compliant' ? EXIT.healthy : EXIT.notCompliant
}
