import { geteuid } from 'node:process'
import { type ConfigOrigin, loadLayers } from './layers.ts'
import type { Settings, Values } from './settings.ts'

/** Where one program looks for what it is told. */
export interface ProgramPlaces {
  readonly prefix: string
  readonly file: string
  readonly policyFolder: string
}

export interface ConfigInit {
  /** Text by key, from `parseFlags`. */
  readonly flags?: Readonly<Record<string, string>>
  /** `--config`: must then exist. */
  readonly file?: string | undefined
  /** For tests; else the process's own, the program's own folder, and root with ourselves. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly policyFolder?: string
  readonly policyOwners?: readonly number[]
}

export interface LoadedConfig<S extends Settings> {
  readonly config: Values<S>
  readonly entries: readonly ConfigOrigin[]
}

/** @throws `CONFIG_INVALID`, naming the place, the key and what is expected. */
export function loadProgramConfig<const S extends Settings>(
  settings: S,
  places: ProgramPlaces,
  init: ConfigInit,
): LoadedConfig<S> {
  const { values, entries } = loadLayers(settings, {
    prefix: places.prefix,
    environment: init.environment ?? process.env,
    flags: init.flags ?? {},
    file: { path: init.file ?? places.file, required: init.file !== undefined },
    policyFolder: init.policyFolder ?? places.policyFolder,
    owners: [0, geteuid?.() ?? 0],
    ...(init.policyOwners === undefined ? {} : { policyOwners: init.policyOwners }),
  })
  return { config: values, entries }
}
