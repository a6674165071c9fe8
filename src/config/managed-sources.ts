import { SuretyError } from '../base/errors.ts'
import { dictionaryOf, parsePropertyList } from '../base/property-lists/property-list.ts'
import type { TSchema } from '../base/schema.ts'
import type { Registry, RegistryKey, RegistryValue } from '../system/facts/windows-facts.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'

/** What a device management sets where the system itself has a place for it: the registry of Windows, managed preferences of macOS. */

/** Undefined where the system has no such place. */
export type ManagedPlace =
  | { readonly registry: Pick<Registry, 'keys' | 'values'>; readonly key: RegistryKey }
  | { readonly preferences: string }

/** One setting, as its source has it. */
export interface ManagedValue {
  readonly key: string
  /** Of this value: the name of a value of the registry. */
  readonly place: string
  /** The value for a setting of this schema. What does not fit stays as it is, and is refused by the schema. */
  valueFor(schema: TSchema): unknown
  /** What to say of a value that was refused: the type that the setting needs here, and the one that was found. */
  wrongType(schema: TSchema): string
}

/** A profile puts these beside its settings. */
const OF_PROFILE = /^Payload[A-Z]/

/**
 * The managed preferences, in the shape of a configuration file. They are a property list that only root may write.
 *
 * @returns undefined when nothing is managed.
 * @throws `CONFIG_INVALID` with the path.
 */
export function readManagedPreferences(path: string, options: { owners: readonly string[] }): ConfigFile | undefined {
  return readConfigFile(path, { ...options, parse: parsePreferences })
}

function parsePreferences(bytes: Uint8Array): unknown {
  const dictionary = dictionaryOf(parsePropertyList(bytes))
  if (dictionary === undefined) throw new SuretyError('CONFIG_INVALID', 'expected a property list with a dictionary')
  return Object.fromEntries(Object.entries(dictionary).filter(([name]) => !OF_PROFILE.test(name)))
}

/**
 * The values of the policy key, each named by the key of its setting.
 *
 * @throws `CONFIG_INVALID` with the key: it cannot be read, or has keys below it, which no setting is in.
 */
export function readManagedRegistry(
  registry: Pick<Registry, 'keys' | 'values'>,
  key: RegistryKey,
): readonly ManagedValue[] {
  const [values, below] = asked(() => [registry.values(key), registry.keys(key)] as const)
  const [first] = below ?? []
  if (first !== undefined) {
    throw new SuretyError('CONFIG_INVALID', `${key}\\${first}: a key; settings are values of ${key}, such as log.level`)
  }
  return (values ?? []).map((value) => ({
    key: value.name,
    place: `${key}\\${value.name}`,
    valueFor: (schema) => fitted(value, schema),
    wrongType: (schema) => `as ${TYPES[kindOf(schema)].join(' or ')}, found ${value.type}`,
  }))
}

function asked<T>(ask: () => T): T {
  try {
    return ask()
  } catch (cause) {
    if (!(cause instanceof SuretyError)) throw cause
    throw new SuretyError('CONFIG_INVALID', cause.message, { cause })
  }
}

/** The types of the registry for each kind of setting. */
const TYPES = {
  text: ['REG_SZ'],
  number: ['REG_DWORD', 'REG_QWORD'],
  switch: ['REG_DWORD'],
  list: ['REG_MULTI_SZ'],
} as const

function fitted({ type, data }: RegistryValue, schema: TSchema): unknown {
  const kind = kindOf(schema)
  const types: readonly string[] = TYPES[kind]
  if (!types.includes(type)) return undefined
  // Windows has no type for it.
  return kind === 'switch' && (data === 0 || data === 1) ? data === 1 : data
}

/** What a value of a setting is, whatever bounds it. */
export function kindOf(schema: TSchema): keyof typeof TYPES {
  const type = 'type' in schema ? schema.type : undefined
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'boolean') return 'switch'
  return type === 'array' ? 'list' : 'text'
}
