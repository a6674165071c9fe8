import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../description.ts'
import { thirdPartyNotices } from '../notices.ts'
import { runTool } from '../run-tool.ts'
import { signFile } from '../sign-file.ts'
import { makePkg, type PkgInit, requirePkgVersion } from './pkg.ts'

export interface MacPackageInit extends PkgInit {
  /** A program that signs the file it is given, in place: `SURETY_SIGN_MACOS`. Without one nothing is signed. */
  readonly signer?: string | undefined
}

/** Where each part of the build goes. */
const PROGRAMS = '/Library/Surety'
const INSTALLED = ['suretyd', 'surety', 'Surety.app', 'node', 'uninstall'] as const
const DAEMON_LIST = 'org.surety.suretyd.plist'
const TRAY_LIST = 'org.surety.tray.plist'
/** Files that the shell reads: the folder of the commands, and that of their pages. */
const PATH_FILE = '/private/etc/paths.d/surety'
const MANUAL_FILE = '/private/etc/manpaths.d/surety'
const MANUALS = ['surety.1', 'suretyd.8'] as const

/** Builds the programs for macOS and packs them. @returns the path of the package in `out`. @throws what is wrong, in one line. */
export function packageMac(out: string, init: MacPackageInit): string {
  requirePkgVersion(init.version)
  const folder = mkdtempSync(join(tmpdir(), 'surety-mac-'))
  try {
    const built = join(folder, 'built')
    script('build-native.ts', ['--darwin'])
    script('build.ts', ['--system', 'darwin', '--out', built, 'suretyd', 'surety'])
    const staged = join(folder, 'staged')
    stageMac(staged, built)
    const sign = (path: string) => {
      if (init.signer !== undefined) signFile('SURETY_SIGN_MACOS', init.signer, path)
    }
    for (const path of nativeFiles(staged)) sign(path)
    const path = makePkg(staged, out, init)
    sign(path)
    return path
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lays out what a Mac has afterwards. @param built by `npm run build -- --system darwin`. */
export function stageMac(staged: string, built: string): void {
  const programs = join(staged, PROGRAMS)
  const put = (to: string, from: string) => {
    mkdirSync(dirname(join(staged, to)), { recursive: true })
    copyFileSync(from, join(staged, to))
  }
  mkdirSync(programs, { recursive: true })
  for (const name of INSTALLED) {
    if (existsSync(join(built, name))) cpSync(join(built, name), join(programs, name), { recursive: true })
  }
  put(`${PROGRAMS}/bin/surety`, join(built, 'bin/surety'))
  put(`${PROGRAMS}/LICENSE`, join(ROOT, 'LICENSE'))
  writeFileSync(join(programs, 'THIRD-PARTY-NOTICES'), thirdPartyNotices())
  for (const page of MANUALS) put(`${PROGRAMS}/man/man${page.at(-1)}/${page}`, join(ROOT, 'docs/man', page))
  put(`/Library/LaunchDaemons/${DAEMON_LIST}`, join(built, DAEMON_LIST))
  if (existsSync(join(programs, 'Surety.app'))) put(`/Library/LaunchAgents/${TRAY_LIST}`, join(built, TRAY_LIST))
  // launchd makes no folder for a log.
  mkdirSync(join(staged, '/Library/Logs/Surety'), { recursive: true })
  for (const [file, line] of [
    [PATH_FILE, `${PROGRAMS}/bin`],
    [MANUAL_FILE, `${PROGRAMS}/man`],
  ] as const) {
    mkdirSync(dirname(join(staged, file)), { recursive: true })
    writeFileSync(join(staged, file), `${line}\n`)
  }
  // What `postinstall` keeps of the programs.
  writeFileSync(join(programs, 'files'), '')
  const names = readdirSync(programs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `.${join(entry.parentPath, entry.name).slice(programs.length)}\n`)
  writeFileSync(
    join(programs, 'files'),
    names.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))).join(''),
  )
  fixModes(staged)
}

/** The daemon refuses code that others can change, and the build may run with any umask. */
function fixModes(staged: string): void {
  chmodSync(staged, 0o755)
  for (const entry of readdirSync(staged, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const isProgram =
      entry.isDirectory() || /\/(node|surety-tray|uninstall|surety-canary-darwin|bin\/surety)$/.test(path)
    chmodSync(path, isProgram ? 0o755 : 0o644)
  }
}

function nativeFiles(staged: string): readonly string[] {
  return readdirSync(staged, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.node$|\/(node|surety-tray|surety-canary-darwin)$/.test(name))
    .map((name) => join(staged, name))
}

function script(name: string, args: readonly string[]): void {
  runTool(process.execPath, ['--disable-warning=ExperimentalWarning', join(ROOT, 'scripts', name), ...args])
}
