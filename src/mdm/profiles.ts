import { createHash } from 'node:crypto'
import { MAC } from './installed-names.ts'
import { type MdmSetting, type MdmValues, mdmSettings, titleOf } from './mdm-settings.ts'
import { type ListValue, writePropertyList } from './property-list.ts'

/** Configuration profiles for macOS. Payloads and members are those of Apple's Device Management. */

export interface ProfileInit {
  /** Of the signature of the package: ten characters. */
  readonly team: string
  readonly organisation: string
}

/** Full disk access for the daemon, its start without a switch for users, and its notices. */
export function permissionsProfile({ team, organisation }: ProfileInit): string {
  const access = {
    Identifier: MAC.program,
    IdentifierType: 'path',
    Allowed: true,
    CodeRequirement: `identifier "${MAC.codeIdentifier}" and anchor apple generic and certificate leaf[subject.OU] = "${team}"`,
    Comment: 'Reads the settings of agents in the homes of users, with the rights of each user.',
  }
  const start = {
    RuleType: 'LabelPrefix',
    RuleValue: MAC.labelPrefix,
    TeamIdentifier: team,
    Comment: 'suretyd and its menu',
  }
  const notices = {
    BundleIdentifier: MAC.tray,
    NotificationsEnabled: true,
    ShowInNotificationCenter: true,
    AlertType: 1,
    BadgesEnabled: false,
    SoundsEnabled: false,
    ShowInLockScreen: false,
  }
  return profile('permissions', organisation, 'Surety: permissions', [
    [
      'com.apple.TCC.configuration-profile-policy',
      'Full disk access',
      { Services: { SystemPolicyAllFiles: [access] } },
    ],
    ['com.apple.servicemanagement', 'Start', { Rules: [start] }],
    ['com.apple.notificationsettings', 'Notices', { NotificationSettings: [notices] }],
  ])
}

/** Settings of the daemon as managed preferences. */
export function settingsProfile(values: MdmValues, { organisation }: Pick<ProfileInit, 'organisation'>): string {
  const forced = { Forced: [{ mcx_preference_settings: values }] }
  return profile('settings', organisation, 'Surety: settings', [
    ['com.apple.ManagedClient.preferences', 'Settings', { PayloadContent: { [MAC.domain]: forced } }],
  ])
}

type Payload = readonly [type: string, title: string, members: Readonly<Record<string, ListValue>>]

function profile(name: string, organisation: string, title: string, payloads: readonly Payload[]): string {
  const identifier = `${MAC.domain}.${name}`
  const head = (of: string, display: string) => ({
    PayloadIdentifier: of,
    PayloadUUID: uuidOf(`${organisation} ${of}`),
    PayloadVersion: 1,
    PayloadDisplayName: display,
    PayloadOrganization: organisation,
  })
  return writePropertyList({
    PayloadType: 'Configuration',
    ...head(identifier, title),
    PayloadScope: 'System',
    PayloadRemovalDisallowed: true,
    PayloadContent: payloads.map(([type, display, members]) => ({
      PayloadType: type,
      ...head(`${identifier}.${type}`, display),
      ...members,
    })),
  })
}

/** The same for the same names, so that a profile that is made again replaces the old one. Version 8 of RFC 9562. */
function uuidOf(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex')
  const variant = ((Number.parseInt(hash.charAt(16), 16) & 3) | 8).toString(16)
  const groups = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, `${variant}${hash.slice(17, 20)}`]
  return [...groups, hash.slice(20, 32)].join('-').toUpperCase()
}

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
