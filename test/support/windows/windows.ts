import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, linkSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { scaledMs } from '../machine-speed.ts'
import { windowsRuntime } from './windows-runtime.ts'
import { WINE, type WinePrefix, winePrefix } from './wine-prefix.ts'

/**
 * Windows for tests: Wine with the project's own Node for Windows and the addon that was compiled for it. A program of Windows has
 * no pipes to Linux, so its output goes through files. Exit codes arrive modulo 256.
 */

const ROOT = resolve(import.meta.dirname, '../../..')
const WITHIN_MS = scaledMs(120_000)
const NODE = 'C:\\Program Files\\nodejs\\node.exe'

export interface Windows extends Disposable {
  /** C: as Linux sees it. Files below `windows` are shared: remove one before you write it. */
  readonly driveC: string
  /** The name that Windows has for a file of Linux: `Z:\…`. */
  nameOf(path: string): string
  /** Runs a module with Node for Windows until it ends. */
  run(script: string, args?: readonly string[], options?: RunOptions): Promise<WindowsResult>
  /** Starts one. It ends when it is disposed. */
  start(script: string, args?: readonly string[], options?: RunOptions): WindowsProgram
  /** Runs a program of Windows, by a name that Windows finds or by its path there. */
  runProgram(program: string, args?: readonly string[], options?: RunOptions): Promise<WindowsResult>
  startProgram(program: string, args?: readonly string[], options?: RunOptions): WindowsProgram
  /** Writes values below keys such as `HKEY_LOCAL_MACHINE\SOFTWARE\X`; null removes one. */
  writeRegistry(values: RegistryValues): Promise<void>
  /** Turns it off without a warning, and on again: its services start. */
  restart(): Promise<void>
}

export interface RunOptions {
  /** Added to what Windows has. */
  readonly env?: Readonly<Record<string, string>>
}

export interface WindowsResult {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface WindowsProgram extends Disposable {
  /** Until now. */
  output(): Pick<WindowsResult, 'stdout' | 'stderr'>
  readonly ended: Promise<WindowsResult>
  /** Not gently: Windows has no signals. */
  kill(): void
}

/** A number is a DWORD, `texts` REG_MULTI_SZ; bytes are of the type given. */
export type RegistryValue =
  | number
  | string
  | { readonly texts: readonly string[] }
  | { readonly type: number; readonly bytes: Uint8Array }
export type RegistryValues = Readonly<Record<string, Readonly<Record<string, RegistryValue | null>>>>

/** A test with a Windows of its own; skipped aloud where there is none. */
export function onWindows(name: string, work: (windows: Windows) => Promise<void>): void {
  const absent = windowsAbsence()
  if (absent !== undefined) {
    test.skip(`(skipped: ${absent}) ${name}`, () => undefined)
    return
  }
  test(name, async () => {
    using windows = openWindows()
    await work(windows)
  })
}

/** Why there is no Windows here. @throws what the compiler says. */
export function windowsAbsence(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'Wine runs on Linux, x64'
  if (!existsSync(WINE)) return 'Wine is missing: apt-get install wine wine64'
  if (process.getuid?.() !== 0) return 'only root may keep a prepared Windows'
  const addon = spawnSync(process.execPath, [join(ROOT, 'scripts/build-native.ts'), '--windows'], { encoding: 'utf8' })
  if (addon.status === 0) return undefined
  if (addon.stdout.includes('apt-get install')) return addon.stdout.trim()
  throw new Error(`the addon for Windows cannot be built: ${addon.stderr}`)
}

/** @throws what is wrong, in one line. */
export function openWindows(): Windows {
  const runtime = windowsRuntime(ROOT)
  const prefix = winePrefix()
  const driveC = join(prefix.folder, 'drive_c')
  const outputs = join(prefix.folder, 'outputs')
  mkdirSync(outputs)
  mkdirSync(join(driveC, 'Program Files/nodejs'), { recursive: true })
  linkSync(runtime, join(driveC, 'Program Files/nodejs/node.exe'))
  let started = 0
  const startProgram: Windows['startProgram'] = (program, args = [], options = {}) =>
    startInside(prefix, join(outputs, String(++started)), [program, ...args], options)
  const runProgram: Windows['runProgram'] = async (program, args, options) => {
    using running = startProgram(program, args, options)
    return await running.ended
  }
  const nodeArguments = (script: string, args: readonly string[] = []) => [
    '--disable-warning=ExperimentalWarning',
    windowsName(script),
    ...args,
  ]
  return {
    driveC,
    nameOf: windowsName,
    startProgram,
    runProgram,
    start: (script, args, options) => startProgram(NODE, nodeArguments(script, args), options),
    run: (script, args, options) => runProgram(NODE, nodeArguments(script, args), options),
    async writeRegistry(values) {
      const file = join(outputs, `${++started}.reg`)
      writeFileSync(file, `\ufeff${registryText(values)}`, 'utf16le')
      const { status } = await runProgram('reg', ['import', windowsName(file)])
      if (status !== 0) throw new Error(`reg import ended with ${status}`)
    },
    async restart() {
      prefix.restart()
      // The first program starts Windows.
      await runProgram('cmd', ['/c', 'exit'])
    },
    [Symbol.dispose]: () => prefix[Symbol.dispose](),
  }
}

function windowsName(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`
}

function startInside(prefix: WinePrefix, output: string, args: readonly string[], options: RunOptions): WindowsProgram {
  const files = [openSync(`${output}.stdout`, 'w'), openSync(`${output}.stderr`, 'w')] as const
  const child = spawn(WINE, args, {
    cwd: ROOT,
    env: { ...prefix.env, ...options.env },
    stdio: ['ignore', ...files],
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
  })
  for (const file of files) closeSync(file)
  // Gone with the whole Windows when a test has failed.
  const textOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : '')
  const read = () => ({ stdout: textOf(`${output}.stdout`), stderr: textOf(`${output}.stderr`) })
  const kill = () => {
    child.kill('SIGKILL')
  }
  return {
    output: read,
    ended: once(child, 'close').then(([status]) => ({ status, ...read() })),
    kill,
    [Symbol.dispose]: kill,
  }
}

/** As regedit exports it. */
function registryText(values: RegistryValues): string {
  const keys = Object.entries(values).map(([key, members]) => {
    const lines = Object.entries(members).map(([name, value]) => `"${escaped(name)}"=${registryValue(value)}`)
    return [`[${key}]`, ...lines, ''].join('\r\n')
  })
  return ['Windows Registry Editor Version 5.00', '', ...keys, ''].join('\r\n')
}

function registryValue(value: RegistryValue | null): string {
  if (value === null) return '-'
  if (typeof value === 'number') return `dword:${(value >>> 0).toString(16).padStart(8, '0')}`
  if (typeof value === 'string') return `"${escaped(value)}"`
  const { type, bytes } = 'texts' in value ? { type: 7, bytes: multiText(value.texts) } : value
  return `hex(${type.toString(16)}):${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(',')}`
}

function multiText(texts: readonly string[]): Uint8Array {
  return Buffer.from(`${texts.map((text) => `${text}\0`).join('')}\0`, 'utf16le')
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')
}
