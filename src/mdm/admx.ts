import { WINDOWS } from './installed-names.ts'
import { type MdmSetting, mdmSettings, titleOf } from './mdm-settings.ts'
import { xmlText } from './property-list.ts'

/** Administrative templates of Windows: ADMX with the registry values of the settings, ADML with the words. */

const NAMESPACE = 'http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions'
/** A DWORD, which `decimal` is. */
const MOST = 0xffff_ffff
const ELEMENT = 'Value'

interface Template {
  readonly admx: string
  readonly adml: string
}

export function administrativeTemplate(): Template {
  const settings = mdmSettings('windows')
  const groups = [...new Set(settings.flatMap(({ key }) => groupOf(key) ?? []))]
  return { admx: admx(settings, groups), adml: adml(settings, groups) }
}

/** The part of a key before its first dot. */
function groupOf(key: string): string | undefined {
  return key.includes('.') ? key.slice(0, key.indexOf('.')) : undefined
}

const ACRONYMS: Readonly<Record<string, string>> = { pkcs11: 'PKCS#11', tpm: 'TPM' }

/** As the tree of an editor of policies shows it. */
function titleOfGroup(group: string): string {
  return ACRONYMS[group] ?? `${group.charAt(0).toUpperCase()}${group.slice(1)}`
}

/** Ids have letters, digits and underscores alone. */
function idOf(key: string): string {
  return key.replace(/[^A-Za-z0-9]/g, '_')
}

function admx(settings: readonly MdmSetting[], groups: readonly string[]): string {
  const categories = groups.flatMap((group) => [
    `    <category name="Group_${idOf(group)}" displayName="$(string.Group_${idOf(group)})">`,
    '      <parentCategory ref="Surety" />',
    '    </category>',
  ])
  return text([
    ...head('policyDefinitions'),
    '  <policyNamespaces>',
    '    <target prefix="surety" namespace="Surety.Policies.Suretyd" />',
    '  </policyNamespaces>',
    '  <resources minRequiredRevision="1.0" />',
    '  <supportedOn>',
    '    <definitions>',
    '      <definition name="Supported" displayName="$(string.Supported)" />',
    '    </definitions>',
    '  </supportedOn>',
    '  <categories>',
    '    <category name="Surety" displayName="$(string.Surety)" />',
    ...categories,
    '  </categories>',
    '  <policies>',
    ...settings.flatMap(policy),
    '  </policies>',
    '</policyDefinitions>',
  ])
}

function policy(setting: MdmSetting): readonly string[] {
  const { key, kind } = setting
  const id = idOf(key)
  const group = groupOf(key)
  const isSwitch = kind === 'switch'
  const attributes = [
    `name="${id}" class="Machine" displayName="$(string.${id})" explainText="$(string.${id}_Help)"`,
    ...(isSwitch ? [] : [`presentation="$(presentation.${id})"`]),
    `key="${WINDOWS.policyKey}"${isSwitch ? ` valueName="${key}"` : ''}`,
  ]
  return [
    `    <policy ${attributes.join(' ')}>`,
    `      <parentCategory ref="${group === undefined ? 'Surety' : `Group_${idOf(group)}`}" />`,
    '      <supportedOn ref="Supported" />',
    ...(isSwitch ? SWITCH : ['      <elements>', ...element(setting), '      </elements>']),
    '    </policy>',
  ]
}

const SWITCH = [
  '      <enabledValue><decimal value="1" /></enabledValue>',
  '      <disabledValue><decimal value="0" /></disabledValue>',
]

function element({ key, kind, choices, range, maxLength }: MdmSetting): readonly string[] {
  const named = `id="${ELEMENT}" valueName="${key}"`
  if (kind === 'list') return [`        <multiText ${named} />`]
  if (kind === 'number') {
    const { minimum = 0, maximum = MOST } = range ?? {}
    return [
      `        <decimal ${named} required="true" minValue="${Math.max(0, minimum)}" maxValue="${Math.min(MOST, maximum)}" />`,
    ]
  }
  if (choices.length === 0) return [`        <text ${named} required="true" maxLength="${maxLength ?? 1023}" />`]
  return [
    `        <enum ${named} required="true">`,
    ...choices.flatMap((choice) => [
      `          <item displayName="$(string.${idOf(key)}_${idOf(choice)})">`,
      `            <value><string>${xmlText(choice)}</string></value>`,
      '          </item>',
    ]),
    '        </enum>',
  ]
}

function adml(settings: readonly MdmSetting[], groups: readonly string[]): string {
  const string = (id: string, words: string) => `      <string id="${id}">${xmlText(words)}</string>`
  return text([
    ...head('policyDefinitionResources'),
    '  <displayName>Surety</displayName>',
    '  <description>Settings of suretyd</description>',
    '  <resources>',
    '    <stringTable>',
    string('Surety', 'Surety'),
    string('Supported', 'Windows 10 and later, with suretyd'),
    ...groups.map((group) => string(`Group_${idOf(group)}`, titleOfGroup(group))),
    ...settings.flatMap((setting) => {
      const id = idOf(setting.key)
      const ofChoice = setting.kind === 'text' ? setting.choices : []
      return [
        string(id, titleOf(setting)),
        string(`${id}_Help`, help(setting)),
        ...ofChoice.map((choice) => string(`${id}_${idOf(choice)}`, choice)),
      ]
    }),
    '    </stringTable>',
    '    <presentationTable>',
    ...settings.flatMap(presentation),
    '    </presentationTable>',
    '  </resources>',
    '</policyDefinitionResources>',
  ])
}

function help({ key, about, expected, default: value }: MdmSetting): string {
  const given = value === undefined || value === '' || (Array.isArray(value) && value.length === 0)
  const first = `${about.charAt(0).toUpperCase()}${about.slice(1)}.`
  return [
    `${first} Expected: ${expected}.`,
    ...(given ? [] : [`Default: ${String(value)}.`]),
    `Setting ${key}. A user or a file of the laptop cannot change what is set here. suretyd reads it when it starts.`,
  ].join('\n')
}

function presentation(setting: MdmSetting): readonly string[] {
  const { key, kind, choices, default: value } = setting
  if (kind === 'switch') return []
  const label = `${key}:`
  return [`      <presentation id="${idOf(key)}">`, ...control(), '      </presentation>']

  function control(): readonly string[] {
    if (kind === 'list') return [`        <multiTextBox refId="${ELEMENT}">${label}</multiTextBox>`]
    if (kind === 'number') {
      const first = Math.min(MOST, Number(value))
      return [
        `        <decimalTextBox refId="${ELEMENT}" defaultValue="${first}" spin="false">${label}</decimalTextBox>`,
      ]
    }
    if (choices.length > 0) {
      const at = Math.max(0, choices.indexOf(String(value)))
      return [`        <dropdownList refId="${ELEMENT}" noSort="true" defaultItem="${at}">${label}</dropdownList>`]
    }
    const first = value === undefined ? [] : [`          <defaultValue>${xmlText(String(value))}</defaultValue>`]
    return [`        <textBox refId="${ELEMENT}">`, `          <label>${label}</label>`, ...first, '        </textBox>']
  }
}

function head(root: string): readonly string[] {
  return ['<?xml version="1.0" encoding="utf-8"?>', `<${root} revision="1.0" schemaVersion="1.0" xmlns="${NAMESPACE}">`]
}

/** As editors of Windows write it. */
function text(lines: readonly string[]): string {
  return lines.map((line) => `${line.replaceAll('\n', '\r\n')}\r\n`).join('')
}
