import { MAC } from './installed-names.ts'
import { type MdmSetting, mdmSettings, titleOf } from './mdm-settings.ts'

/** The custom schema with which Jamf Pro shows a form for the preferences: JSON Schema of draft 4 with the members that Jamf knows. */
export function jamfSchema(): string {
  const properties = Object.fromEntries(
    mdmSettings('darwin').map((setting, at) => [setting.key, { ...property(setting), property_order: at + 1 }]),
  )
  const schema = {
    title: `Surety (${MAC.domain})`,
    description: 'Settings of suretyd. A user or a file of the Mac cannot change what is set here.',
    type: 'object',
    properties,
  }
  return `${JSON.stringify(schema, undefined, 2)}\n`
}

function property(setting: MdmSetting): Readonly<Record<string, unknown>> {
  const { kind, choices, range, maxLength, about, expected } = setting
  const shared = { title: titleOf(setting), description: `${about}. Expected: ${expected}.` }
  if (kind === 'switch') return { ...shared, type: 'boolean' }
  if (kind === 'number') return { ...shared, type: 'integer', ...range }
  if (kind === 'list') return { ...shared, type: 'array', items: { type: 'string', ...choicesOf(choices) } }
  return { ...shared, type: 'string', ...choicesOf(choices), ...(maxLength === undefined ? {} : { maxLength }) }
}

function choicesOf(choices: readonly string[]): object {
  return choices.length === 0 ? {} : { enum: choices }
}
