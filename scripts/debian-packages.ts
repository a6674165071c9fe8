import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { startProgram } from '../src/system/program/command.ts'

/** Installing packages with apt. */

const APT_GET = '/usr/bin/apt-get'

/** Whether apt can install packages here: the user is root, and the system is Debian or derived from it. */
export async function canInstallPackages(): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false
  try {
    await access(APT_GET, constants.X_OK)
    return /^ID(_LIKE)?=.*debian/m.test(await readFile('/etc/os-release', 'utf8'))
  } catch {
    return false
  }
}

/** Call it once before `installPackages`. */
export async function updatePackageLists(): Promise<boolean> {
  return apt('update')
}

export async function installPackages(names: readonly string[]): Promise<boolean> {
  return apt('install', '-y', '--no-install-recommends', ...names)
}

async function apt(...args: readonly string[]): Promise<boolean> {
  await using program = await startProgram({
    path: APT_GET,
    args: ['-q', ...args],
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stderr: 'inherit',
  })
  return (await program.exit).exitCode === 0
}
