import { ownUserId, systemOwners } from '../system/files/this-system.ts'
import { type ConfigOrigin, loadLayers } from './layers.ts'
import type { ManagedPlace } from './managed-sources.ts'
import type { Settings, Values } from './settings.ts'

/** Where a program looks for its settings. */
export interface ConfigLocations {
  readonly prefix: string
  /** Variables with the prefix that are no settings. */
  readonly otherVariables?: readonly string[]
  readonly file: string
  readonly policyFolder: string
  /** Asked when the settings are loaded. */
  readonly managed?: () => ManagedPlace | undefined
}

export interface ConfigInit {
  /** Text by key, from `parseFlags`. */
  readonly flags?: Readonly<Record<string, string>>
  /** From `--config`. The file must exist. */
  readonly file?: string | undefined
  /** For tests. Default: the environment of the process, the managed places of the program, and root. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly policyFolder?: string
  readonly managed?: ManagedPlace
  readonly policyOwners?: readonly string[]
}

export interface LoadedConfig<S extends Settings> {
  readonly config: Values<S>
  readonly entries: readonly ConfigOrigin[]
}

/** @throws `CONFIG_INVALID` with the origin, the key and what is expected. */
export function loadProgramConfig<const S extends Settings>(
  settings: S,
  locations: ConfigLocations,
  init: ConfigInit,
): LoadedConfig<S> {
  const { values, entries } = loadLayers(settings, {
    prefix: locations.prefix,
    otherVariables: locations.otherVariables ?? [],
    environment: init.environment ?? process.env,
    flags: init.flags ?? {},
    file: { path: init.file ?? locations.file, required: init.file !== undefined },
    policyFolder: init.policyFolder ?? locations.policyFolder,
    managed: init.managed ?? locations.managed?.(),
    owners: [...systemOwners(), ownUserId()],
    ...(init.policyOwners === undefined ? {} : { policyOwners: init.policyOwners }),
  })
  return { config: values, entries }
}
