import type { ErrorCode } from '../base/errors.ts'

/** Scripts branch on these: they never change their meaning. */
export const EXIT = {
  healthy: 0,
  error: 1,
  usage: 2,
  notEnrolled: 3,
  /** Also when the verdict is unknown or stale: what is not known to be good is not good. */
  notCompliant: 4,
  daemonUnreachable: 6,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export function exitCodeOf(code: ErrorCode | undefined): ExitCode {
  if (isAway(code)) return EXIT.daemonUnreachable
  return EXIT.error
}

/** The daemon did not answer, and may later. */
export function isAway(code: ErrorCode | undefined): boolean {
  return code !== undefined && AWAY.includes(code)
}

const AWAY: readonly ErrorCode[] = ['DAEMON_UNREACHABLE', 'DAEMON_SILENT', 'SESSION_LIMIT', 'SESSION_TIMEOUT']

/** What a person does next, where that is known. */
export function adviceFor(code: ErrorCode | undefined): string | undefined {
  switch (code) {
    case 'DAEMON_UNREACHABLE':
      return "Is suretyd running? --socket PATH names another daemon's socket; npm start prints its own"
    case 'DAEMON_SILENT':
      return 'It is stopped, frozen or stuck, and reports to nobody meanwhile: kill -CONT its pid, or end it and start it again'
    case 'NOT_PERMITTED':
      return 'Ask as root. With the native addon (npm run build:native) every user may ask for the status and for what is seen.'
    default:
      return undefined
  }
}
