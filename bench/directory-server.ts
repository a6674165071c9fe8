import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type Enrolment, parseEnrolmentString } from '../src/protocol/messages/enrolment-string.ts'

const ROOT = resolve(import.meta.dirname, '..')
const DIST = join(ROOT, 'dist')

/** A process of the bundled directory, pinned to given cores. */
export interface DirectoryServer extends AsyncDisposable {
  readonly pid: number
  readonly url: string
  /** The data folder. */
  readonly data: string
  /** PEM. */
  readonly ca: string
  /** Creates a token. */
  token(): Promise<Enrolment>
  ask(method: string, path: string, body?: object): Promise<unknown>
}

/** Benchmarks measure bundles, because people run bundles. @param options of `scripts/build.ts`. */
export function buildBundle(program: 'suretyd' | 'surety' | 'surety-directory', options: readonly string[] = []): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts'), ...options, program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

export async function startDirectoryServer(init: {
  readonly cores: string
  /** Fills the database of a new directory before it serves. */
  readonly seed?: (path: string) => Promise<void>
  readonly settings?: readonly string[]
  /** The folder of the bundle. */
  readonly dist?: string
}): Promise<DirectoryServer> {
  const bundle = join(init.dist ?? DIST, 'surety-directory/surety-directory.mjs')
  if (!existsSync(bundle)) buildBundle('surety-directory')
  const data = mkdtempSync(join(tmpdir(), 'surety-bench-'))
  const args = [
    ...['-c', init.cores, process.execPath, bundle, 'serve', '--ready-json', '--data', data],
    ...['--devices-host', '127.0.0.1', '--devices-port', '0', '--api-port', '0'],
    ...['--console-port', '0', '--names', 'localhost,127.0.0.1'],
    ...['--log-level', 'error', ...(init.settings ?? [])],
  ]
  const serve = async () => {
    const started = spawn('/usr/bin/taskset', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    await firstLine(started)
    return started
  }
  if (init.seed !== undefined) {
    // The first start creates the keys. A register with devices and without keys is refused.
    const first = await serve()
    await ended(first)
    await init.seed(join(data, 'directory.sqlite'))
  }
  const child = await serve()
  const profile = JSON.parse(readFileSync(join(data, 'administrator.json'), 'utf8'))
  const ask = (method: string, path: string, body?: object) => askApi(profile, method, path, body)
  const token = async () => {
    const created = await ask('POST', '/tokens', { owner: 'bench', minimumTier: 'software' })
    return parseEnrolmentString((created as { enrolment: string }).enrolment) // by the schema of the API
  }
  return {
    pid: child.pid ?? 0,
    data,
    url: (await token()).url,
    ca: profile.ca,
    token,
    ask,
    async [Symbol.asyncDispose]() {
      await ended(child)
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new TypeError('no standard output')
  const lines = createInterface({ input: child.stdout })
  await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('the directory ended before it was ready'))),
  ])
}

function askApi(
  { url, ca, token }: { url: string; ca: string; token: string },
  method: string,
  path: string,
  body: object | undefined,
): Promise<unknown> {
  return new Promise((done, failed) => {
    const asked = request(
      `${url}/api/v1${path}`,
      { method, ca, headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' } },
      async (response) => {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        const text = Buffer.concat(chunks).toString()
        if ((response.statusCode ?? 500) >= 400) failed(new Error(`${method} ${path}: ${text}`))
        else done(text === '' ? undefined : JSON.parse(text))
      },
    )
    asked.on('error', failed)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
