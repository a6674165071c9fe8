import type { Status } from '../protocol/messages/control.ts'
import { verdictOf } from '../view/verdict-now.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'

export function statusExitCode(status: Status, nowMs: number): ExitCode {
  if ((status.stops?.standing.length ?? 0) > 0) return EXIT.stopped
  if (status.enrolment !== 'enrolled') return EXIT.notEnrolled
  return verdictOf(status, nowMs) === 'compliant' ? EXIT.healthy : EXIT.notCompliant
}
