import { chmodSync, chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SuretyError } from '../../src/base/errors.ts'
import { loadDaemonConfig } from '../../src/config/daemon.ts'
import type { ManagedPlace } from '../../src/config/managed-sources.ts'
import { windowsRegistry } from '../../src/system/facts/registry.ts'
import { addonError, NO_WINDOWS, type RecordedWindows, recordedWindows } from '../support/platforms/recorded-windows.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** Settings from the registry of Windows and from managed preferences of macOS. That Windows answers so, `managed.wine.test.ts` shows. */

const KEY = 'HKLM\\SOFTWARE\\Policies\\Surety'
const uid = process.geteuid?.() ?? 0
const folder = temporaryFolder()
afterAll(() => folder[Symbol.dispose]())
let count = 0

function load(managed: ManagedPlace, given: { policy?: object; flags?: Record<string, string>; file?: object } = {}) {
  const root = join(folder.path, String(count++))
  const policyFolder = join(root, 'managed.d')
  mkdirSync(policyFolder, { recursive: true })
  const write = (path: string, content: object) => writeFileSync(path, JSON.stringify(content), { mode: 0o600 })
  if (given.policy !== undefined) write(join(policyFolder, '10.json'), given.policy)
  write(join(root, 'suretyd.json'), given.file ?? {})
  return {
    ...loadDaemonConfig({
      environment: {},
      flags: given.flags ?? {},
      file: join(root, 'suretyd.json'),
      policyFolder,
      policyOwners: [String(uid)],
      managed,
    }),
    root,
  }
}

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (!(error instanceof SuretyError) || error.code !== 'CONFIG_INVALID') throw error
    return error.message
  }
  throw new Error('expected a refusal')
}

describe('the registry of Windows', () => {
  type Values = RecordedWindows['registry'][string]
  const registryOf = (registry: RecordedWindows['registry']): ManagedPlace => ({
    registry: windowsRegistry(recordedWindows({ ...NO_WINDOWS, registry })),
    key: KEY,
  })
  const texts = (...all: readonly string[]) => ({
    type: 7,
    hex: Buffer.from(`${all.map((one) => `${one}\0`).join('')}\0`, 'utf16le').toString('hex'),
  })

  test('sets texts, numbers and lists, and wins over all other places', () => {
    const registry = registryOf({
      [KEY]: {
        'log.level': 'debug',
        'log.maxFiles': 7,
        'posture.skip': texts('os.supported', 'tpm.present'),
        'spool.maxBytes': { type: 11, hex: '0000000001000000' },
      },
    })
    const { config, entries, root } = load(registry, {
      policy: { log: { level: 'warn' } },
      flags: { 'log.level': 'error' },
      file: { log: { level: 'info', format: 'json' } },
    })
    expect(config).toMatchObject({
      'log.level': 'debug',
      'log.maxFiles': 7,
      'log.format': 'json',
      'posture.skip': ['os.supported', 'tpm.present'],
      'spool.maxBytes': 2 ** 32,
    })
    expect(entries.find(({ key }) => key === 'log.level')).toEqual({
      key: 'log.level',
      value: 'debug',
      origin: 'managed',
      place: `${KEY}\\log.level`,
      overrides: [
        { origin: 'managed', place: join(root, 'managed.d', '10.json') },
        { origin: 'flag', place: '--log-level' },
        { origin: 'file', place: join(root, 'suretyd.json') },
      ],
    })
  })

  test.each<[string, RecordedWindows['registry']]>([
    ['no key', {}],
    ['an empty key', { [KEY]: {} }],
    ['another key of the same vendor', { [`${KEY}X`]: { nonsense: 1 } }],
  ])('%s sets nothing', (_, registry) => {
    const { entries } = load(registryOf(registry))
    expect(new Set(entries.map(({ origin }) => origin))).toEqual(new Set(['default']))
  })

  test.each<[string, Values, string]>([
    [
      'a number for a text',
      { 'log.level': 1 },
      'log.level: expected one of error, warn, info, debug, as REG_SZ, found REG_DWORD',
    ],
    [
      'a text for a number',
      { 'log.maxFiles': '7' },
      'log.maxFiles: expected a whole number from 1 to 100, as REG_DWORD or REG_QWORD, found REG_SZ',
    ],
    [
      'a number out of its range',
      { 'log.maxFiles': 101 },
      'log.maxFiles: expected a whole number from 1 to 100, as REG_DWORD or REG_QWORD, found REG_DWORD',
    ],
    [
      'a text with variables',
      { 'log.file': { type: 2, hex: '430000' } },
      'log.file: expected an absolute path, as REG_SZ, found REG_EXPAND_SZ',
    ],
    [
      'bytes',
      { 'support.owner': { type: 3, hex: '61' } },
      'support.owner: expected one line of 1 to 256 characters, as REG_SZ, found REG_BINARY',
    ],
    [
      'a type that nobody knows',
      { 'support.owner': { type: 99, hex: '61' } },
      'support.owner: expected one line of 1 to 256 characters, as REG_SZ, found type 99',
    ],
    [
      'a setting of another name',
      { 'log.levle': 'info' },
      '"log.levle" is not a setting; similar: log.level, log.file, log.maxFiles',
    ],
    [
      'a setting in other letters',
      { 'Log.Level': 'info' },
      '"Log.Level" is not a setting; similar: log.level, log.file, log.maxFiles',
    ],
    ['the value without a name', { '': 'info' }, '"" is not a setting'],
    ['a name of Object.prototype', { constructor: 'x' }, '"constructor" is not a setting'],
    ['a group', { log: 'info' }, '"log" is not a setting; similar: log.file, log.level, log.format'],
  ])('refuses %s', (_, values, message) => {
    expect(refusal(() => load(registryOf({ [KEY]: values })))).toBe(`${KEY}: ${message}`)
  })

  test('refuses a text in a list of checks by the setting and the type', () => {
    const message = refusal(() => load(registryOf({ [KEY]: { 'posture.skip': 'os.supported' } })))
    expect(message).toContain('posture.skip: expected a list of checks')
    expect(message).toContain(', as REG_MULTI_SZ, found REG_SZ')
  })

  test('refuses bytes that are no number or text of Windows', () => {
    const odd = { type: 4, hex: '0100' }
    expect(refusal(() => load(registryOf({ [KEY]: { 'log.maxFiles': odd } })))).toContain('log.maxFiles is no number')
    const cut = { type: 7, hex: '610062' }
    expect(refusal(() => load(registryOf({ [KEY]: { 'posture.skip': cut } })))).toContain('is no list of texts')
  })

  test('refuses a key below, in which nothing would be read', () => {
    const registry = { [KEY]: {}, [`${KEY}\\log`]: { level: 'debug' } }
    expect(refusal(() => load(registryOf(registry)))).toBe(
      `${KEY}\\log: a key; settings are values of ${KEY}, such as log.level`,
    )
  })

  test.each<[string, number, string]>([
    ['that may not be read', 5, `${KEY}: access denied`],
    ['with too much in it', 223, `${KEY}: more than is read`],
    ['that fails', 1018, `${KEY}: error 1018`],
  ])('refuses a key %s, and never leaves it out', (_, number, message) => {
    const registryValues = () => {
      throw addonError('registryValues', number)
    }
    const registry = windowsRegistry({ ...recordedWindows(NO_WINDOWS), registryValues })
    expect(refusal(() => load({ registry, key: KEY }))).toBe(message)
  })
})

describe('managed preferences of macOS', () => {
  const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/darwin', name))
  const XML = fixture('org.surety.plist')
  const BINARY = fixture('org.surety.bplist')
  const dictionary = (members: string) => `<plist version="1.0"><dict>${members}</dict></plist>`
  const preferencesOf = (content: string | Uint8Array, spoil?: (path: string) => void): ManagedPlace => {
    const preferences = join(folder.path, `org.surety-${count++}.plist`)
    writeFileSync(preferences, content, { mode: 0o644 })
    spoil?.(preferences)
    return { preferences }
  }

  test.each<[string, string | Uint8Array]>([
    ['XML', XML],
    ['the binary form', BINARY],
  ])('in %s set texts, numbers, lists and groups, and win over the policy folder', (_, content) => {
    const managed = preferencesOf(content)
    const { config, entries, root } = load(managed, { policy: { log: { level: 'warn' } } })
    expect(config).toMatchObject({
      'log.level': 'debug',
      'log.maxFiles': 7,
      'posture.skip': ['os.supported'],
      'support.owner': 'IT',
    })
    expect(entries.find(({ key }) => key === 'log.level')).toEqual({
      key: 'log.level',
      value: 'debug',
      origin: 'managed',
      ...('preferences' in managed ? { place: managed.preferences } : {}),
      overrides: [{ origin: 'managed', place: join(root, 'managed.d', '10.json') }],
    })
  })

  test('of another file set nothing', () => {
    const { entries } = load({ preferences: join(folder.path, 'absent.plist') })
    expect(new Set(entries.map(({ origin }) => origin))).toEqual(new Set(['default']))
  })

  test('may hold what a profile says of itself', () => {
    const of = '<key>PayloadUUID</key><string>x</string><key>PayloadEnabled</key><true/>'
    const { config } = load(preferencesOf(dictionary(`${of}<key>keys</key><string>software</string>`)))
    expect(config.keys).toBe('software')
  })

  test.each<[string, string | Uint8Array, string]>([
    [
      'a text for a number',
      dictionary('<key>log.maxFiles</key><string>7</string>'),
      'log.maxFiles: expected a whole number from 1 to 100',
    ],
    [
      'a number for a text',
      dictionary('<key>log.level</key><integer>1</integer>'),
      'log.level: expected one of error, warn, info, debug',
    ],
    [
      'a date',
      dictionary('<key>support.owner</key><date>2026-01-01T00:00:00Z</date>'),
      'support.owner: expected one line of 1 to 256 characters',
    ],
    [
      'data',
      dictionary('<key>support.owner</key><data>YQ==</data>'),
      'support.owner: expected one line of 1 to 256 characters',
    ],
    [
      'another setting',
      dictionary('<key>log.levle</key><string>info</string>'),
      '"log.levle" is not a setting; similar: log.level, log.file, log.maxFiles',
    ],
    ['a value for a group', dictionary('<key>log</key><string>info</string>'), 'log: expected a group of settings'],
    [
      'a list instead of a dictionary',
      '<plist version="1.0"><array/></plist>',
      'expected a property list with a dictionary',
    ],
    ['a cut list', XML.subarray(0, 300), 'expected a property list with a dictionary'],
    ['a cut binary list', BINARY.subarray(0, 60), 'expected a property list with a dictionary'],
    ['JSON', '{"keys":"software"}', 'expected a property list with a dictionary'],
    ['nothing', '', 'expected a property list with a dictionary'],
    ['too much', `${XML}${' '.repeat(300_000)}`, 'larger than 262144 bytes'],
  ])('with %s are refused', (_, content, message) => {
    expect(refusal(() => load(preferencesOf(content)))).toMatch(message)
  })

  test('that others can write are refused', () => {
    expect(refusal(() => load(preferencesOf(XML, (path) => chmodSync(path, 0o666))))).toContain(
      'writable by other users',
    )
  })

  const rootTest = uid === 0 ? test : test.skip
  rootTest('(root) of a user are refused', () => {
    const managed = preferencesOf(XML, (path) => chownSync(path, 501, 20))
    expect(refusal(() => load(managed))).toContain('owned by user 501, expected 0')
  })

  test('that never end are refused', () => {
    const preferences = join(folder.path, 'endless.plist')
    symlinkSync('/dev/zero', preferences)
    expect(refusal(() => load({ preferences }))).toContain('not a regular file')
  })

  test('of a real Mac in another domain are no settings', () => {
    const real = fixture('software-update-10.15.7.bplist')
    expect(refusal(() => load(preferencesOf(real)))).toMatch(/"\w+" is not a setting$/)
  })
})
