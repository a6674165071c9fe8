import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { idtText } from '../../installers/windows/idt.ts'
import { makeMsi, requireMsiVersion } from '../../installers/windows/msi.ts'
import { makeSignedMsi } from '../../installers/windows/package.ts'
import { payloadOf } from '../../installers/windows/payload.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The package for Windows Installer as msitools and osslsigncode read it. What it does is in `test/windows/`. */

const ROOT = resolve(import.meta.dirname, '../..')
const TOOLS = ['/usr/bin/msibuild', '/usr/bin/msiinfo', '/usr/bin/gcab', '/usr/bin/osslsigncode']
const SETUP = join(ROOT, 'native/build/surety-setup.dll')
const missing = TOOLS.find((path) => !existsSync(path))
const whenPossible = missing === undefined ? test : test.skip
const folder = temporaryFolder()
const init = { version: '1.2.3', setup: SETUP, epoch: 1_700_000_000, isCompressed: true }
let path = ''

const ask = (program: string, ...args: readonly string[]) =>
  execFileSync(program, args, { encoding: 'utf8', cwd: folder.path })

/** Rows of a table, each by the names of its columns. */
function rowsOf(name: string, at = path): readonly Readonly<Record<string, string>>[] {
  const [columns = [], , , ...rows] = ask('/usr/bin/msiinfo', 'export', at, name)
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
  return rows.map((row) => Object.fromEntries(columns.map((column, cell) => [column, row[cell] ?? ''])))
}

const property = (name: string, at = path) => rowsOf('Property', at).find((row) => row.Property === name)?.Value

function stage(name: string, files: Readonly<Record<string, string>> = {}): string {
  const staged = join(folder.path, name)
  const content = { 'surety-service.exe': 'host', 'node.exe': 'node', 'suretyd/suretyd.mjs': 'daemon', ...files }
  for (const [file, text] of Object.entries(content)) {
    mkdirSync(join(staged, file, '..'), { recursive: true })
    writeFileSync(join(staged, file), text)
  }
  return staged
}

function outFolder(name: string): string {
  mkdirSync(join(folder.path, name))
  return join(folder.path, name)
}

beforeAll(() => {
  if (missing !== undefined) return
  execFileSync(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(ROOT, 'scripts/build-native.ts'),
    '--windows',
  ])
  path = makeMsi(stage('staged', { 'surety-tray.exe': 'tray', 'suretyd/a/b/grün.txt': 'deep' }), outFolder('out'), init)
})
afterAll(() => folder[Symbol.dispose]())

describe(`the package for Windows${missing === undefined ? '' : ` (skipped: no ${missing})`}`, () => {
  whenPossible('is the same in each build, and another product with other contents', () => {
    const again = makeMsi(join(folder.path, 'staged'), outFolder('again'), init)
    expect(readFileSync(again).equals(readFileSync(path))).toBe(true)
    const other = makeMsi(stage('other', { 'suretyd/suretyd.mjs': 'another' }), outFolder('elsewhere'), init)
    expect(property('ProductCode', other)).not.toBe(property('ProductCode'))
    expect(property('UpgradeCode', other)).toBe(property('UpgradeCode'))
  })

  whenPossible('has each file in its cabinet, in the order of its table', () => {
    writeFileSync(join(folder.path, 'files.cab'), execFileSync('/usr/bin/msiinfo', ['extract', path, 'surety.cab']))
    const packed = ask('/usr/bin/gcab', '--list', 'files.cab')
      .split('\n')
      .filter((line) => line !== '')
    const files = rowsOf('File')
    expect(files.map(({ File }) => File)).toEqual(packed)
    expect(files.map(({ Sequence }) => Number(Sequence))).toEqual(packed.map((_, at) => at + 1))
    expect(rowsOf('Media')).toMatchObject([{ LastSequence: String(packed.length), Cabinet: '#surety.cab' }])
    expect(files.map(({ FileName }) => FileName?.split('|')[1])).toContain('grün.txt')
    ask('/usr/bin/gcab', '--extract', 'files.cab', '--directory', outFolder('unpacked'))
    expect(packed.map((name) => readFileSync(join(folder.path, 'unpacked', name), 'utf8')).toSorted()).toEqual([
      'daemon',
      'deep',
      'host',
      'node',
      'tray',
    ])
  })

  whenPossible('refers to nothing that it does not have', () => {
    const names = (table: string, column: string) => rowsOf(table).map((row) => row[column] ?? '')
    const components = names('Component', 'Component')
    for (const table of ['File', 'Registry', 'Environment', 'ServiceInstall', 'ServiceControl', 'CreateFolder'])
      expect(components).toEqual(expect.arrayContaining(names(table, 'Component_')))
    expect(names('FeatureComponents', 'Component_').toSorted()).toEqual(components.toSorted())
    const keys = [...names('File', 'File'), ...names('Registry', 'Registry'), '']
    expect(keys).toEqual(expect.arrayContaining(names('Component', 'KeyPath')))
    expect(names('Directory', 'Directory')).toEqual(expect.arrayContaining(names('Component', 'Directory_')))
    expect(names('Icon', 'Name')).toEqual([property('ARPPRODUCTICON')])
    const icon = execFileSync('/usr/bin/msiinfo', ['extract', path, 'Icon.Surety.ico'])
    expect(icon.equals(readFileSync(join(ROOT, 'installers/icons/surety-ok.ico')))).toBe(true)
    expect(new Set(names('Component', 'ComponentId')).size).toBe(components.length)
    const library = readFileSync(join(ROOT, 'native/windows/setup/setup.def'), 'utf8')
    const functions = rowsOf('CustomAction').filter(({ Source }) => Source === 'Setup')
    for (const { Action, Target } of functions)
      expect([Action, library]).toEqual([Target, expect.stringMatching(`  ${Action}\n`)])
    const exported = library.split('EXPORTS\n')[1]?.trim().split(/\s+/) ?? []
    expect(functions.map(({ Action }) => Action).toSorted()).toEqual(exported.toSorted())
  })

  whenPossible('changes the machine only between the two standard actions for that', () => {
    const steps = rowsOf('InstallExecuteSequence')
    const at = (name: string) => Number(steps.find(({ Action }) => Action === name)?.Sequence)
    const order = [
      'RefuseOlder',
      'ReadSettings',
      'InstallValidate',
      'InstallInitialize',
      'RemoveExistingProducts',
      'WaitStopped',
    ]
    const rest = [
      'StopServices',
      'RemoveFiles',
      'PrepareData',
      'InstallFiles',
      'UndoSettings',
      'WriteSettings',
      'ForgetSettings',
    ]
    const times = [...order, ...rest, 'StartServices', 'InstallFinalize'].map(at)
    expect(times).toEqual(times.toSorted((one, other) => one - other))
    // Windows refuses to remove the version before once something was written into the script.
    const between = steps.filter(
      ({ Sequence }) => Number(Sequence) > at('InstallInitialize') && Number(Sequence) < at('RemoveExistingProducts'),
    )
    expect(between).toEqual([])
    for (const { Action = '', Type } of rowsOf('CustomAction')) {
      if ((Number(Type) & 0x400) === 0) continue
      expect(at(Action)).toBeGreaterThan(at('InstallInitialize'))
      expect(at(Action)).toBeLessThan(at('InstallFinalize'))
      // Without it the action would have the rights of the person who installs.
      expect(Number(Type) & 0x800).toBe(0x800)
    }
  })

  whenPossible('hides what is secret, and takes properties of administrators', () => {
    expect(property('MsiHiddenProperties')?.split(';')).toEqual(['ENROLMENT', 'WriteSettings'])
    expect(Number(rowsOf('CustomAction').find(({ Action }) => Action === 'WriteSettings')?.Type) & 0x2000).toBe(0x2000)
    expect(property('SecureCustomProperties')?.split(';')).toEqual(
      expect.arrayContaining(['DIRECTORY_URL', 'ENROLMENT', 'ENROLMENT_FILE', 'PURGE', 'TRAY']),
    )
    // Without these an ordinary user could start an installation that an administrator offers.
    expect(ask('/usr/bin/msiinfo', 'tables', path)).not.toContain('AdvtExecuteSequence')
    expect(rowsOf('MsiLockPermissionsEx')).toMatchObject([{ SDDLText: expect.stringMatching(/^O:SYG:SYD:P/) }])
  })

  whenPossible('is for x64, and for three numbers of a version', () => {
    expect(ask('/usr/bin/msiinfo', 'suminfo', path)).toContain('Template: x64;1033')
    expect(rowsOf('Registry').find(({ Name }) => Name === 'InstalledVersionNum')?.Value).toBe('#1002003')
    for (const version of ['1.2', '1.2.3.4', '1.2.3-rc.1', '256.0.0', '1.256.0', '1.2.65536', '', 'v1.2.3'])
      expect(() => requireMsiVersion(version)).toThrow('Windows Installer compares three numbers')
  })

  whenPossible('needs the service host, and a folder', () => {
    expect(() => makeMsi(outFolder('empty'), folder.path, init)).toThrow('surety-service.exe is missing')
    expect(() => makeMsi(join(folder.path, 'absent'), folder.path, init)).toThrow('ENOENT')
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.msi'))).toEqual([])
  })

  whenPossible('names the version of a program that says one', () => {
    const program = Buffer.alloc(200)
    program.set(Buffer.from('bd04effe00000100', 'hex'), 100)
    program.writeUInt32LE((26 << 16) | 10, 108)
    program.writeUInt32LE(7, 112)
    const staged = stage('versions')
    writeFileSync(join(staged, 'node.exe'), program)
    const versions = payloadOf(staged).files.map(({ path: name, version }) => [name, version])
    expect(versions).toEqual([
      ['node.exe', '26.10.0.7'],
      ['surety-service.exe', undefined],
      ['suretyd/suretyd.mjs', undefined],
    ])
    writeFileSync(join(staged, 'node.exe'), program.subarray(0, 110))
    expect(payloadOf(staged).files[0]?.version).toBeUndefined()
  })
})

describe('tables', () => {
  const table = {
    name: 'T',
    columns: [
      ['Key', 's5'],
      ['Number', 'I2'],
    ],
    keys: 1,
  } as const

  test('refuse what would become another table', () => {
    expect(idtText({ ...table, rows: [['a', null]] })).toBe('Key\tNumber\r\ns5\tI2\r\nT\tKey\r\na\t\r\n')
    const wrong: readonly (readonly [string, readonly (string | number | null)[]])[] = [
      ['a row of 1', ['a']],
      ['is missing', [null, 1]],
      ['is missing', ['', 1]],
      ['is longer than 5', ['longer', 1]],
      ['ends a cell', ['a\tb', 1]],
      ['ends a cell', ['a\r\n', 1]],
      ['is no text', [1, 1]],
      ['is no I2', ['a', 40_000]],
      ['is no I2', ['a', 1.5]],
      ['is no I2', ['a', '1']],
    ]
    for (const [what, row] of wrong) expect(() => idtText({ ...table, rows: [row] })).toThrow(what)
    expect(() =>
      idtText({
        ...table,
        rows: [
          ['a', 1],
          ['a', 2],
        ],
      }),
    ).toThrow('two rows with the key a')
  })
})

describe(`signing${missing === undefined ? '' : ` (skipped: no ${missing})`}`, () => {
  /** A signer as an administrator writes one: it gets a file and signs it in place. */
  function signer(work: string): string {
    const file = join(folder.path, `sign-${work.length}`)
    writeFileSync(file, `#!/bin/sh\nset -e\n${work}\n`, { mode: 0o755 })
    return file
  }

  whenPossible('signs our programs and the package with the hook', () => {
    const subject = ['-subj', '/CN=Test', '-addext', 'extendedKeyUsage=codeSigning']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem']
    ask('/usr/bin/openssl', 'req', '-x509', ...key, '-out', 'cert.pem', '-days', '2', ...subject)
    const staged = stage('signed')
    const program = readFileSync(join(ROOT, 'native/build/surety-service.exe'))
    writeFileSync(join(staged, 'surety-service.exe'), program)
    const setup = join(folder.path, 'surety-setup.dll')
    writeFileSync(setup, readFileSync(SETUP))
    const command = `osslsigncode sign -certs cert.pem -key key.pem -in "$1" -out "$1.signed" > /dev/null`
    const hook = signer(`cd ${folder.path}\n${command}\nmv "$1.signed" "$1"`)
    const signed = makeSignedMsi(staged, outFolder('signed-out'), { ...init, setup, signer: hook })
    const verified = (file: string) =>
      spawnSync('/usr/bin/osslsigncode', ['verify', '-CAfile', 'cert.pem', '-in', file], {
        cwd: folder.path,
        encoding: 'utf8',
      })
    for (const file of [signed, join(staged, 'surety-service.exe'), setup])
      expect(verified(file)).toMatchObject({ status: 0, stdout: expect.stringContaining('Succeeded') })
    expect(readFileSync(join(staged, 'node.exe'), 'utf8')).toBe('node')
    expect(verified(path).status).not.toBe(0)
  })

  whenPossible('leaves no package where the hook fails', () => {
    const out = outFolder('unsigned')
    const only = signer('case "$1" in *.msi) echo "no token" >&2; exit 3;; esac')
    expect(() => makeSignedMsi(stage('unsigned-staged'), out, { ...init, signer: only })).toThrow(
      /did not sign .*\.msi: no token/,
    )
    expect(() => makeSignedMsi(stage('unsigned-too'), out, { ...init, signer: '/nowhere' })).toThrow(
      '/nowhere did not sign',
    )
    expect(readdirSync(out)).toEqual([])
  })
})
