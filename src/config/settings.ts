import { type Static, type TSchema, Type, words } from '../base/schema.ts'

/** One thing that can be configured. Its names in files, variables and flags follow from its key. */
export interface Setting<T = unknown> {
  readonly schema: TSchema
  /** `undefined` when the setting may be left out. */
  readonly default: T
  /** For messages: `a whole number of bytes, 4096 or more`. */
  readonly expected: string
  /** One line for `--help` and the documents. */
  readonly about: string
  /** Shown as `(set)`, never accepted as a flag (others can read a command line), refused in a file others can read. */
  readonly secret?: boolean
}

/** Settings by key: `log.level` is `{"log": {"level": …}}` in a file, `PREFIX_LOG_LEVEL` and `--log-level`. */
export type Settings = Readonly<Record<string, Setting>>
export type Values<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

type Words = Omit<Setting, 'schema' | 'default'>

export function setting<S extends TSchema>(schema: S, value: Static<S>, words: Words): Setting<Static<S>> {
  return { schema, default: value, ...words }
}

/** A setting that may be left out. */
export function optionalSetting<S extends TSchema>(schema: S, words: Words): Setting<Static<S> | undefined> {
  return { schema, default: undefined, ...words }
}

export function pathSetting(value: string, about: string): Setting<string> {
  return setting(absolutePath, value, { expected: 'an absolute path', about })
}

export function optionalPathSetting(about: string): Setting<string | undefined> {
  return optionalSetting(absolutePath, { expected: 'an absolute path', about })
}

const absolutePath = Type.String({ pattern: '^/[^\\u0000]*$', maxLength: 4096 })

export function choiceSetting<const W extends readonly string[]>(
  choices: W,
  value: W[number],
  about: string,
): Setting<W[number]> {
  return setting(words(...choices), value, { expected: `one of ${choices.join(', ')}`, about })
}

export function numberSetting(
  range: { minimum: number; maximum: number },
  value: number,
  about: string,
): Setting<number> {
  return setting(Type.Integer(range), value, {
    expected: `a whole number from ${range.minimum} to ${range.maximum}`,
    about,
  })
}

export function switchSetting(value: boolean, about: string): Setting<boolean> {
  return setting(Type.Boolean(), value, { expected: 'true or false', about })
}

/** `log.maxBytes` → `LOG_MAX_BYTES`, behind the program's prefix. */
export function variableName(prefix: string, key: string): string {
  return prefix + kebab(key).replaceAll('-', '_').toUpperCase()
}

/** `log.maxBytes` → `--log-max-bytes`. */
export function flagName(key: string): string {
  return `--${kebab(key)}`
}

function kebab(key: string): string {
  return key.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
