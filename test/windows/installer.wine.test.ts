import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { waitFor } from '../support/wait-for.ts'
import { openWindows, type Windows, windowsAbsence } from '../support/windows/windows.ts'
import { msiexec } from './msiexec.ts'
import { packagingAbsence, smallDaemon, smallPackage } from './windows-packages.ts'

/**
 * The package for Windows Installer with a daemon that is ready at once. Each test goes on where the one before ended. Wine stands in
 * for Windows: not proved are rights of files, other users, links to files, hidden properties, two installers at once, the rollback of a
 * version that was removed, and what the service control manager does after a failure.
 */

const absent = windowsAbsence() ?? packagingAbsence()
const onWine = absent === undefined ? test : test.skip
/** The installation ended, and the log says why. */
const FAILED = 1603
const SECRET = `surety-enrol-v1.${'Zm9v'.repeat(90)}`
const FACTS = 'HKLM\\SOFTWARE\\Surety'
const POLICY = 'HKLM\\SOFTWARE\\Policies\\Surety'
const RUN = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run'
const UNINSTALL = 'HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall'
const ENVIRONMENT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment'

const folder = temporaryFolder()
let windows: Windows
let older: string
let newer: string
let firstLog = ''

if (absent === undefined) {
  beforeAll(() => {
    windows = openWindows()
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

/** Nothing was installed, and nothing secret was left. */
async function expectNothing(): Promise<void> {
  expect(programs()).toEqual([])
  expect(await serviceState()).toBeUndefined()
  expect(read(dataFile('enrolment'))).toBeUndefined()
}

describe(`the package for Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
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

  onWine('installs silently, with an enrolment string from a file of PowerShell', async () => {
    mkdirSync(onC('Für Åsa'))
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
    for (const key of ['HKLM\\SOFTWARE\\Microsoft\\Windows', 'HKLM\\SYSTEM\\CurrentControlSet', FACTS]) {
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

  onWine('takes settings later, and starts the service anew with them', async () => {
    const starts = () => (read(dataFile('logs/service.log')) ?? '').split('surety-service 0').length
    const before = starts()
    rmSync(dataFile('enrolment'))
    expect(await installed(older, `ENROLMENT=${SECRET}`)).toMatchObject({ status: 0 })
    expect(read(dataFile('enrolment'))).toBe(`${SECRET}\n`)
    await waitFor('the start', starts, { until: (count) => count > before })
    await untilRunning()
    expect(await installed(older)).toMatchObject({ status: 0 })
    await untilRunning()
  })

  onWine('repairs what somebody changed', async () => {
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
    expect(await installed(newer)).toMatchObject({ status: 0 })
    mkdirSync(dataFile('state/deep'), { recursive: true })
    writeFileSync(dataFile('state/deep/file'), '')
    mkdirSync(onC('elsewhere'))
    writeFileSync(onC('elsewhere/file'), '')
    symlinkSync(onC('elsewhere'), dataFile('state/link'))
    expect(await uninstalled(newer, 'PURGE=1')).toMatchObject({ status: 0 })
    // Wine cannot remove the link itself.
    expect(readdirSync(dataFile(''), { recursive: true })).toEqual(['state', 'state/link', 'state/link/file'])
    rmSync(dataFile('state/link'))
    expect(await installed(newer)).toMatchObject({ status: 0 })
    expect(await uninstalled(newer, 'PURGE=1')).toMatchObject({ status: 0 })
    expect(existsSync(dataFile(''))).toBe(false)
  })
})
