import { coloursWanted } from './colours.ts'
import { daemonSettings, loadDaemonConfig } from './daemon.ts'
import type { ConfigInit } from './program-config.ts'

/** What `surety` takes from the environment. */
export interface CliEnvironment {
  /** `SURETY_SOCKET`, or the daemon's setting if we may read it, or the default. */
  readonly socket: string
  /** Whether to use colours on a terminal. */
  readonly coloursWanted: boolean
}

export function readCliEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  daemon: ConfigInit = {},
): CliEnvironment {
  return { socket: environment.SURETY_SOCKET || socketOfDaemon(daemon), coloursWanted: coloursWanted(environment) }
}

/** The caller may be unable to read the daemon's files, or they may be invalid. The default is then the best guess. */
function socketOfDaemon(init: ConfigInit): string {
  try {
    return loadDaemonConfig({ environment: {}, ...init }).config.socket
  } catch {
    return daemonSettings.socket.default
  }
}
