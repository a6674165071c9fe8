import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeMsi } from '../../../installers/windows/msi.ts'
import { stageWindows } from '../../../installers/windows/package.ts'
import { windowsRuntime } from '../../support/windows/windows-runtime.ts'

/** Packages for Windows Installer, for tests: not compressed. */

const ROOT = resolve(import.meta.dirname, '../../..')
const COMPILER = '/usr/bin/x86_64-w64-mingw32-gcc'
const EPOCH = 1_700_000_000

export interface TestPackageInit {
  readonly version: string
  /** Made in it. */
  readonly out: string
  readonly hasTray?: boolean
}

/** The package of a daemon that is ready at once. @param daemon by `smallDaemon`. */
export function smallPackage(daemon: string, { version, out, hasTray = true }: TestPackageInit): string {
  const staged = join(out, `staged-${version}`)
  mkdirSync(join(staged, 'suretyd'), { recursive: true })
  copyFileSync(daemon, join(staged, 'node.exe'))
  writeFileSync(join(staged, 'suretyd/suretyd.mjs'), version)
  copyFileSync(join(ROOT, 'native/build/surety-service.exe'), join(staged, 'surety-service.exe'))
  if (hasTray) copyFileSync(daemon, join(staged, 'surety-tray.exe'))
  return packageOf(staged, out, version)
}

/** @returns the path of a program of Windows. */
export function smallDaemon(out: string): string {
  const output = join(out, 'small-daemon.exe')
  compile([join(import.meta.dirname, 'small-daemon.c')], output)
  return output
}

/** The parts of `surety-setup.dll` behind a command line; see setup-probe.c. */
export function compileSetupProbe(output: string): void {
  const native = join(ROOT, 'native/windows')
  const own = ['given.c', 'enrolment-file.c', 'enrolment-place.c'].map((name) => join(native, 'setup', name))
  const sources = [...own, join(native, 'service/data-folder.c'), join(import.meta.dirname, 'setup-probe.c')]
  const flags = ['-municode', '-D_WIN32_WINNT=0x0A00', '-DUNICODE', `-I${join(native, 'setup')}`]
  compile([...flags, ...sources, '-ladvapi32', '-lshell32', '-lole32', '-luuid'], output)
}

function compile(args: readonly string[], output: string): void {
  const flags = ['-std=c11', '-O2', '-s', '-Wall', '-Wextra', '-Werror']
  const { status, stderr } = spawnSync(COMPILER, [...flags, ...args, '-o', output], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** The package of the real programs. @param built by `buildBundle`. */
export function wholePackage(built: string, { version, out }: TestPackageInit): string {
  const staged = join(out, `staged-${version}`)
  stageWindows(staged, built)
  copyFileSync(windowsRuntime(ROOT), join(staged, 'node.exe'))
  return packageOf(staged, out, version)
}

function packageOf(staged: string, out: string, version: string): string {
  const setup = join(ROOT, 'native/build/surety-setup.dll')
  return makeMsi(staged, out, { version, setup, epoch: EPOCH, isCompressed: false })
}

/** Why none can be made here. */
export function packagingAbsence(): string | undefined {
  const missing = ['/usr/bin/msibuild', '/usr/bin/msiextract', '/usr/bin/gcab'].filter(
    (path) => spawnSync(path, ['--help']).error !== undefined,
  )
  return missing.length === 0 ? undefined : `${missing.join(', ')}: apt-get install msitools gcab`
}
