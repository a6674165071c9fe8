import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dictionaryOf, listIn, parsePropertyList, valueIn } from '../../src/base/property-lists/property-list.ts'
import type { PropertyListValue } from '../../src/base/property-lists/property-list-value.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import type { ManagedPlace } from '../../src/config/managed-sources.ts'
import { type ListValue, writePropertyList } from '../../src/mdm/property-list.ts'
import { windowsRegistry } from '../../src/system/facts/registry.ts'
import { NO_WINDOWS, type RecordedWindows, recordedWindows } from '../support/platforms/recorded-windows.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { rendered, textOf, VALUES } from './rendered.ts'

/** What a management makes of the files is read by the daemon as the administrator said it. */

const KEY = 'HKLM\\SOFTWARE\\Policies\\Surety'
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())

function managedBy(given: { managed?: ManagedPlace; policyFolder?: string }) {
  const { config, entries } = loadDaemonConfig({
    environment: {},
    policyFolder: '/nonexistent',
    policyOwners: [String(process.geteuid?.() ?? 0)],
    ...given,
  })
  const keys = entries.filter(({ origin }) => origin === 'managed').map(({ key }) => key)
  return Object.fromEntries(Object.entries(config).filter(([key]) => keys.includes(key)))
}

test('the profile of macOS, as macOS writes its preferences', () => {
  const profile = dictionaryOf(
    parsePropertyList(Buffer.from(textOf(rendered('jamf'), 'macos/surety-settings.mobileconfig'))),
  )
  const member = (value: PropertyListValue | undefined, name: string) => valueIn(dictionaryOf(value) ?? {}, name)
  const domain = member(member(listIn(profile ?? {}, 'PayloadContent')[0], 'PayloadContent'), 'org.surety')
  const forced = member(listIn(dictionaryOf(domain) ?? {}, 'Forced')[0], 'mcx_preference_settings')
  const preferences = join(folder.path, 'org.surety.plist')
  writeFileSync(preferences, writePropertyList(forced as ListValue), { mode: 0o644 })
  expect(managedBy({ managed: { preferences } })).toEqual(VALUES)
})

test.each([
  ['JumpCloud', 'jumpcloud', 'linux/install.sh'],
  ['Intune', 'intune', 'linux/install.sh'],
] as const)('the settings that the script of %s writes', (_, target, name) => {
  const json = /<<'END_OF_SETTINGS'\n(.*?)\nEND_OF_SETTINGS\n/s.exec(textOf(rendered(target), name))?.[1] ?? ''
  const policyFolder = join(folder.path, target)
  mkdirSync(policyFolder)
  writeFileSync(join(policyFolder, '50-mdm.json'), json, { mode: 0o644 })
  expect(managedBy({ policyFolder })).toEqual(VALUES)
})

const TYPES: Readonly<Record<string, number>> = { String: 1, DWord: 4, MultiString: 7, QWord: 11 }

test.each(['windows/remediate.ps1', 'windows/remediate-detect.ps1'])('the values of the registry in %s', (name) => {
  const script = textOf(rendered('gpo'), name)
  const rows = [...script.matchAll(/^ {4}@\{ Name = '(.+?)'; Kind = '(\w+)'; Value = (.+) \}\r$/gm)]
  expect(rows).toHaveLength(Object.keys(VALUES).length)
  const values: RecordedWindows['registry'][string] = Object.fromEntries(
    rows.map(([, key = '', kind = '', literal = '']) => [key, { type: TYPES[kind] ?? -1, hex: hexOf(kind, literal) }]),
  )
  const registry = windowsRegistry(recordedWindows({ ...NO_WINDOWS, registry: { [KEY]: values } }))
  expect(managedBy({ managed: { registry, key: KEY } })).toEqual(VALUES)
})

/** The bytes that .NET writes for a literal. */
function hexOf(kind: string, literal: string): string {
  if (kind === 'DWord' || kind === 'QWord') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(BigInt(literal.replace('[long]', '')))
    return bytes.subarray(0, kind === 'DWord' ? 4 : 8).toString('hex')
  }
  const texts = [...literal.matchAll(/(\[regex\]::Unescape\()?'((?:[^']|'')*)'/g)].map(([, isEscaped, quoted = '']) => {
    const text = quoted.replaceAll("''", "'")
    return isEscaped === undefined ? text : JSON.parse(`"${text.replaceAll('"', '\\"')}"`)
  })
  const ended = kind === 'MultiString' ? `${texts.map((text) => `${text}\0`).join('')}\0` : `${texts.join('')}\0`
  return Buffer.from(ended, 'utf16le').toString('hex')
}
