import { homedir } from 'node:os'
import { join } from 'node:path'
import { CLIENT_VARIABLES } from './directory.ts'

/** Where the commands of `surety-directory` find a directory: variables, and the file of contexts. */

const CONTEXT_VARIABLE = 'SURETY_CONTEXT'

export interface ClientEnvironment {
  /** `$XDG_CONFIG_HOME/surety/contexts.yaml`, or below `~/.config`. */
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
  const base = given('XDG_CONFIG_HOME')?.startsWith('/') ? given('XDG_CONFIG_HOME') : undefined
  return {
    contextsFile: join(base ?? join(given('HOME') ?? homedir(), '.config'), 'surety', 'contexts.yaml'),
    context: given(CONTEXT_VARIABLE),
    url: given(CLIENT_VARIABLES.url),
    token: given(CLIENT_VARIABLES.token),
    ca: given(CLIENT_VARIABLES.ca),
    profile: given(CLIENT_VARIABLES.profile),
  }
}
