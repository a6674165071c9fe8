import type { ErrorCode } from '../base/errors.ts'

/** Scripts branch on these: they never change their meaning. */
export const EXIT = { ok: 0, error: 1, usage: 2, unreachable: 6 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export function exitCodeOf(code: ErrorCode | undefined): ExitCode {
  if (code === 'CONFIG_INVALID') return EXIT.usage
  return code === 'DIRECTORY_UNREACHABLE' ? EXIT.unreachable : EXIT.error
}

/** What a person does next, where that is known. */
export function adviceFor(code: ErrorCode | undefined): string | undefined {
  switch (code) {
    case 'DIRECTORY_UNREACHABLE':
      return 'Is it running? On its server: systemctl status surety-directory. Without a package: surety-directory serve'
    case 'UNAUTHENTICATED':
      return (
        'Ask an administrator: surety-directory administrators rotate NAME. Only if no token is left: ' +
        'surety-directory administrator reset, which revokes all tokens'
      )
    case 'CLOCK_OFF':
      return 'The clock of this machine or that of the directory is wrong: set it.'
    case 'PIN_MISMATCH':
      return 'Take a fresh administrator.json from the data folder of the directory.'
    default:
      return undefined
  }
}
