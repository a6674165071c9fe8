import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { VERSION } from '../../../src/base/version.ts'
import type { Windows } from '../../support/windows/windows.ts'
import type { InstalledBundle } from './windows-bundle.ts'

/** @param built by `buildBundle`, and installed as `bundle`. */
export function bundlesForWindows(
  onWine: (name: string, work: () => Promise<void>) => void,
  {
    windows,
    bundle,
    built: builtIn,
  }: { readonly windows: () => Windows; readonly bundle: () => InstalledBundle; readonly built: () => string },
): void {
  onWine('lie beside the service host and a launcher for each command, each with the addon', async () => {
    const built = builtIn()
    expect(readdirSync(built).toSorted()).toEqual([
      ...['surety', 'surety-directory', 'surety-directory.cmd', 'surety-service.exe', 'surety-tray.exe', 'surety.cmd'],
      'suretyd',
    ])
    for (const program of ['surety', 'surety-directory', 'suretyd']) {
      const files = readdirSync(join(built, program))
      expect(files).toEqual(expect.arrayContaining([`${program}.mjs`, 'surety-native.node']))
      expect(files.filter((name) => name.endsWith('.cache'))).toEqual([])
    }
  })

  onWine('print their version', async () => {
    expect(await bundle().run('surety', '--version')).toEqual({ status: 0, stdout: `${VERSION}\n`, stderr: '' })
    expect(await bundle().run('surety-directory', '--version')).toEqual({
      status: 0,
      stdout: `${VERSION}\n`,
      stderr: '',
    })
    expect(await bundle().runDaemon('--version')).toEqual({ status: 0, stdout: `suretyd ${VERSION}\n`, stderr: '' })
  })

  onWine('have the package for tokens of PKCS#11', async () => {
    const script = `new (require('C:/Program Files/Surety/suretyd/node_modules/pkcs11js').PKCS11)().load('C:/nowhere.dll')`
    const { status, stderr } = await windows().runProgram('C:\\Program Files\\Surety\\node.exe', ['-e', script])
    // ERROR_MOD_NOT_FOUND, by the addon: it runs.
    expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining('Error: Win32 error 126') })
  })

  onWine('know the places of Windows', async () => {
    const { status, stdout } = await bundle().runDaemon('--help')
    expect(status).toBe(0)
    expect(stdout).toContain('C:\\ProgramData\\Surety\\state')
    expect(stdout).toContain('one of tbs [tbs]')
  })

  onWine('refuse what they do not know with the exit code for wrong usage', async () => {
    expect((await bundle().run('surety', 'nosuch')).status).toBe(2)
    expect(await bundle().runDaemon('nosuch')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('[USAGE_INVALID]'),
    })
  })
}
