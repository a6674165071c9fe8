import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type BuildOptions, build } from 'esbuild'
import { systemClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { startDirectory } from '../src/directory/directory.ts'
import { simulatorInstalled, startSimulatedTpm } from '../src/start/simulated-tpm.ts'
import { ENGINE_FLAGS } from '../src/system/program/v8-memory.ts'
import { buildCode } from './build-code.ts'

const root = resolve(import.meta.dirname, '..')
const HOUR_MS = 3_600_000
const PATIENCE_MS = 150_000

/** `suretyd`, compiled while it enrols and starts again, with software keys, and with a simulated TPM where there is one. */
export async function buildDaemon(folder: string, shared: BuildOptions): Promise<void> {
  await buildCode(folder, shared, {
    ...{ name: 'suretyd', entry: 'src/main-daemon.ts', runner: 'src/daemon/compiled-daemon.ts', output: 'suretyd.mjs' },
    packagesApart: true,
    compile: () => compile(folder),
  })
  await build({
    ...shared,
    format: 'esm',
    entryPoints: [join(root, 'src/posture/hardware-thread.ts')],
    outfile: join(folder, 'hardware-thread.mjs'),
    banner: { js: "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);" },
  })
}

async function compile(folder: string): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'surety-build-'))
  const signal = AbortSignal.timeout(PATIENCE_MS)
  try {
    await using directory = await startDirectory(
      { clock: systemClock, log: silentLog },
      {
        dataFolder: join(place, 'directory'),
        devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
        names: ['localhost', '127.0.0.1'],
        attestEveryMs: HOUR_MS,
      },
      { signal },
    )
    const twice = async (keys: readonly string[]) => {
      const token = { owner: 'build', ttlMs: HOUR_MS, minimumTier: 'software' } as const
      const enrolment = join(place, 'enrolment')
      writeFileSync(enrolment, (await directory.actions.createToken(token, 'build')).enrolment, { mode: 0o600 })
      const own = ['--state-folder', join(place, 'state'), '--socket', join(place, 'run/control.sock')]
      const args = [...own, '--enrolment-file', enrolment, '--log-level', 'error', '--ready-json', ...keys]
      for (let start = 0; start < 2; start++) await run(folder, args, signal)
      rmSync(join(place, 'state'), { recursive: true })
    }
    await twice(['--keys', 'software'])
    if (!(await simulatorInstalled())) return
    const places = { folder: join(place, 'made'), socketFolder: place }
    await using tpm = await startSimulatedTpm({ clock: systemClock }, places, { signal })
    await twice(['--keys', 'tpm', '--tpm-simulator', tpm.simulator])
  } finally {
    rmSync(place, { recursive: true })
  }
}

/** Until its first evidence is acknowledged. V8 tells flags that are set from those that it was started with. */
async function run(folder: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const command = [join(import.meta.dirname, 'compile.cjs'), folder, 'suretyd', ENGINE_FLAGS.join(), 'run', ...args]
  const env = { PATH: process.env.PATH ?? '' }
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'inherit'], signal })
  const ended = once(child, 'exit')
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (JSON.parse(line).phase === 'acknowledged') child.kill('SIGTERM')
  })
  const [code] = await ended
  if (code !== 0) throw new Error(`suretyd ended with ${code} while it was compiled`)
}
