import { type DaemonConfigInit, daemonSettings, loadDaemonConfig } from './daemon.ts'

/** What `surety` takes from its surroundings. */
export interface CliEnvironment {
  /** The daemon's socket: `SURETY_SOCKET`, else the daemon's own setting where we may read it, else the default. */
  readonly socket: string
  /** `NO_COLOR` (no-color.org): any value but the empty one. */
  readonly noColor: boolean
  /** `TERM=dumb`. */
  readonly dumbTerminal: boolean
}

export function readCliEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  daemon: DaemonConfigInit = {},
): CliEnvironment {
  return {
    socket: environment.SURETY_SOCKET || socketOfDaemon(daemon),
    noColor: (environment.NO_COLOR ?? '') !== '',
    dumbTerminal: environment.TERM === 'dumb',
  }
}

/** The daemon's files may be closed to the caller, or wrong: then its default is the best guess. */
function socketOfDaemon(init: DaemonConfigInit): string {
  try {
    return loadDaemonConfig({ environment: {}, ...init }).config.socket
  } catch {
    return daemonSettings.socket.default
  }
}
