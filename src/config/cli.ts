import { isAbsolute, join } from 'node:path'
import { coloursWanted } from './colours.ts'
import { daemonSettings, loadDaemonConfig } from './daemon.ts'
import type { ConfigInit } from './program-config.ts'

/** What `surety` takes from the environment. */
export interface CliEnvironment {
  /** `SURETY_SOCKET`, or the daemon's setting if we may read it, or the default. */
  readonly socket: string
  /** Whether to use colours on a terminal. */
  readonly coloursWanted: boolean
  readonly locale: string | undefined
  /** `XDG_CURRENT_DESKTOP`. */
  readonly desktop: string | undefined
  /** `$XDG_STATE_HOME/surety/notices`, or below `~/.local/state`. Undefined without a home. */
  readonly noticesFile: string | undefined
  /** What a program needs to reach the session of this user. */
  readonly session: Readonly<Record<string, string>>
}

const SESSION_VARIABLES = ['HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'XDG_CONFIG_HOME'] as const

export function readCliEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  daemon: ConfigInit = {},
): CliEnvironment {
  return {
    socket: environment.SURETY_SOCKET || socketOfDaemon(daemon),
    coloursWanted: coloursWanted(environment),
    // Windows has none of these variables.
    locale:
      environment.LC_ALL ||
      environment.LC_MESSAGES ||
      environment.LANG ||
      Intl.DateTimeFormat().resolvedOptions().locale,
    desktop: environment.XDG_CURRENT_DESKTOP,
    noticesFile: noticesFile(environment),
    session: Object.fromEntries(
      SESSION_VARIABLES.flatMap((name) => {
        const value = environment[name]
        return value === undefined ? [] : [[name, value]]
      }),
    ),
  }
}

/** The specification of XDG has relative paths ignored. */
function noticesFile({ XDG_STATE_HOME, HOME }: Readonly<Record<string, string | undefined>>): string | undefined {
  const state = [XDG_STATE_HOME ?? '', join(HOME ?? '', '.local/state')].find((path) => isAbsolute(path))
  return state === undefined ? undefined : join(state, 'surety/notices')
}

/** The caller may be unable to read the daemon's files, or they may be invalid. The default is then the best guess. */
function socketOfDaemon(init: ConfigInit): string {
  try {
    return loadDaemonConfig({ environment: {}, ...init }).config.socket
  } catch {
    return daemonSettings.socket.default
  }
}
