import { isStale, type Verdict } from '../protocol/attestation-result.ts'
import type { Status } from '../protocol/control.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

/** What to read the directory's times by: its own clock where the daemon knows it, for ours may be off. */
export function directoryTime({ directory }: Status, nowMs: number): number {
  return directory.time ?? nowMs
}

/** The verdict as it stands now: silence never looks like health. */
export function verdictOf(status: Status, nowMs: number): Verdict {
  const { result } = status
  if (result === undefined) return 'unknown'
  return isStale(result, directoryTime(status, nowMs)) ? 'stale' : result.verdict
}

export function statusExitCode(status: Status, nowMs: number): ExitCode {
  if (status.enrolment !== 'enrolled') return EXIT.notEnrolled
  return verdictOf(status, nowMs) === 'compliant' ? EXIT.healthy : EXIT.notCompliant
}
