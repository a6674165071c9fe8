import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { waitFor } from '../../support/wait-for.ts'
import { openWindows, type Windows, windowsAbsence } from '../../support/windows/windows.ts'
import { msiexec } from './msiexec.ts'
import { compileSetupProbe, packagingAbsence, smallDaemon, smallPackage } from './windows-packages.ts'

/**
 * The package for Windows Installer with a daemon that is ready at once. Each test goes on where the one before ended. Wine stands in
 * for Windows: not proved are rights of files, other users, links to files, hidden properties, two installers at once, the rollback of a
 * version that was removed, and what the service control manager does after a failure.
 */

const absent = windowsAbsence() ?? packagingAbsence()
const SKIPPED = absent === undefined ? '' : ` (skipped: ${absent})`
const onWine = absent === undefined ? test : test.skip
/** The installation ended, and the log says why. */
const FAILED = 1603
const SECRET = `surety-enrol-v1.${'Zm9v'.repeat(90)}`
const FACTS = 'HKLM\\SOFTWARE\\Surety'
const POLICY = 'HKLM\\SOFTWARE\\Policies\\Surety'
const RUN = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run'
const UNINSTALL = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall'
const INSTALLER = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer'
const ENVIRONMENT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment'

const folder = temporaryFolder()
let windows: Windows
let older: string
let newer: string
let firstLog = ''

if (absent === undefined) {
  beforeAll(() => {
    windows = openWindows()
    compileSetupProbe(onC('setup-probe.exe'))
    const daemon = smallDaemon(folder.path)
    older = smallPackage(daemon, { version: '1.2.3', out: folder.path })
    newer = smallPackage(daemon, { version: '1.10.0', out: folder.path })
  })
}
afterAll(() => {
  windows?.[Symbol.dispose]()
  folder[Symbol.dispose]()
})

const onC = (path: string) => join(windows.driveC, path)
const programs = () =>
  existsSync(onC('Program Files/Surety')) ? readdirSync(onC('Program Files/Surety')).toSorted() : []
const dataFile = (name: string) => onC(join('ProgramData/Surety', name))
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)

const installed = async (path: string, ...properties: readonly string[]) =>
  (await msiexec(windows, { action: '/i', path, properties }))[0]
const uninstalled = async (path: string, ...properties: readonly string[]) =>
  (await msiexec(windows, { action: '/x', path, properties }))[0]

async function registry(key: string): Promise<string> {
  return (await windows.runProgram('reg', ['query', key, '/s'])).stdout
}

async function serviceState(): Promise<string | undefined> {
  return /STATE\s+:\s+\d+\s+(\w+)/.exec((await windows.runProgram('sc', ['query', 'suretyd'])).stdout)?.[1]
}

const untilRunning = () =>
  waitFor('the service', serviceState, {
    until: (seen) => seen === 'RUNNING',
    everyMs: 100,
    show: () => read(dataFile('logs/service.log')) ?? 'no log',
  })

/** What the package does with its settings, without the installer: one start for all steps. @returns a line for each. */
async function probe(...steps: readonly (readonly string[])[]): Promise<readonly string[]> {
  const args = steps.flatMap((step, at) => (at === 0 ? step : ['--', ...step]))
  const { stdout } = await windows.runProgram('C:\\setup-probe.exe', args)
  return stdout.split(/\r?\n/).slice(0, -1)
}

async function trays(): Promise<number> {
  const { stdout } = await windows.runProgram('tasklist', ['/fo', 'csv'])
  return stdout.split('surety-tray.exe').length - 1
}

/** Nothing was installed, and nothing secret was left. */
async function expectNothing(): Promise<void> {
  expect(programs()).toEqual([])
  expect(await serviceState()).toBeUndefined()
  expect(read(dataFile('enrolment'))).toBeUndefined()
}

describe(`settings of the package${SKIPPED}`, () => {
  onWine('refuses what is wrong, and says which property it is', async () => {
    mkdirSync(onC('given/folder'), { recursive: true })
    writeFileSync(onC('given/empty'), '')
    writeFileSync(onC('given/long'), `${SECRET}${'x'.repeat(9000)}`)
    writeFileSync(onC('given/wrong'), 'a token')
    writeFileSync(onC('given/halved'), Buffer.from(`\ufeff${SECRET}`, 'utf16le').subarray(0, 101))
    writeFileSync(onC('given/other'), SECRET.replace('enrol', 'enrôl'))
    writeFileSync(onC('given/binary'), Buffer.from([0x73, 0, 0xff, 0xc3]))
    writeFileSync(onC('given/right'), SECRET)
    symlinkSync(onC('given'), onC('linked'))
    const wrong: readonly (readonly [what: string, ...properties: string[]])[] = [
      ['TRAY is 0 or 1', 'TRAY=yes'],
      ['TRAY is 0 or 1', 'TRAY=00000000000'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=http://directory.example.org'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=directory.example.org:7443'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=wss://directory.example.org/path'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=wss://user@directory.example.org'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=wss://a[~]b'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=wss://a b'],
      ['DIRECTORY_URL is not the address', 'DIRECTORY_URL=wss://'],
      ['DIRECTORY_URL is not the address', `DIRECTORY_URL=wss://${'a'.repeat(400)}`],
      ['ENROLMENT is no complete enrolment string', 'ENROLMENT=token'],
      ['ENROLMENT is no complete enrolment string', 'ENROLMENT=surety-enrol-v1.'],
      ['ENROLMENT is no complete enrolment string', `ENROLMENT=${SECRET}=`],
      ['ENROLMENT is no complete enrolment string', `ENROLMENT=${SECRET}${'x'.repeat(3000)}`],
      ['ENROLMENT is too long', `ENROLMENT=${SECRET}${'x'.repeat(5000)}`],
      ['are both given', `ENROLMENT=${SECRET}`, 'ENROLMENT_FILE=C:\\given\\right'],
      ['is not a whole path', 'ENROLMENT_FILE=given\\right'],
      ['is not a whole path', 'ENROLMENT_FILE=\\given\\right'],
      ['is not a whole path', 'ENROLMENT_FILE=\\\\.\\C:\\given\\right'],
      ['is not a whole path', 'ENROLMENT_FILE=\\\\?\\C:\\given\\right'],
      ['is not a whole path', 'ENROLMENT_FILE=\\\\server\\share'],
      ['is not a whole path', 'ENROLMENT_FILE=C:\\'],
      ['is too long', `ENROLMENT_FILE=C:\\${'x'.repeat(1100)}`],
      ['is not there', 'ENROLMENT_FILE=C:\\given\\absent'],
      ['is not there', 'ENROLMENT_FILE=C:\\absent\\absent'],
      ['is a link, or lies behind one', 'ENROLMENT_FILE=C:\\linked\\right'],
      ['is a link, or lies behind one', 'ENROLMENT_FILE=C:\\linked'],
      ['cannot be opened', 'ENROLMENT_FILE=C:\\given\\folder'],
      ['is not a', 'ENROLMENT_FILE=C:\\given\\nul'],
      ['is empty', 'ENROLMENT_FILE=C:\\given\\empty'],
      ['is longer than', 'ENROLMENT_FILE=C:\\given\\long'],
      ['is not the text of', 'ENROLMENT_FILE=C:\\given\\binary'],
      ['is not the text of', 'ENROLMENT_FILE=C:\\given\\halved'],
      ['is not the text of', 'ENROLMENT_FILE=C:\\given\\other'],
      ['ENROLMENT_FILE holds no complete', 'ENROLMENT_FILE=C:\\given\\wrong'],
    ]
    const lines = await probe(...wrong.map(([, ...properties]) => ['given', ...properties]))
    const found = lines.map((line, at) => [wrong[at]?.slice(1).join(' ').slice(0, 80), line])
    expect(found).toEqual(
      wrong.map(([what, ...properties]) => [
        properties.join(' ').slice(0, 80),
        expect.stringMatching(new RegExp(`^refused .*${what}`)),
      ]),
    )
    for (const line of lines) expect(line).not.toContain('Zm9v')
    expect(existsSync(dataFile(''))).toBe(false)
  })

  onWine('reads a string as it is typed, and files of all editors', async () => {
    mkdirSync(onC('Für Åsa'), { recursive: true })
    const files = {
      plain: SECRET,
      spaces: `\r\n ${SECRET}\t\r\n`,
      marked: `\ufeff${SECRET}\n`,
      wide: Buffer.from(`\ufeff${SECRET}\r\n`, 'utf16le'),
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(onC(`Für Åsa/ein ${name} ü.txt`), content)
    const byFile = Object.keys(files).map((name) => ['given', `ENROLMENT_FILE=C:\\Für Åsa\\ein ${name} ü.txt`])
    const forward = ['given', 'ENROLMENT_FILE=C:/Für Åsa/../Für Åsa/ein plain ü.txt']
    const lines = await probe(...byFile, forward, [
      'given',
      `ENROLMENT= ${SECRET} `,
      'TRAY=0',
      'DIRECTORY_URL=wss://[::1]:7443/',
    ])
    expect(lines).toEqual(Array(6).fill(`read ${SECRET}`))
    expect(await probe(['given'], ['given', 'TRAY=1', 'DIRECTORY_URL=wss://a.example'])).toEqual(['read ', 'read '])
  })

  onWine('writes the string whole, and takes it back', async () => {
    const string = () => read(dataFile('enrolment'))
    const files = () => readdirSync(dataFile('')).toSorted()
    expect(await probe(['restore'], ['keep'])).toEqual(['restore done', 'keep done'])
    expect(await probe(['write', 'one'], ['restore'])).toEqual(['write done', 'restore done'])
    expect([string(), files()]).toEqual([undefined, []])
    expect(await probe(['write', 'one'], ['keep'], ['restore'])).toEqual(['write done', 'keep done', 'restore done'])
    expect([string(), files()]).toEqual(['one\n', ['enrolment']])
    await probe(['write', 'two'])
    expect(string()).toBe('two\n')
    await probe(['restore'])
    expect([string(), files()]).toEqual(['one\n', ['enrolment']])
    await probe(['write', 'two'], ['keep'])
    expect([string(), files()]).toEqual(['two\n', ['enrolment']])
    // A write that was cut off.
    writeFileSync(dataFile('enrolment.new'), 'tw')
    expect(await probe(['write', 'three'], ['keep'])).toEqual(['write done', 'keep done'])
    expect([string(), files()]).toEqual(['three\n', ['enrolment']])
  })

  onWine('removes the folder with all that is in it, and nothing behind a link', async () => {
    mkdirSync(dataFile('state/deep/deeper'), { recursive: true })
    writeFileSync(dataFile('state/deep/file'), '', { mode: 0o400 })
    symlinkSync(onC('given'), dataFile('state/link'))
    await probe(['purge'])
    // Wine cannot remove the link itself.
    expect(readdirSync(dataFile('state'))).toEqual(['link'])
    expect(existsSync(onC('given/right'))).toBe(true)
    rmSync(dataFile('state/link'))
    expect(await probe(['purge'])).toEqual(['purge done'])
    expect(existsSync(dataFile(''))).toBe(false)
  })

  onWine('writes nothing where it cannot', async () => {
    writeFileSync(dataFile(''), '')
    expect(await probe(['write', 'one'], ['restore'], ['keep'])).toEqual(['write failed', 'restore done', 'keep done'])
    rmSync(dataFile(''))
    mkdirSync(dataFile('enrolment.new/full'), { recursive: true })
    expect(await probe(['write', 'one'], ['restore'])).toEqual(['write failed', 'restore done'])
    expect(readdirSync(dataFile(''))).toEqual(['enrolment.new'])
    rmSync(dataFile(''), { recursive: true })
  })
})

describe(`the package for Windows${SKIPPED}`, () => {
  onWine('refuses settings that are wrong before it changes anything', async () => {
    const wrong: readonly (readonly [what: string, ...properties: string[]])[] = [
      ['TRAY is 0 or 1', 'TRAY=yes'],
      ['ENROLMENT is no complete enrolment string', `ENROLMENT=${SECRET}|x`],
      ['is not there', 'ENROLMENT_FILE=C:\\absent'],
    ]
    const results = await msiexec(
      windows,
      ...wrong.map(([, ...properties]) => ({ action: '/i' as const, path: older, properties })),
    )
    for (const [at, [what, ...properties]] of wrong.entries()) {
      expect({ properties, ...results[at] }).toMatchObject({ status: FAILED, log: expect.stringContaining(what) })
      expect(results[at]?.log).not.toContain(SECRET)
    }
    await expectNothing()
    expect(existsSync(dataFile(''))).toBe(false)
  })

  onWine('leaves nothing where something else has the place of its data', async () => {
    writeFileSync(dataFile(''), '')
    const result = await installed(older, `ENROLMENT=${SECRET}`)
    expect(result).toMatchObject({ status: FAILED, log: expect.stringContaining('belongs to another user') })
    await expectNothing()
    rmSync(dataFile(''))
  })

  onWine('takes away what it wrote when the disk is full', async () => {
    mkdirSync(onC('Program Files/Surety'))
    execFileSync('/usr/bin/mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', onC('Program Files/Surety')])
    try {
      // The number that Wine has for an action of its own.
      expect(await installed(older, `ENROLMENT=${SECRET}`)).toMatchObject({ status: 1627 })
      await expectNothing()
    } finally {
      execFileSync('/usr/bin/umount', [onC('Program Files/Surety')])
    }
  })

  onWine('can be cut off', async () => {
    writeFileSync(onC('cut.cmd'), `msiexec /i "${windows.nameOf(older)}" /qn ENROLMENT=${SECRET}\r\n`)
    using running = windows.startProgram('cmd', ['/d', '/c', 'C:\\cut.cmd'])
    await waitFor('the first programs', () => existsSync(onC('Program Files/Surety/node.exe')), { everyMs: 5 })
    await windows.restart()
    running.kill()
    expect(await registry(UNINSTALL)).not.toContain('Surety')
  })

  onWine('installs silently, with an enrolment string from a file of PowerShell', async () => {
    mkdirSync(onC('Für Åsa'), { recursive: true })
    writeFileSync(onC('Für Åsa/ada ü.enrolment'), Buffer.from(`\ufeff${SECRET}\r\n`, 'utf16le'))
    const result = await installed(
      older,
      'ENROLMENT_FILE=C:\\Für Åsa\\ada ü.enrolment',
      'DIRECTORY_URL=wss://directory.example.org:7443',
    )
    expect(result).toMatchObject({ status: 0 })
    firstLog = result?.log ?? ''
    expect(programs()).toEqual(['node.exe', 'surety-service.exe', 'surety-tray.exe', 'suretyd'])
    expect(read(dataFile('enrolment'))).toBe(`${SECRET}\n`)
    expect(await registry(POLICY)).toMatch(/directory\.url\s+REG_SZ\s+wss:\/\/directory\.example\.org:7443/)
    await untilRunning()
  })

  onWine('leaves the string neither in the log nor in the registry', async () => {
    expect(firstLog).toContain('WriteSettings')
    expect(firstLog).not.toContain(SECRET)
    for (const key of [INSTALLER, UNINSTALL, POLICY, FACTS]) {
      const text = await registry(key)
      expect(text).not.toBe('')
      expect(text).not.toContain('surety-enrol-v1')
    }
    expect(readdirSync(dataFile('')).toSorted()).toEqual(['enrolment', 'logs'])
  })

  onWine('enters what rules for detection ask for', async () => {
    const facts = await registry(FACTS)
    expect(facts).toMatch(/Version\s+REG_SZ\s+1\.2\.3/)
    expect(facts).toMatch(new RegExp(`InstalledVersionNum\\s+REG_DWORD\\s+0x${(1_002_003).toString(16)}`))
    expect(facts).toContain('C:\\Program Files\\Surety\\')
    expect(await registry(UNINSTALL)).toMatch(/DisplayVersion\s+REG_SZ\s+1\.2\.3/)
    expect(await registry(ENVIRONMENT)).toMatch(/PATH\s+REG_EXPAND_SZ\s+\S.*;C:\\Program Files\\Surety\\/)
    expect(await registry(RUN)).toMatch(/Surety\s+REG_SZ\s+"C:\\Program Files\\Surety\\surety-tray.exe"/)
  })

  onWine('starts the tray of each user who is there', async () => {
    await waitFor('the tray', trays, { until: (count) => count === 1, everyMs: 100 })
  })

  onWine('takes settings later, and restarts the service with them', async () => {
    const starts = () => (read(dataFile('logs/service.log')) ?? '').split('surety-service 0').length
    const before = starts()
    rmSync(dataFile('enrolment'))
    const again = { action: '/i', path: older } as const
    const results = await msiexec(windows, { ...again, properties: [`ENROLMENT=${SECRET}`] }, again)
    expect(results).toMatchObject([{ status: 0 }, { status: 0 }])
    expect(read(dataFile('enrolment'))).toBe(`${SECRET}\n`)
    await waitFor('the start', starts, { until: (count) => count > before })
    await untilRunning()
  })

  onWine('repairs what was changed', async () => {
    writeFileSync(onC('Program Files/Surety/suretyd/suretyd.mjs'), 'evil')
    rmSync(onC('Program Files/Surety/surety-tray.exe'))
    expect(await installed(older, 'REINSTALL=ALL')).toMatchObject({ status: 0 })
    expect(read(onC('Program Files/Surety/suretyd/suretyd.mjs'))).toBe('1.2.3')
    expect(programs()).toContain('surety-tray.exe')
    await untilRunning()
  })

  onWine('replaces an older version, and keeps data, settings and the choice of a tray', async () => {
    writeFileSync(dataFile('kept'), 'kept')
    expect(await installed(newer, 'TRAY=0')).toMatchObject({ status: 0 })
    expect(read(onC('Program Files/Surety/suretyd/suretyd.mjs'))).toBe('1.10.0')
    expect(programs()).not.toContain('surety-tray.exe')
    expect(read(dataFile('kept'))).toBe('kept')
    expect(read(dataFile('enrolment'))).toBe(`${SECRET}\n`)
    expect(await registry(POLICY)).toContain('wss://directory.example.org:7443')
    expect(await registry(RUN)).not.toContain('Surety')
    expect(await trays()).toBe(0)
    expect((await registry(UNINSTALL)).match(/DisplayName\s+REG_SZ\s+Surety/g)).toHaveLength(1)
    await untilRunning()
  })

  onWine('does not replace a newer version, and does not disturb it', async () => {
    const result = await installed(older)
    expect(result).toMatchObject({ status: FAILED })
    expect(await serviceState()).toBe('RUNNING')
    expect(await registry(FACTS)).toMatch(/Version\s+REG_SZ\s+1\.10\.0/)
  })

  onWine('goes, and keeps the data', async () => {
    expect(await uninstalled(newer)).toMatchObject({ status: 0 })
    expect(programs()).toEqual([])
    expect(await serviceState()).toBeUndefined()
    expect(await registry(FACTS)).not.toContain('Version')
    expect(await registry(POLICY)).not.toContain('directory')
    expect(await registry(ENVIRONMENT)).not.toContain('Surety')
    expect(await registry(UNINSTALL)).not.toContain('Surety')
    expect((await windows.runProgram('tasklist', ['/fo', 'csv'])).stdout).not.toMatch(/node|surety/)
    expect(read(dataFile('kept'))).toBe('kept')
  })

  onWine('takes the data along when it is asked to', async () => {
    expect(await installed(newer, 'TRAY=1')).toMatchObject({ status: 0 })
    await waitFor('the tray', trays, { until: (count) => count === 1, everyMs: 100 })
    mkdirSync(dataFile('state/deep'), { recursive: true })
    expect(await uninstalled(newer, 'PURGE=1')).toMatchObject({ status: 0 })
    expect(existsSync(dataFile(''))).toBe(false)
    expect([programs(), await trays()]).toEqual([[], 0])
  })
})
