import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { openWindows, type Windows, windowsAbsence } from '../support/windows/windows.ts'
import { buildBundle, type InstalledBundle, installBundle } from './windows-bundle.ts'

/** The bundles for Windows print what they are. Wine stands in for Windows. */

const absent = windowsAbsence()
const onWine = absent === undefined ? test : test.skip
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))
const folder = temporaryFolder()
let windows: Windows
let bundle: InstalledBundle

if (absent === undefined) {
  beforeAll(() => {
    buildBundle(folder.path)
    windows = openWindows()
    bundle = installBundle(windows, folder.path)
  })
}
afterAll(() => {
  windows?.[Symbol.dispose]()
  folder[Symbol.dispose]()
})

describe(`the bundles for Windows${absent === undefined ? '' : ` (skipped: ${absent})`}`, () => {
  onWine('lie beside the service host and a launcher for each command, each with the addon', () => {
    expect(readdirSync(folder.path).toSorted()).toEqual([
      ...['surety', 'surety-directory', 'surety-directory.cmd', 'surety-service.exe', 'surety.cmd', 'suretyd'],
    ])
    for (const program of ['surety', 'surety-directory', 'suretyd']) {
      const files = readdirSync(join(folder.path, program))
      expect(files).toEqual(expect.arrayContaining([`${program}.mjs`, 'surety-native.node']))
      expect(files.filter((name) => name.endsWith('.cache'))).toEqual([])
    }
  })

  onWine('print their version', async () => {
    expect(await bundle.run('surety', '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(await bundle.run('surety-directory', '--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
    expect(await bundle.runDaemon('--version')).toEqual({ status: 0, stdout: `suretyd ${version}\n`, stderr: '' })
  })

  onWine('know the places of Windows', async () => {
    const { status, stdout } = await bundle.runDaemon('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('C:\\ProgramData\\Surety\\state')
    expect(stdout).toContain('\\\\.\\pipe\\surety-control')
  })

  onWine('refuse what they do not know with the exit code for wrong usage', async () => {
    expect((await bundle.run('surety', 'nosuch')).status).toBe(2)
    expect(await bundle.runDaemon('nosuch')).toMatchObject({
      ...{ status: 2, stderr: expect.stringContaining('[USAGE_INVALID]') },
    })
  })
})
