import { parseArgs } from 'node:util'
import { SuretyError } from '../base/errors.ts'
import { similarWords } from '../base/text/similar-words.ts'
import { aboutSetting, flagName, type Setting, type Settings } from './settings.ts'

/** The parsed command line. */
export interface Flags {
  /** Text by the key of the setting. */
  readonly settings: Readonly<Record<string, string>>
  /** `--config`. */
  readonly file: string | undefined
  readonly help: boolean
  readonly version: boolean
}

const MAX_ARGUMENT = 8_192

/**
 * Reads flags such as `--log-level debug` or `--log-level=debug` for every setting that is no secret, and `--config`,
 * `--help`, `--version`. A list may be given in one flag, with commas, or in several.
 *
 * @throws `CONFIG_INVALID` for anything else.
 */
export function parseFlags(settings: Settings, argv: readonly string[]): Flags {
  const keys = new Map(
    Object.entries(settings).flatMap(([key, one]) => (one.secret === true ? [] : [[flagName(key).slice(2), key]])),
  )
  // No path is longer. Node splits an argument with thousands of short options in quadratic time.
  const long = argv.find((argument) => argument.length > MAX_ARGUMENT)
  if (long !== undefined) {
    throw new SuretyError(
      'CONFIG_INVALID',
      `command line: an argument has ${long.length} characters, at most ${MAX_ARGUMENT} are allowed`,
    )
  }
  let values: Readonly<Record<string, unknown>>
  try {
    const options = Object.fromEntries(
      [...keys].map(([name, key]) => [name, { type: 'string', multiple: isList(settings[key]) }] as const),
    )
    values = parseArgs({
      args: [...argv],
      options: { ...options, config: { type: 'string' }, help: { type: 'boolean' }, version: { type: 'boolean' } },
    }).values
  } catch (cause) {
    // The message holds what it says: as the cause it would be printed twice.
    throw new SuretyError('CONFIG_INVALID', `command line: ${faultIn(cause, [...keys.keys(), 'config'])}`)
  }
  const given: Record<string, string> = {}
  for (const [name, key] of keys) {
    const value = values[name]
    if (typeof value === 'string') given[key] = value
    else if (Array.isArray(value)) given[key] = value.map(String).reduce(joinedList)
  }
  const file = values.config
  return {
    settings: given,
    file: typeof file === 'string' ? file : undefined,
    help: values.help === true,
    version: values.version === true,
  }
}

/** Its flag may be given several times. */
export function isList(setting: Setting | undefined): boolean {
  return Object(setting?.schema).type === 'array'
}

/** The value of a flag that was given before with another value. */
export function joinedList(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`
}

/** What `parseArgs` says, in the words of all other messages. */
function faultIn(cause: unknown, names: readonly string[]): string {
  const reason = Error.isError(cause) ? cause.message.split('\n', 1)[0] : undefined
  const [, option] = /^Unknown option '(-[^']*)'/.exec(reason ?? '') ?? []
  if (option !== undefined) {
    const similar = similarWords(option.replace(/^-+/, ''), names).map((name) => `--${name}`)
    const near = similar.length === 0 ? '' : ` (similar: ${similar.join(', ')})`
    return `unknown option ${JSON.stringify(option.slice(0, 64))}${near}. The options are listed by --help`
  }
  const [, word] = /^Unexpected argument '([\s\S]*?)'\./.exec(reason ?? '') ?? []
  if (word !== undefined) return `no option takes the word ${JSON.stringify(word.slice(0, 64))}: leave it out`
  return reason ?? 'not understood'
}

/** One line per setting, for `--help`. */
export function describeFlags(settings: Settings): string {
  const lines = Object.entries(settings)
    .filter(([, one]) => one.secret !== true)
    .map(([key, one]) => `  ${`${flagName(key)} VALUE`.padEnd(32)}  ${aboutSetting(one)}`)
  return lines.join('\n')
}
