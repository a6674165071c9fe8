import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { platformName } from '../system/platform/this-platform.ts'
import { CLIENT_VARIABLES } from './directory.ts'

/** Where the commands of `surety-directory` find a directory: variables, and the file of contexts. */

const CONTEXT_VARIABLE = 'SURETY_CONTEXT'

export interface ClientEnvironment {
  /** `$XDG_CONFIG_HOME/surety/contexts.yaml`, or below `~/.config`; on Windows below `%APPDATA%`. */
  readonly contextsFile: string
  /** `SURETY_CONTEXT`. */
  readonly context: string | undefined
  readonly url: string | undefined
  readonly token: string | undefined
  /** A PEM file. */
  readonly ca: string | undefined
  /** A file. */
  readonly profile: string | undefined
}

export function readClientEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ClientEnvironment {
  const given = (name: string) => environment[name] || undefined
  // The specification of XDG has relative paths ignored.
  const absolute = (name: string) => [given(name) ?? ''].find((path) => isAbsolute(path))
  const base = absolute('XDG_CONFIG_HOME') ?? (platformName() === 'windows' ? absolute('APPDATA') : undefined)
  return {
    contextsFile: join(base ?? join(given('HOME') ?? homedir(), '.config'), 'surety', 'contexts.yaml'),
    context: given(CONTEXT_VARIABLE),
    url: given(CLIENT_VARIABLES.url),
    token: given(CLIENT_VARIABLES.token),
    ca: given(CLIENT_VARIABLES.ca),
    profile: given(CLIENT_VARIABLES.profile),
  }
}
