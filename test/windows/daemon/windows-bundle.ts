import { execFileSync } from 'node:child_process'
import { cpSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Windows, WindowsResult } from '../../support/windows/windows.ts'

/** The bundles for Windows, built and laid out as an installer does, in `C:\Program Files\Surety`. */

const ROOT = resolve(import.meta.dirname, '../../..')
const FOLDER = 'C:\\Program Files\\Surety'

export interface InstalledBundle {
  readonly host: string
  /** Runs a command by its launcher. */
  run(program: 'surety' | 'surety-directory', ...args: readonly string[]): Promise<WindowsResult>
  runDaemon(...args: readonly string[]): Promise<WindowsResult>
  /** Writes a file of `C:\ProgramData\Surety`. */
  write(name: string, text: string): void
  /** On Linux. */
  dataFile(name: string): string
}

/** @param out of the bundles. */
export function buildBundle(out: string): void {
  const args = [join(ROOT, 'scripts/build.ts'), '--system', 'windows', '--without-runtime', '--out', out]
  execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] })
}

export function installBundle(windows: Windows, out: string): InstalledBundle {
  const folder = join(windows.driveC, 'Program Files/Surety')
  cpSync(out, folder, { recursive: true })
  linkSync(join(windows.driveC, 'Program Files/nodejs/node.exe'), join(folder, 'node.exe'))
  const data = join(windows.driveC, 'ProgramData/Surety')
  return {
    host: `${FOLDER}\\surety-service.exe`,
    run: (program, ...args) => windows.runProgram('cmd', ['/d', '/c', `${FOLDER}\\${program}.cmd`, ...args]),
    runDaemon: (...args) => windows.runProgram(`${FOLDER}\\node.exe`, [`${FOLDER}\\suretyd\\suretyd.mjs`, ...args]),
    write(name, text) {
      mkdirSync(data, { recursive: true })
      writeFileSync(join(data, name), text, { mode: 0o600 })
    },
    dataFile: (name) => join(data, name),
  }
}
