import type { ErrorCode } from '../../base/errors.ts'
import type { Status } from '../../protocol/messages/control.ts'
import { verdictOf } from '../../view/verdict-now.ts'
import { withRights } from './administrator-words.ts'
import type { CliInit } from './cli-components.ts'

/** Scripts branch on these codes, so their meaning never changes. */
export const EXIT = {
  healthy: 0,
  error: 1,
  usage: 2,
  notEnrolled: 3,
  /** Also for an unknown or stale verdict. */
  notCompliant: 4,
  /** A stop is in force on this device. */
  stopped: 5,
  daemonUnreachable: 6,
  /** `surety verify`: something in the file does not verify. */
  notVerified: 7,
  /** `surety enrolment`: an administrator has to decide. */
  pending: 8,
  /** `surety enrolment`: no outcome yet. The daemon retries automatically. */
  trying: 9,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export function exitCodeOf(code: ErrorCode | undefined): ExitCode {
  if (isAway(code)) return EXIT.daemonUnreachable
  return EXIT.error
}

/** Whether the daemon gave no answer, but may later. */
export function isAway(code: ErrorCode | undefined): boolean {
  return code !== undefined && AWAY.includes(code)
}

const AWAY: readonly ErrorCode[] = ['DAEMON_UNREACHABLE', 'DAEMON_SILENT', 'SESSION_LIMIT', 'SESSION_TIMEOUT']

function startOn(platform: CliInit['platform']): string {
  if (platform === 'windows') return 'Start the service Surety.'
  if (platform === 'darwin') return 'Start it with: sudo launchctl kickstart system/org.surety.suretyd.'
  return 'Start it with: sudo systemctl start suretyd.'
}

const LOG_OF_DAEMON = {
  linux: 'journalctl -u suretyd',
  darwin: '/Library/Logs/Surety',
  windows: 'C:\\ProgramData\\Surety\\logs',
} as const satisfies Readonly<Record<NonNullable<CliInit['platform']>, string>>

const NAMES_WHO_DECIDES = /\bask an administrator\b/

/** What to do about an error. */
export function adviceFor(
  { code, message }: { readonly code: ErrorCode | undefined; readonly message: string },
  platform: CliInit['platform'],
): string | undefined {
  switch (code) {
    case 'DAEMON_UNREACHABLE':
      return `${startOn(platform)} Why it ended: ${LOG_OF_DAEMON[platform ?? 'linux']}. If it listens elsewhere, give --socket PATH.`
    case 'DAEMON_SILENT':
      return platform === 'windows'
        ? 'suretyd is suspended or stuck, and does not report. Restart the service Surety.'
        : 'suretyd is stopped, frozen or stuck, and does not report. Resume it with kill -CONT PID, or restart it.'
    case 'NOT_PERMITTED':
      // Where others decide, root cannot either.
      if (NAMES_WHO_DECIDES.test(message)) return undefined
      return `Run the command ${withRights(platform)}. Other users can see the status and the lists if suretyd has its native addon.`
    default:
      return undefined
  }
}

export function statusExitCode(status: Status, nowMs: number): ExitCode {
  if ((status.stops?.standing.length ?? 0) > 0) return EXIT.stopped
  if (status.enrolment !== 'enrolled') return EXIT.notEnrolled
  return verdictOf(status, nowMs) === 'compliant' ? EXIT.healthy : EXIT.notCompliant
}
