import { SuretyError } from '../base/errors.ts'
import { reader, type TSchema } from '../base/schema.ts'
import { similarWords } from '../base/text/similar-words.ts'
import { ownRights, systemOwners } from '../system/files/this-system.ts'
import { type ConfigFile, readConfigFile, readPolicyFolder } from './config-file.ts'
import { type ManagedPlace, readManagedPreferences, readManagedRegistry } from './managed-sources.ts'
import { flagName, type Setting, type Settings, type Values, variableName } from './settings.ts'

/**
 * Loads the settings of a program: managed policy > flags > environment > file > defaults. Of the managed policy, what a device
 * management set in the registry or as preferences wins over the policy folder. Each value keeps its origin.
 */

const MOST_OVERRIDES = 8

/** Has the shape of `ConfigEntry` in `protocol/control.ts`. */
export interface ConfigOrigin {
  readonly key: string
  /** JSON, with bare strings. `(set)` for a secret, `(not set)` without a value. */
  readonly value: string
  readonly origin: 'managed' | 'flag' | 'environment' | 'file' | 'default'
  readonly place?: string
  /** Other places that set it too, the next best first. */
  readonly overrides?: Overridden[]
}

/** A place that set the same, and lost. */
type Overridden = Pick<ConfigOrigin, 'origin'> & { readonly place: string }

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
  readonly managed?: ManagedPlace | undefined
  /** Ids of users who may own the file. `policyOwners` may own the policy folder and managed preferences; `systemOwners` if absent. */
  readonly owners: readonly string[]
  readonly policyOwners?: readonly string[]
}

export interface Loaded<S extends Settings> {
  readonly values: Values<S>
  readonly entries: readonly ConfigOrigin[]
}

interface Given extends Overridden {
  readonly value: unknown
}

/** By key, the best value first. */
type AllGiven = Map<string, readonly Given[]>

function give(all: AllGiven, key: string, given: Given): void {
  all.set(key, [given, ...(all.get(key) ?? [])])
}

/** @throws `CONFIG_INVALID` with the file, variable or flag, the key and what is expected. Never with a value. */
export function loadLayers<const S extends Settings>(settings: S, init: LayersInit): Loaded<S> {
  const given: AllGiven = new Map()
  const file = readConfigFile(init.file.path, { owners: init.owners })
  if (file === undefined && init.file.required) {
    throw new SuretyError('CONFIG_INVALID', `${init.file.path}: no such file`)
  }
  // Lowest first: each layer wins over the one before.
  if (file !== undefined) addFile(settings, given, file, 'file')
  addEnvironment(settings, given, init)
  addFlags(settings, given, init)
  const owners = init.policyOwners ?? systemOwners()
  for (const policy of readPolicyFolder(init.policyFolder, { owners })) addFile(settings, given, policy, 'managed')
  if (init.managed !== undefined) addManaged(settings, given, init.managed, owners)
  const keys = Object.keys(settings)
  return {
    values: Object.fromEntries(
      keys.map((key) => [key, given.has(key) ? given.get(key)?.[0]?.value : settings[key]?.default]),
    ) as Values<S>, // the schema of each setting has read its value
    entries: keys.map((key) => entryOf(settings, key, given.get(key) ?? [])),
  }
}

function addFile(settings: Settings, given: AllGiven, file: ConfigFile, origin: 'file' | 'managed'): void {
  const found = new Set<string>()
  const walk = (value: unknown, prefix: string): void => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new SuretyError('CONFIG_INVALID', `${file.path}: ${prefix || 'document'}: expected a group of settings`)
    }
    for (const [name, member] of Object.entries(value)) {
      const key = prefix === '' ? name : `${prefix}.${name}`
      const known = settingOf(settings, key)
      if (known !== undefined) {
        // In a group, and with a dot: which one was meant?
        if (found.has(key)) throw new SuretyError('CONFIG_INVALID', `${file.path}: ${key} is there twice`)
        found.add(key)
        if (known.secret === true && file.readableByOthers) {
          throw new SuretyError(
            'CONFIG_INVALID',
            `${file.path}: holds the secret ${key} and is readable by other users. Run: ${ownRights().remedy(file.path, 'all', file.path)}`,
          )
        }
        give(given, key, { value: check(known, key, member, file.path), origin, place: file.path })
      } else if (Object.keys(settings).some((one) => one.startsWith(`${key}.`))) walk(member, key)
      else throw unknown(settings, file.path, key)
    }
  }
  walk(file.content, '')
}

function addManaged(settings: Settings, given: AllGiven, managed: ManagedPlace, owners: readonly string[]): void {
  if ('preferences' in managed) {
    const file = readManagedPreferences(managed.preferences, { owners })
    if (file !== undefined) addFile(settings, given, file, 'managed')
    return
  }
  for (const one of readManagedRegistry(managed.registry, managed.key)) {
    const { key, place } = one
    const known = settingOf(settings, key)
    if (known === undefined) throw unknown(settings, managed.key, key)
    if (known.secret === true) {
      throw new SuretyError('CONFIG_INVALID', `${place}: a secret, and other users can read the registry`)
    }
    const value = check(known, key, one.valueFor(known.schema), managed.key, one.wrongType(known.schema))
    give(given, key, { value, origin: 'managed', place })
  }
}

function addEnvironment(settings: Settings, given: AllGiven, init: LayersInit): void {
  const keys = new Map(Object.keys(settings).map((key) => [variableName(init.prefix, key), key]))
  for (const [name, text] of Object.entries(init.environment)) {
    if (text === undefined || !name.startsWith(init.prefix) || init.otherVariables?.includes(name)) continue
    const key = keys.get(name)
    const known = key === undefined ? undefined : settingOf(settings, key)
    if (key === undefined || known === undefined) {
      throw new SuretyError('CONFIG_INVALID', `environment: ${name} is not a setting${nearest(name, [...keys.keys()])}`)
    }
    const value = check(known, key, fromText(known.schema, text), `environment variable ${name}`)
    give(given, key, { value, origin: 'environment', place: name })
  }
}

function addFlags(settings: Settings, given: AllGiven, init: LayersInit): void {
  for (const [key, text] of Object.entries(init.flags)) {
    const place = flagName(key)
    give(given, key, { value: readSetting(settings, { key, text, place }), origin: 'flag', place })
  }
}

/**
 * The value that words of a command line give a setting.
 *
 * @throws `CONFIG_INVALID`, also for a secret.
 */
export function readSetting(settings: Settings, said: { key: string; text: string; place: string }): unknown {
  const { key, text, place } = said
  const known = settingOf(settings, key)
  if (known === undefined) throw unknown(settings, 'command line', key)
  if (known.secret === true) {
    throw new SuretyError('CONFIG_INVALID', `command line: ${key} is a secret, and other users can read a command line`)
  }
  return check(known, key, fromText(known.schema, text), place)
}

function settingOf(settings: Settings, key: string): Setting | undefined {
  return Object.hasOwn(settings, key) ? settings[key] : undefined
}

function check(known: Setting, key: string, value: unknown, place: string, types?: string): unknown {
  try {
    return reader(known.schema, { name: key, code: 'CONFIG_INVALID' }).read(value)
  } catch {
    // Without the cause, whose words are those of the schema: a pattern says less than what is expected.
    const type = types === undefined ? '' : `, ${types}`
    throw new SuretyError('CONFIG_INVALID', `${place}: ${key}: expected ${known.expected}${type}`)
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
  return new SuretyError('CONFIG_INVALID', `${place}: ${shown} is not a setting${nearest(key, Object.keys(settings))}`)
}

function nearest(word: string, words: readonly string[]): string {
  const similar = similarWords(word, words)
  return similar.length > 0 ? `; similar: ${similar.join(', ')}` : ''
}

function entryOf(settings: Settings, key: string, [given, ...others]: readonly Given[]): ConfigOrigin {
  const value = given === undefined ? settings[key]?.default : given.value
  const shown = settings[key]?.secret === true && value !== undefined ? '(set)' : show(value)
  if (given === undefined) return { key, value: shown, origin: 'default' }
  const overrides = others.slice(0, MOST_OVERRIDES).map(({ origin, place }) => ({ origin, place }))
  return {
    key,
    value: shown,
    origin: given.origin,
    place: given.place,
    ...(overrides.length === 0 ? {} : { overrides }),
  }
}

function show(value: unknown): string {
  if (value === undefined) return '(not set)'
  return (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 4096)
}
