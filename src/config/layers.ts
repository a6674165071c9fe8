import { SuretyError } from '../base/errors.ts'
import { reader, type TSchema } from '../base/schema.ts'
import { ownRights, systemOwners } from '../system/files/this-system.ts'
import { type ConfigFile, readConfigFile, readPolicyFolder } from './config-file.ts'
import { flagName, type Setting, type Settings, type Values, variableName } from './settings.ts'

/** Loads the settings of a program: managed policy > flags > environment > file > defaults. Each value keeps its origin. */

/** Has the shape of `ConfigEntry` in `protocol/control.ts`. */
export interface ConfigOrigin {
  readonly key: string
  /** JSON, with bare strings. `(set)` for a secret, `(not set)` without a value. */
  readonly value: string
  readonly origin: 'managed' | 'flag' | 'environment' | 'file' | 'default'
  readonly place?: string
}

export interface LayersInit {
  /** The prefix of variables: `SURETYD_`. A variable with this prefix must name a setting. */
  readonly prefix: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Variables with the prefix that are no settings. */
  readonly otherVariables?: readonly string[]
  /** Text by key, from `parseFlags`. */
  readonly flags: Readonly<Record<string, string>>
  readonly file: { readonly path: string; readonly required: boolean }
  readonly policyFolder: string
  /** Ids of users who may own the file. `policyOwners` may own the policy folder; `systemOwners` if absent. */
  readonly owners: readonly string[]
  readonly policyOwners?: readonly string[]
}

export interface Loaded<S extends Settings> {
  readonly values: Values<S>
  readonly entries: readonly ConfigOrigin[]
}

interface Given {
  readonly value: unknown
  readonly origin: ConfigOrigin['origin']
  readonly place: string
}

/** @throws `CONFIG_INVALID` with the file, variable or flag, the key and what is expected. Never with a value. */
export function loadLayers<const S extends Settings>(settings: S, init: LayersInit): Loaded<S> {
  const given = new Map<string, Given>()
  const file = readConfigFile(init.file.path, { owners: init.owners })
  if (file === undefined && init.file.required) {
    throw new SuretyError('CONFIG_INVALID', `${init.file.path}: no such file`)
  }
  // Lowest first: each layer overwrites the one before.
  if (file !== undefined) addFile(settings, given, file, 'file')
  addEnvironment(settings, given, init)
  addFlags(settings, given, init)
  for (const policy of readPolicyFolder(init.policyFolder, { owners: init.policyOwners ?? systemOwners() })) {
    addFile(settings, given, policy, 'managed')
  }
  const keys = Object.keys(settings)
  return {
    values: Object.fromEntries(
      keys.map((key) => [key, given.has(key) ? given.get(key)?.value : settings[key]?.default]),
    ) as Values<S>, // the schema of each setting has read its value
    entries: keys.map((key) => entryOf(settings, key, given.get(key))),
  }
}

function addFile(settings: Settings, given: Map<string, Given>, file: ConfigFile, origin: 'file' | 'managed'): void {
  const walk = (value: unknown, prefix: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SuretyError('CONFIG_INVALID', `${file.path}: ${prefix || 'document'}: expected a JSON object`)
    }
    for (const [name, member] of Object.entries(value)) {
      const key = prefix === '' ? name : `${prefix}.${name}`
      const known = settingOf(settings, key)
      if (known !== undefined) {
        if (known.secret === true && file.readableByOthers) {
          throw new SuretyError(
            'CONFIG_INVALID',
            `${file.path}: holds the secret ${key} and is readable by other users. Run: ${ownRights().remedy(file.path, 'all', file.path)}`,
          )
        }
        given.set(key, { value: check(known, key, member, file.path), origin, place: file.path })
      } else if (Object.keys(settings).some((one) => one.startsWith(`${key}.`))) walk(member, key)
      else throw unknown(settings, file.path, key)
    }
  }
  walk(file.content, '')
}

function addEnvironment(settings: Settings, given: Map<string, Given>, init: LayersInit): void {
  const keys = new Map(Object.keys(settings).map((key) => [variableName(init.prefix, key), key]))
  for (const [name, text] of Object.entries(init.environment)) {
    if (text === undefined || !name.startsWith(init.prefix) || init.otherVariables?.includes(name)) continue
    const key = keys.get(name)
    const known = key === undefined ? undefined : settingOf(settings, key)
    if (key === undefined || known === undefined) {
      throw new SuretyError('CONFIG_INVALID', `environment: ${name} is not a setting`)
    }
    const value = check(known, key, fromText(known.schema, text), `environment variable ${name}`)
    given.set(key, { value, origin: 'environment', place: name })
  }
}

function addFlags(settings: Settings, given: Map<string, Given>, init: LayersInit): void {
  for (const [key, text] of Object.entries(init.flags)) {
    const known = settingOf(settings, key)
    if (known === undefined) throw unknown(settings, 'command line', key)
    if (known.secret === true) {
      throw new SuretyError(
        'CONFIG_INVALID',
        `command line: ${key} is a secret, and other users can read a command line`,
      )
    }
    const place = flagName(key)
    given.set(key, { value: check(known, key, fromText(known.schema, text), place), origin: 'flag', place })
  }
}

function settingOf(settings: Settings, key: string): Setting | undefined {
  return Object.hasOwn(settings, key) ? settings[key] : undefined
}

function check(known: Setting, key: string, value: unknown, place: string): unknown {
  try {
    return reader(known.schema, { name: key, code: 'CONFIG_INVALID' }).read(value)
  } catch {
    // Without the cause, whose words are those of the schema: a pattern says less than what is expected.
    throw new SuretyError('CONFIG_INVALID', `${place}: ${key}: expected ${known.expected}`)
  }
}

/** Converts the text of a variable or flag to the type of its schema. Text that does not fit stays, and is refused later. */
function fromText(schema: TSchema, text: string): unknown {
  const type = 'type' in schema ? schema.type : undefined
  if (type === 'integer' || type === 'number') return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (type === 'array') return text === '' ? [] : text.split(',').map((item) => item.trim())
  return text
}

function unknown(settings: Settings, place: string, key: string): SuretyError {
  const shown = JSON.stringify(key.slice(0, 128))
  const near = Object.keys(settings).find((one) => one.toLowerCase() === key.toLowerCase())
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return new SuretyError('CONFIG_INVALID', `${place}: ${shown} is not a setting${hint}`)
}

function entryOf(settings: Settings, key: string, given: Given | undefined): ConfigOrigin {
  const value = given === undefined ? settings[key]?.default : given.value
  const shown = settings[key]?.secret === true && value !== undefined ? '(set)' : show(value)
  if (given === undefined) return { key, value: shown, origin: 'default' }
  return { key, value: shown, origin: given.origin, place: given.place }
}

function show(value: unknown): string {
  if (value === undefined) return '(not set)'
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 4096)
}
