import { coloursWanted } from './colours.ts'
import { daemonSettings, loadDaemonConfig } from './daemon.ts'
import type { ConfigInit } from './program-config.ts'

/** What `surety` takes from its surroundings. */
export interface CliEnvironment {
  /** The daemon's socket: `SURETY_SOCKET`, else the daemon's own setting where we may read it, else the default. */
  readonly socket: string
  /** Where there is a terminal. */
  readonly coloursWanted: boolean
}

export function readCliEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  daemon: ConfigInit = {},
): CliEnvironment {
  return { socket: environment.SURETY_SOCKET || socketOfDaemon(daemon), coloursWanted: coloursWanted(environment) }
}

/** The daemon's files may be closed to the caller, or wrong: then its default is the best guess. */
function socketOfDaemon(init: ConfigInit): string {
  try {
    return loadDaemonConfig({ environment: {}, ...init }).config.socket
  } catch {
    return daemonSettings.socket.default
  }
}
