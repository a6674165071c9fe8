import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { WINDOWS as PACKAGED_WINDOWS, PACKAGES } from '../../installers/description.ts'
import {
  dictionaryOf,
  listIn,
  parsePropertyList,
  textIn,
  valueIn,
} from '../../src/base/property-lists/property-list.ts'
import type { PropertyListDictionary } from '../../src/base/property-lists/property-list-value.ts'
import { daemonSettingsOn } from '../../src/config/daemon.ts'
import { kindOf } from '../../src/config/managed-sources.ts'
import { ENROLMENT, LINUX, MAC, WINDOWS } from '../../src/mdm/installed-names.ts'
import { mdmSettings } from '../../src/mdm/mdm-settings.ts'
import { renderMdm } from '../../src/mdm/render.ts'
import { TARGETS } from '../../src/mdm/targets.ts'
import { DEFAULT_PATHS } from '../../src/system/platform/default-paths.ts'
import { allRendered, HOSTILE, rendered, SETTINGS, TEAM, textOf, VALUES } from './rendered.ts'

/** What is in the files. That they have the form of their kind, `formats.process.test.ts` and `powershell.test.ts` show. */

const ROOT = resolve(import.meta.dirname, '../..')

test.each(TARGETS)('%s: the README names each file, and no other', (target) => {
  const files = rendered(target)
  const [readme, ...others] = files
  expect(readme?.name).toBe('README.md')
  const text = readme?.text ?? ''
  for (const { name } of others) {
    const folder = name.slice(0, name.lastIndexOf('/'))
    expect(text.includes(name) || text.includes(`\`${folder}\``) || name.startsWith('roles/')).toBe(true)
  }
  const named = [...text.matchAll(/`([\w-]+\/[\w./-]+)`/g)].map(([, name = '']) => name)
  expect(named.filter((name) => !others.some((one) => one.name === name || one.name.startsWith(`${name}/`)))).toEqual(
    [],
  )
})

test('files are made again byte for byte, and names are plain', () => {
  expect(allRendered()).toEqual(allRendered())
  const names = allRendered().map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => !/^[\w-]+(\/[\w.-]+)+$/.test(name) || name.includes('..'))).toEqual([])
})

describe('profiles', () => {
  const profileOf = (name: string, settings = SETTINGS): PropertyListDictionary => {
    const profile = dictionaryOf(parsePropertyList(Buffer.from(textOf(rendered('kandji', settings), `macos/${name}`))))
    if (profile === undefined) throw new Error('no dictionary')
    return profile
  }
  const payloads = (profile: PropertyListDictionary) =>
    listIn(profile, 'PayloadContent').map((one) => dictionaryOf(one))

  test.each(['surety-permissions.mobileconfig', 'surety-settings.mobileconfig'])(
    '%s has what Apple asks of one',
    (name) => {
      const profile = profileOf(name)
      const all = [profile, ...payloads(profile)]
      for (const one of all) {
        expect(one).toMatchObject({
          PayloadType: expect.any(String),
          PayloadIdentifier: expect.stringMatching(/^org\.surety\./),
          PayloadVersion: 1,
          PayloadUUID: expect.stringMatching(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}$/),
          PayloadOrganization: 'Example & Co',
        })
      }
      expect(profile).toMatchObject({
        PayloadType: 'Configuration',
        PayloadScope: 'System',
        PayloadRemovalDisallowed: true,
      })
      const ids = all.flatMap((one) =>
        one === undefined ? [] : [textIn(one, 'PayloadUUID'), textIn(one, 'PayloadIdentifier')],
      )
      expect(new Set(ids).size).toBe(ids.length)
    },
  )

  test('permissions allow one program of one team', () => {
    const [access, start, notices] = payloads(profileOf('surety-permissions.mobileconfig'))
    expect(access).toMatchObject({
      PayloadType: 'com.apple.TCC.configuration-profile-policy',
      Services: {
        SystemPolicyAllFiles: [
          {
            Identifier: '/Library/Surety/daemon/node',
            IdentifierType: 'path',
            Allowed: true,
            CodeRequirement: `identifier "org.surety.node" and anchor apple generic and certificate leaf[subject.OU] = "${TEAM}"`,
          },
        ],
      },
    })
    expect(start).toMatchObject({
      PayloadType: 'com.apple.servicemanagement',
      Rules: [{ RuleType: 'LabelPrefix', RuleValue: 'org.surety.', TeamIdentifier: TEAM }],
    })
    expect(notices).toMatchObject({
      PayloadType: 'com.apple.notificationsettings',
      NotificationSettings: [{ BundleIdentifier: 'org.surety.tray', NotificationsEnabled: true }],
    })
  })

  test('settings arrive at the daemon as they were given', () => {
    const [payload] = payloads(profileOf('surety-settings.mobileconfig'))
    expect(payload).toMatchObject({ PayloadType: 'com.apple.ManagedClient.preferences' })
    const domains = dictionaryOf(valueIn(payload ?? {}, 'PayloadContent')) ?? {}
    expect(Object.keys(domains)).toEqual(['org.surety'])
    expect(domains).toEqual({ 'org.surety': { Forced: [{ mcx_preference_settings: VALUES }] } })
  })

  test('there is no profile of settings without settings', () => {
    const names = rendered('kandji', []).map(({ name }) => name)
    expect(names).toContain('macos/surety-permissions.mobileconfig')
    expect(names).not.toContain('macos/surety-settings.mobileconfig')
    expect(textOf(rendered('kandji', []), 'README.md')).not.toContain('surety-settings')
  })
})

describe('templates of Windows', () => {
  const files = rendered('gpo')
  const admx = textOf(files, 'windows/surety.admx')
  const adml = textOf(files, 'windows/en-US/surety.adml')
  const idsIn = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, id = '']) => id)

  test('have each setting once, with the type that the daemon reads', () => {
    const elements = { text: /^<(text|enum) /, number: /^<decimal /, list: /^<multiText /, switch: /^<policy / }
    for (const [key, { schema }] of Object.entries(daemonSettingsOn(DEFAULT_PATHS.windows))) {
      const found = admx.split('\n').filter((line) => line.includes(`valueName="${key}"`))
      expect(found).toHaveLength(1)
      expect(found[0]?.trim()).toMatch(elements[kindOf(schema)])
    }
    expect(idsIn(admx, /<policy [^>]*key="([^"]*)"/g).every((key) => `HKLM\\${key}` === PLACE)).toBe(true)
  })
  const managed = DEFAULT_PATHS.windows.daemon.managed
  const PLACE = managed !== undefined && 'key' in managed ? managed.key : ''

  test('name no string, presentation or category that is not there', () => {
    const strings = idsIn(adml, /<string id="(\w+)"/g)
    expect(new Set(strings).size).toBe(strings.length)
    expect(new Set(idsIn(admx, /\$\(string\.(\w+)\)/g))).toEqual(new Set(strings))
    const presentations = idsIn(adml, /<presentation id="(\w+)"/g)
    expect(idsIn(admx, /\$\(presentation\.(\w+)\)/g)).toEqual(presentations)
    const categories = idsIn(admx, /<category name="(\w+)"/g)
    expect(categories).toEqual(expect.arrayContaining(idsIn(admx, /<parentCategory ref="(\w+)"/g)))
  })

  test('show groups as titles', () => {
    for (const title of ['Directory', 'TPM', 'PKCS#11']) expect(adml).toContain(`>${title}</string>`)
  })

  test('offer the choices of Windows', () => {
    expect(admx).toContain('<value><string>cng</string></value>')
    expect(admx).not.toContain('<value><string>secure-enclave</string></value>')
    expect(adml).toContain('C:\\ProgramData\\Surety\\state')
  })
})

describe('Ansible', () => {
  /** A text that Ansible takes as it is. */
  const UNSAFE = { tag: '!unsafe', resolve: (text: string) => text }
  const files = rendered('ansible')
  const yaml = (name: string): unknown =>
    parseYaml(textOf(files, name), { strict: true, uniqueKeys: true, customTags: [UNSAFE] })

  test('lets no template in a value run', () => {
    const lines = textOf(files, 'roles/surety/defaults/main.yml').split('\n')
    expect(lines.filter((line) => /\{[{%#]/.test(line) && !line.includes(': !unsafe "'))).toEqual([])
    expect(lines.filter((line) => line.includes('!unsafe'))).toHaveLength(1)
    const nested = rendered('ansible', ['support.owner={% set a = 1 %}', 'support.contact={# a #}'])
    expect(textOf(nested, 'roles/surety/defaults/main.yml').match(/: !unsafe "\{[%#]/g)).toHaveLength(2)
  })

  test('has the settings as variables', () => {
    expect(yaml('roles/surety/defaults/main.yml')).toEqual({ surety_enrolment: '', surety_settings: VALUES })
    expect(parseYaml(textOf(rendered('ansible', []), 'roles/surety/defaults/main.yml'))).toEqual({
      surety_enrolment: '',
      surety_settings: {},
    })
  })

  test('has tasks with full names of modules, and never shows the enrolment string', () => {
    const tasks = yaml('roles/surety/tasks/main.yml') as readonly Readonly<Record<string, unknown>>[]
    for (const task of tasks) {
      expect(task.name).toEqual(expect.any(String))
      expect(Object.keys(task).filter((key) => key.startsWith('ansible.builtin.'))).toHaveLength(1)
    }
    const secret = tasks.filter((task) => JSON.stringify(task).includes('surety_enrolment }}'))
    expect(secret).toHaveLength(1)
    expect(secret[0]).toMatchObject({
      no_log: true,
      'ansible.builtin.copy': { mode: '0600', dest: '/etc/surety/enrolment' },
    })
  })

  test('calls the role that it brings', () => {
    expect(yaml('surety.yml')).toMatchObject([{ become: true, roles: [{ role: 'surety' }] }])
    for (const name of ['meta', 'handlers']) expect(yaml(`roles/surety/${name}/main.yml`)).toBeTruthy()
  })
})

test('the schema for Jamf Pro has each setting of macOS with its type', () => {
  const schema = JSON.parse(textOf(rendered('jamf'), 'macos/org.surety.json'))
  const types = { text: 'string', number: 'integer', switch: 'boolean', list: 'array' }
  const expected = mdmSettings('darwin').map(({ key, kind }) => [key, types[kind]])
  const found = Object.entries<{ type: string }>(schema.properties).map(([key, { type }]) => [key, type])
  expect(found).toEqual(expected)
  expect(schema.properties.keys.enum).toContain('secure-enclave')
  expect(schema.properties['log.maxFiles']).toMatchObject({
    minimum: 1,
    maximum: 100,
    property_order: expect.any(Number),
  })
})

describe('systems', () => {
  const names = (target: (typeof TARGETS)[number], team?: string) =>
    new Set(
      renderMdm({ target, settings: [], team, organisation: 'x' }).files.map(({ name }) => name.split('/')[0] ?? ''),
    )

  test('without a team a mixed target says that Macs are left out', () => {
    expect(names('intune', TEAM)).toEqual(new Set(['README.md', 'windows', 'macos', 'linux']))
    expect(names('intune')).toEqual(new Set(['README.md', 'windows', 'linux']))
    const { notes } = renderMdm({ target: 'jumpcloud', settings: [], organisation: 'x' })
    expect(notes).toEqual([expect.stringContaining('--team-id')])
  })

  test.each<[string, Parameters<typeof renderMdm>[0]['target'], string]>([
    ['a key that one of the systems has not', 'intune', 'keys=secure-enclave'],
    ['a path of one system for all of them', 'intune', 'log.file=/var/log/surety.log'],
    ['a number out of range', 'gpo', 'log.maxFiles=0'],
    ['a list with a wrong item', 'ansible', 'posture.skip=os.supported,nonsense'],
  ])('refuse %s', (_, target, setting) => {
    const render = () => renderMdm({ target, settings: [setting], team: TEAM, organisation: 'x' })
    expect(render).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

test('a secret of the table is in no file', () => {
  const secrets = Object.entries(daemonSettingsOn(DEFAULT_PATHS.linux)).filter(
    ([, one]) => 'secret' in one && one.secret,
  )
  const keys = mdmSettings('linux').map(({ key }) => key)
  expect(keys).toEqual(
    Object.keys(daemonSettingsOn(DEFAULT_PATHS.linux)).filter((key) => !secrets.some(([one]) => one === key)),
  )
})

describe('names of what is installed', () => {
  const plist = dictionaryOf(parsePropertyList(readFileSync(join(ROOT, `installers/darwin/${MAC.label}.plist`)))) ?? {}

  test('are those of the service of macOS', () => {
    expect(textIn(plist, 'Label')).toBe(MAC.label)
    expect(listIn(plist, 'ProgramArguments')[0]).toBe(MAC.program)
    expect(MAC.label.startsWith(MAC.labelPrefix)).toBe(true)
    const { daemon } = DEFAULT_PATHS.darwin
    expect(daemon.enrolmentFile).toBe(`${MAC.dataFolder}/${ENROLMENT}`)
    expect(daemon.managed).toEqual({ preferences: `/Library/Managed Preferences/${MAC.domain}.plist` })
  })

  test('are those of the packages for Linux', () => {
    const found = PACKAGES.find(({ name }) => name === LINUX.packageName)
    expect(found?.unit).toBe(LINUX.service)
    expect(DEFAULT_PATHS.linux.daemon.enrolmentFile).toBe(`/etc/surety/${ENROLMENT}`)
  })

  test('are those of the signature and of the icon of macOS', () => {
    const signing = readFileSync(join(ROOT, 'installers/darwin/build-on-mac.sh'), 'utf8')
    expect(signing).toMatch(new RegExp(`^sign --identifier ${MAC.codeIdentifier} .*/node"$`, 'm'))
    const tray = dictionaryOf(parsePropertyList(readFileSync(join(ROOT, `installers/darwin/${MAC.tray}.plist`)))) ?? {}
    expect(textIn(tray, 'Label')).toBe(MAC.tray)
    expect(MAC.tray.startsWith(MAC.labelPrefix)).toBe(true)
    const bundle = dictionaryOf(parsePropertyList(readFileSync(join(ROOT, 'native/darwin/tray/Info.plist')))) ?? {}
    expect(textIn(bundle, 'CFBundleIdentifier')).toBe(MAC.tray)
  })

  test('are those of the service of Windows', () => {
    expect(DEFAULT_PATHS.windows.daemon.managed).toEqual({ key: `HKLM\\${WINDOWS.policyKey}` })
    expect(PACKAGED_WINDOWS.service.name).toBe(WINDOWS.service)
    expect(textOf(rendered('gpo'), 'windows/uninstall.ps1')).toContain(`-ne '${PACKAGED_WINDOWS.name}'`)
    const [before, after] = WINDOWS.installer.split('*')
    const msi = readFileSync(join(ROOT, 'installers/windows/msi.ts'), 'utf8')
    expect(msi).toContain(`\`${before}\${init.version}${after}\``)
    const tables = readFileSync(join(ROOT, 'installers/windows/registry-tables.ts'), 'utf8').replaceAll('\\\\', '\\')
    for (const key of [WINDOWS.policyKey, WINDOWS.productKey]) expect(tables).toContain(`'${key}'`)
    expect(readFileSync(join(ROOT, 'native/windows/service/service.h'), 'utf8')).toContain(`L"${WINDOWS.service}"`)
  })
})

test('hostile words are whole in JSON for Linux, and end no line of a script', () => {
  const script = textOf(rendered('intune'), 'linux/install.sh')
  const json = /<<'END_OF_SETTINGS'\n(.*?)\nEND_OF_SETTINGS\n/s.exec(script)?.[1] ?? ''
  expect(JSON.parse(json)).toEqual(VALUES)
  for (const { name, text } of allRendered().filter((one) => one.name.endsWith('.ps1'))) {
    expect([name, /[^\r\n -~]/.test(text)]).toEqual([name, false])
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  }
  expect(HOSTILE).toContain('’')
})

describe('custom compliance of Intune', () => {
  const rulesWith = (settings: readonly string[], system = 'windows') =>
    JSON.parse(textOf(rendered('intune', settings), `${system}/compliance.json`)).Rules

  test.each(['windows', 'linux'])('the rules for %s have what Intune asks of one', (system) => {
    const rules = rulesWith(SETTINGS, system)
    expect(rules).toHaveLength(1)
    expect(Object.keys(rules[0])).toEqual([
      ...['SettingName', 'Operator', 'DataType', 'Operand', 'MoreInfoUrl', 'RemediationStrings'],
    ])
    const texts: readonly Record<string, string>[] = rules[0].RemediationStrings
    expect(texts.map(({ Language: language }) => language)).toEqual(['en_US', 'de_DE'])
    for (const { Title: title, Description: about } of texts) {
      expect(title).toContain('{ActualValue}')
      expect(about).toContain('it@example.org')
    }
  })

  test('the address of the support is where the user reads more', () => {
    expect(rulesWith(['support.url=https://help.example.org/a'])[0].MoreInfoUrl).toBe('https://help.example.org/a')
    expect(rulesWith([])[0].MoreInfoUrl).toBe('https://example.org/laptops')
  })

  test('the script for Windows discovers what the rules name', () => {
    const script = textOf(rendered('intune'), 'windows/compliance.ps1')
    expect(script).toContain(`@{ ${rulesWith([])[0].SettingName} = $verdict } | ConvertTo-Json -Compress`)
    expect(script).toContain(`0 { $verdict = '${rulesWith([])[0].Operand}' }`)
  })

  test('no other target has it', () => {
    expect(allRendered().filter(({ name }) => name.includes('compliance'))).toHaveLength(4)
  })
})

test.each(['install', 'uninstall'])('%s.ps1 keeps a log where only administrators write, and names it', (name) => {
  const script = textOf(rendered('intune'), `windows/${name}.ps1`)
  expect(script).toContain(`$log = Join-Path $logs 'surety-${name}.log'`)
  expect(script).toContain(`'/l*v', "\`"$log\`""`)
  expect(script).toContain('Write-Output "msiexec ended with $($installer.ExitCode): see $log"')
})

test('install.ps1 runs the installed package again for a device that is not enrolled', () => {
  const script = textOf(rendered('gpo'), 'windows/install.ps1')
  expect(script).toContain('$needed = $asked.ExitCode -eq 3')
  expect(script).toContain('if (-not $needed -and $packages[0].Name')
})
