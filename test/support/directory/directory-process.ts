import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { temporaryFolder } from '../temporary-folder.ts'

/** `surety-directory` as people run it: a process of its own. */

const MAIN = resolve(import.meta.dirname, '../../../src/main-directory.ts')

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

interface RunInit {
  readonly script?: string
  /** A descriptor to write to instead of a pipe, or a pipe whose reader has gone. */
  readonly stdout?: number | 'closed'
}

function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  { script = MAIN, stdout }: RunInit = {},
) {
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', typeof stdout === 'number' ? stdout : 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...environment },
  })
  const said = { stdout: '', stderr: '' }
  if (stdout === 'closed') child.stdout?.destroy()
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text
  })
  const ended = once(child, 'close').then(([exitCode]): Ended => ({ exitCode, ...said }))
  return { child, ended, said }
}

export function runDirectory(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
  init?: RunInit,
): Promise<Ended> {
  return start(args, environment, init).ended
}

export interface ServingDirectory extends AsyncDisposable {
  readonly pid: number
  readonly api: string
  readonly devices: string
  /** Where people open the console. */
  readonly console: string
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Ended>
}

/** @throws when it ends before it is ready, with what it said. */
export async function serveDirectory(
  dataFolder: string,
  args: readonly string[] = [],
  script = MAIN,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServingDirectory> {
  const ports = ['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0', '--console-port', '0']
  const { child, ended } = start(['serve', '--data', dataFolder, ...ports, '--ready-json', ...args], environment, {
    script,
  })
  const line = await Promise.race([once(createInterface({ input: child.stdout as Readable }), 'line'), ended])
  if (!Array.isArray(line)) throw new Error(`it ended: ${line.stderr}`)
  const { api, devices, console, ready } = JSON.parse(String(line[0]))
  if (ready !== true) throw new Error(`not ready: ${line[0]}`)
  return {
    api,
    devices,
    console,
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** One server for all tests of a file. */
export function serveForAll(): { readonly path: string; readonly server: ServingDirectory } {
  const folder = temporaryFolder({ inMemory: true })
  let serving: ServingDirectory | undefined
  beforeAll(async () => {
    serving = await serveDirectory(folder.path)
  })
  afterAll(async () => {
    await serving?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })
  return {
    path: folder.path,
    get server() {
      if (serving === undefined) throw new TypeError('it does not serve yet')
      return serving
    },
  }
}
