import { type StdioOptions, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { scaledMs } from '../machine-speed.ts'
import { CACHE } from './windows-runtime.ts'

/** A prefix is one Windows: its registry, its drive C: and its processes. */

export const WINE = '/usr/bin/wine'
const WINESERVER = '/usr/bin/wineserver'
const WITHIN_MS = scaledMs(120_000)

export interface WinePrefix extends Disposable {
  /** On Linux. */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Ends everything in it as a switch does, and starts it again. */
  restart(): void
}

/**
 * A copy of a prefix that was prepared once for this version of Wine. Files below `C:\windows` are hard links to it: remove
 * one before you write it. When it is disposed, all programs in it end.
 *
 * @throws what is wrong, in one line.
 */
export function winePrefix(): WinePrefix {
  const prepared = preparedPrefix()
  sweepDead()
  const folder = mkdtempSync(join(CACHE, `run-${process.pid}-`))
  copy(prepared, folder)
  const env = environmentOf(folder)
  // Without it the server would end with the last program, and the next one would find Windows started anew.
  const start = () => command(WINESERVER, ['-p'], env)
  start()
  return {
    folder,
    env,
    restart() {
      command(WINESERVER, ['-k'], env)
      start()
    },
    [Symbol.dispose]: () => endAndRemove(folder),
  }
}

function environmentOf(folder: string): Readonly<Record<string, string>> {
  return {
    PATH: '/usr/bin:/bin',
    HOME: folder,
    WINEPREFIX: folder,
    WINEDEBUG: '-all',
    // Neither .NET nor a browser is needed, and Wine would ask to download them.
    WINEDLLOVERRIDES: 'mscoree,mshtml=',
    LC_ALL: 'C.UTF-8',
    // Else Wine complains on the standard error of the first program.
    XDG_RUNTIME_DIR: folder,
  }
}

function preparedPrefix(): string {
  const version = command(WINE, ['--version'], { PATH: '/usr/bin:/bin' })
    .trim()
    .replace(/[^\w.-]+/g, '_')
  const prepared = join(CACHE, `prefix-${version}`)
  if (existsSync(prepared)) return prepared
  mkdirSync(CACHE, { recursive: true, mode: 0o755 })
  const unfinished = mkdtempSync(join(CACHE, '.prefix-'))
  const env = environmentOf(unfinished)
  try {
    command(WINE, ['wineboot', '-i'], env)
    command(WINESERVER, ['-w'], env)
    renameUnlessThere(unfinished, prepared)
    return prepared
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
}

/** Another test file may have been faster. */
function renameUnlessThere(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch (error) {
    if (!existsSync(to)) throw error
  }
}

function copy(prepared: string, folder: string): void {
  for (const name of readdirSync(prepared)) {
    if (name === 'drive_c') continue
    command('/usr/bin/cp', ['-a', join(prepared, name), folder])
  }
  mkdirSync(join(folder, 'drive_c'))
  for (const name of readdirSync(join(prepared, 'drive_c'))) {
    command('/usr/bin/cp', [
      name === 'windows' ? '-al' : '-a',
      join(prepared, 'drive_c', name),
      join(folder, 'drive_c'),
    ])
  }
}

/** Of tests that were killed. */
function sweepDead(): void {
  for (const name of readdirSync(CACHE)) {
    const pid = /^run-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) endAndRemove(join(CACHE, name))
  }
}

function endAndRemove(folder: string): void {
  spawnSync(WINESERVER, ['-k'], { env: environmentOf(folder), stdio: 'ignore', timeout: WITHIN_MS })
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}

/** @returns its output. Of a program of Windows there is none: it cannot write to a pipe of Linux. */
function command(path: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const output = args[0] === '--version' ? 'pipe' : 'ignore'
  const stdio: StdioOptions = ['ignore', output, 'ignore']
  const result = spawnSync(path, args, { env, stdio, encoding: 'utf8', timeout: WITHIN_MS })
  if (result.status === 0) return result.stdout ?? ''
  throw new Error(`${path} ${args[0] ?? ''} ended with ${result.status ?? result.signal ?? result.error}`)
}
