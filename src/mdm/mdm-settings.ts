import { SuretyError } from '../base/errors.ts'
import { daemonSettingsOn } from '../config/daemon.ts'
import { readSetting } from '../config/layers.ts'
import { kindOf } from '../config/managed-sources.ts'
import { DEFAULT_PATHS } from '../system/platform/default-paths.ts'
import type { PlatformName } from '../system/platform.ts'

/** The table of settings, as templates and schemas of device managements need it. */

export interface MdmSetting {
  readonly key: string
  readonly kind: ReturnType<typeof kindOf>
  /** One line. */
  readonly about: string
  readonly expected: string
  readonly choices: readonly string[]
  readonly range?: { readonly minimum: number; readonly maximum: number }
  readonly maxLength?: number
  /** As the daemon has it on that system; undefined without one. */
  readonly default: unknown
}

export type MdmValue = string | number | boolean | readonly string[]
/** By key. */
export type MdmValues = Readonly<Record<string, MdmValue>>

/** All settings that a management may set on a system. A secret is not one of them: every user can read these places. */
export function mdmSettings(system: PlatformName): readonly MdmSetting[] {
  return Object.entries(settingsOn(system)).flatMap(([key, one]) => {
    if (one.secret === true) return []
    const schema: SchemaMembers = one.schema
    const { minimum, maximum, maxLength } = schema
    return [
      {
        key,
        kind: kindOf(schema),
        about: one.about,
        expected: one.expected,
        default: one.default,
        choices: schema.enum ?? schema.items?.enum ?? [],
        ...(minimum === undefined || maximum === undefined ? {} : { range: { minimum, maximum } }),
        ...(maxLength === undefined ? {} : { maxLength }),
      },
    ]
  })
}

interface SchemaMembers {
  readonly enum?: readonly string[]
  readonly items?: { readonly enum?: readonly string[] }
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
}

/** A type without the literal types of each default. */
type SomeSetting = {
  readonly schema: SchemaMembers
  readonly about: string
  readonly expected: string
  readonly default: unknown
  readonly secret?: boolean
}

function settingsOn(system: PlatformName): Readonly<Record<string, SomeSetting>> {
  return daemonSettingsOn(DEFAULT_PATHS[system])
}

/** Nor can a line of a script. */
const NOT_IN_XML = /[\p{Cc}\p{Cs}\ufffe\uffff]/u

/**
 * The values of `KEY=VALUE` texts, as one system takes them.
 *
 * @throws `USAGE_INVALID` for a text without `=` or with control characters, or a key that is there twice; `CONFIG_INVALID` for a value that the system refuses.
 */
export function readAssignments(texts: readonly string[], system: PlatformName): MdmValues {
  const settings = daemonSettingsOn(DEFAULT_PATHS[system])
  const values: Record<string, MdmValue> = {}
  for (const text of texts) {
    const at = text.indexOf('=')
    const key = text.slice(0, at)
    if (at < 1) {
      throw new SuretyError('USAGE_INVALID', '--set needs KEY=VALUE, such as log.level=warn')
    }
    if (Object.hasOwn(values, key)) throw new SuretyError('USAGE_INVALID', `--set names ${key} twice`)
    if (NOT_IN_XML.test(text)) {
      throw new SuretyError(
        'USAGE_INVALID',
        `--set ${key}: must be without control characters, which a profile cannot hold`,
      )
    }
    const value = readSetting(settings, { key, text: text.slice(at + 1), place: `--set (${system})` })
    values[key] = value as MdmValue // the schema of each setting has one of these types
  }
  return values
}

/** The words before the first `;` of `about`, as a title. */
export function titleOf({ about, key }: Pick<MdmSetting, 'about' | 'key'>): string {
  const [first = ''] = about.split(';')
  return `${first.charAt(0).toUpperCase()}${first.slice(1)} (${key})`
}
