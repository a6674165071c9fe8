import { type Static, type TSchema, Type, words } from '../base/schema.ts'
import type { DefaultPaths } from '../system/platform/default-paths.ts'
import { defaultPaths } from '../system/platform/this-platform.ts'

/** One setting. Its names in files, variables and flags follow from its key. */
export interface Setting<T = unknown> {
  readonly schema: TSchema
  /** `undefined` if the setting is optional. */
  readonly default: T
  /** For messages, such as `a whole number from 1 to 100`. */
  readonly expected: string
  /** One line for `--help` and the man page. */
  readonly about: string
  /** A secret is shown as `(set)`, and refused as a flag or in a file that other users can read. */
  readonly secret?: boolean
}

/** Settings by key. `log.level` is `{"log": {"level": …}}` in a file, `PREFIX_LOG_LEVEL` and `--log-level`. */
export type Settings = Readonly<Record<string, Setting>>
export type Values<S extends Settings> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never }

type Words = Omit<Setting, 'schema' | 'default'>

export function setting<S extends TSchema>(schema: S, value: Static<S>, words: Words): Setting<Static<S>> {
  return { schema, default: value, ...words }
}

/** A setting without a default. */
export function optionalSetting<S extends TSchema>(schema: S, words: Words): Setting<Static<S> | undefined> {
  return { schema, default: undefined, ...words }
}

export function pathSetting(value: string, about: string, paths = defaultPaths()): Setting<string> {
  return setting(absolutePath(paths), value, { expected: 'an absolute path', about })
}

export function optionalPathSetting(about: string, paths = defaultPaths()): Setting<string | undefined> {
  return optionalSetting(absolutePath(paths), { expected: 'an absolute path', about })
}

/** The local socket of the daemon. */
export function socketSetting(
  { socketPath, absolutePath: path, daemon }: DefaultPaths,
  about: string,
): Setting<string> {
  const expected = socketPath === path ? 'an absolute path' : 'the name of a pipe: \\\\.\\pipe\\NAME'
  return setting(Type.String({ pattern: socketPath, maxLength: 4096 }), daemon.socket, { expected, about })
}

function absolutePath({ absolutePath: pattern }: DefaultPaths) {
  return Type.String({ pattern, maxLength: 4096 })
}

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

/** For a help page: what it is, what it may be, and its default. */
export function aboutSetting({ about, expected, default: value }: Setting): string {
  const choice = /^(one of|a whole number|true or false)/.test(expected) ? `; ${expected}` : ''
  const isSaid = value === undefined || (Array.isArray(value) && value.length === 0) || value === ''
  return `${about}${choice}${isSaid ? '' : ` [${String(value)}]`}`
}

/** `log.maxBytes` becomes `LOG_MAX_BYTES` after the prefix. */
export function variableName(prefix: string, key: string): string {
  return prefix + kebab(key).replaceAll('-', '_').toUpperCase()
}

/** `log.maxBytes` becomes `--log-max-bytes`. */
export function flagName(key: string): string {
  return `--${kebab(key)}`
}

function kebab(key: string): string {
  return key.replaceAll('.', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
