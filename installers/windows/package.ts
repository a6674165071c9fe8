import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { ROOT, WINDOWS } from '../description.ts'
import { thirdPartyNotices } from '../notices.ts'
import { runTool } from '../run-tool.ts'
import { signFile } from '../sign-file.ts'
import { type MsiInit, makeMsi, requireMsiVersion } from './msi.ts'

export interface WindowsPackageInit {
  readonly version: string
  readonly epoch: number
  readonly isCompressed: boolean
  /** A program that signs the file it is given, in place: `SURETY_SIGN_WINDOWS`. Without one nothing is signed. */
  readonly signer?: string | undefined
}

const TOOLS = {
  '/usr/bin/msibuild': 'msitools',
  '/usr/bin/gcab': 'gcab',
  '/usr/bin/x86_64-w64-mingw32-gcc': 'gcc-mingw-w64-x86-64-win32',
} as const

/** Builds the programs for Windows and packs them. @returns the path of the package in `out`. @throws what is wrong, in one line. */
export function packageWindows(out: string, init: WindowsPackageInit): string {
  requireMsiVersion(init.version)
  const missing = Object.entries(TOOLS).filter(([path]) => !existsSync(path))
  if (missing.length > 0) throw new Error(`apt-get install ${missing.map(([, name]) => name).join(' ')}`)
  const folder = mkdtempSync(join(tmpdir(), 'surety-windows-'))
  try {
    const built = join(folder, 'built')
    script('build-native.ts', ['--windows'])
    script('build.ts', ['--system', 'windows', '--out', built, 'suretyd', 'surety'])
    const staged = join(folder, 'staged')
    stageWindows(staged, built)
    const setup = join(folder, 'surety-setup.dll')
    copyFileSync(join(ROOT, 'native/build/surety-setup.dll'), setup)
    return makeSignedMsi(staged, out, { ...init, setup })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Signs our programs where they lie, and the package; nothing without a signer. @returns the path of the package in `out`. */
export function makeSignedMsi(staged: string, out: string, init: MsiInit & Pick<WindowsPackageInit, 'signer'>): string {
  const sign = (path: string) => {
    if (init.signer !== undefined) signFile('SURETY_SIGN_WINDOWS', init.signer, path)
  }
  for (const path of [...ownPrograms(staged), init.setup]) sign(path)
  const folder = mkdtempSync(join(out, '.signing-'))
  try {
    const unsigned = makeMsi(staged, folder, init)
    sign(unsigned)
    const path = join(out, basename(unsigned))
    renameSync(unsigned, path)
    return path
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lays out what becomes the folder of the program. @param built by `npm run build -- --system windows`. */
export function stageWindows(staged: string, built: string): void {
  mkdirSync(staged, { recursive: true })
  for (const name of WINDOWS.installed) {
    if (existsSync(join(built, name))) cpSync(join(built, name), join(staged, name), { recursive: true })
  }
  copyFileSync(join(ROOT, 'LICENSE'), join(staged, 'LICENSE.txt'))
  writeFileSync(join(staged, 'THIRD-PARTY-NOTICES.txt'), thirdPartyNotices())
}

/** Node is signed by its project. */
function ownPrograms(staged: string): readonly string[] {
  return readdirSync(staged, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(exe|dll|node)$/.test(name) && name !== 'node.exe')
    .map((name) => join(staged, name))
}

function script(name: string, args: readonly string[]): void {
  runTool(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts', name), ...args])
}
