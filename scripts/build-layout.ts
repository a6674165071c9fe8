import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { macRuntime, windowsRuntime } from '../test/support/windows/windows-runtime.ts'

export interface LayoutInit {
  /** Of the repository. */
  readonly root: string
  /** The folder of the bundles. */
  readonly out: string
  readonly platform: 'linux' | 'darwin' | 'win32'
  /** For tests, which have it already: it has a hundred megabytes. */
  readonly withoutRuntime: boolean
}

/** As in the property list. */
const MAC_FOLDER = '/Library/Surety'
const COMMANDS = ['surety', 'surety-directory'] as const

/** Puts beside the bundles what an installer needs for the whole folder. */
export function buildLayout(init: LayoutInit): void {
  if (init.platform === 'win32') buildWindowsLayout(init)
  if (init.platform === 'darwin') buildMacLayout(init)
}

/** `node.exe`, both hosts, and a launcher for each command. All lie in the folder above the programs. */
function buildWindowsLayout({ root, out, withoutRuntime }: LayoutInit): void {
  for (const name of ['surety-service.exe', 'surety-tray.exe']) {
    const host = join(root, 'native/build', name)
    if (existsSync(host)) copyFileSync(host, join(out, basename(host)))
    else console.log(`${name} is missing: npm run build:native -- --windows`)
  }
  for (const command of COMMANDS) {
    const line = `@"%~dp0node.exe" --disable-warning=ExperimentalWarning "%~dp0${command}\\${command}.mjs" %*`
    writeFileSync(join(out, `${command}.cmd`), `${line}\r\n`)
  }
  copyPkcs11(root, out)
  if (!withoutRuntime) copyFileSync(windowsRuntime(root), join(out, 'node.exe'))
}

/** The only package that is not in the bundle: it is native, and loaded only for keys in a token. */
function copyPkcs11(root: string, out: string): void {
  const built = join(root, 'native/build/pkcs11-win32-x64.node')
  const program = join(out, 'suretyd')
  if (!existsSync(built) || !existsSync(program)) return
  const to = join(program, 'node_modules/pkcs11js')
  mkdirSync(join(to, 'build/Release'), { recursive: true })
  for (const name of ['package.json', 'index.js', 'LICENSE'])
    copyFileSync(join(root, 'node_modules/pkcs11js', name), join(to, name))
  copyFileSync(built, join(to, 'build/Release/pkcs11.node'))
}

/** The property lists of launchd, the host of the icon, the runtime, and a launcher for each command. */
function buildMacLayout({ root, out, withoutRuntime }: LayoutInit): void {
  for (const name of ['org.surety.suretyd.plist', 'org.surety.tray.plist', 'uninstall'])
    copyFileSync(join(root, 'installers/darwin', name), join(out, name))
  buildMacTray(root, join(out, 'Surety.app/Contents'))
  mkdirSync(join(out, 'bin'), { recursive: true })
  for (const command of COMMANDS) {
    const text = `#!/bin/sh\nexec ${MAC_FOLDER}/node ${MAC_FOLDER}/${command}/${command}.mjs "$@"\n`
    writeFileSync(join(out, 'bin', command), text, { mode: 0o755 })
  }
  if (!withoutRuntime) copyFileSync(macRuntime(root), join(out, 'node'))
}

/** An application without a window: macOS lets only a bundle show notices. */
function buildMacTray(root: string, contents: string): void {
  const host = join(root, 'native/build/surety-tray-darwin')
  if (!existsSync(host)) {
    console.log('surety-tray is missing: npm run build:native -- --darwin')
    return
  }
  for (const folder of ['MacOS', 'Resources']) mkdirSync(join(contents, folder), { recursive: true })
  copyFileSync(host, join(contents, 'MacOS/surety-tray'))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const text = readFileSync(join(root, 'native/darwin/tray/Info.plist'), 'utf8')
  writeFileSync(join(contents, 'Info.plist'), text.replaceAll('@VERSION@', version))
  for (const state of ['ok', 'attention', 'stopped', 'unknown']) {
    const name = `surety-${state}.ico`
    copyFileSync(join(root, 'installers/icons', name), join(contents, 'Resources', name))
  }
}
