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
import { ENGINE_FLAGS } from '../src/system/program/v8-memory.ts'
import { buildCompiled } from './build-compiled.ts'
import { simulatorInstalled, startSimulatedTpm } from './start/simulated-tpm.ts'

const root = resolve(import.meta.dirname, '..')
const HOUR_MS = 3_600_000
const BUILD_TIMEOUT_MS = 150_000

/** Builds `suretyd`. V8 compiles it while it enrols and restarts with software keys, and with a simulated TPM if swtpm is installed. */
export async function buildDaemon(folder: string, shared: BuildOptions): Promise<void> {
  await buildCompiled(folder, shared, {
    ...{ name: 'suretyd', entry: 'src/main-daemon.ts', runner: 'src/daemon/compiled-daemon.ts', output: 'suretyd.mjs' },
    hasSeparatePackages: true,
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
  const temporary = mkdtempSync(join(tmpdir(), 'surety-build-'))
  const signal = AbortSignal.timeout(BUILD_TIMEOUT_MS)
  try {
    await using directory = await startDirectory(
      { clock: systemClock, log: silentLog },
      {
        dataFolder: join(temporary, 'directory'),
        devices: { host: '127.0.0.1', port: 0, channelBinding: 'required' },
        names: ['localhost', '127.0.0.1'],
        attestEveryMs: HOUR_MS,
      },
      { signal },
    )
    const runTwice = async (keys: readonly string[]) => {
      const token = { owner: 'build', ttlMs: HOUR_MS, minimumTier: 'software' } as const
      const enrolment = join(temporary, 'enrolment')
      writeFileSync(enrolment, directory.services.tokens.create(token, 'build').enrolment, { mode: 0o600 })
      const own = ['--state-folder', join(temporary, 'state'), '--socket', join(temporary, 'run/control.sock')]
      const args = [...own, '--enrolment-file', enrolment, '--log-level', 'error', '--ready-json', ...keys]
      for (let start = 0; start < 2; start++) await run(folder, args, signal)
      rmSync(join(temporary, 'state'), { recursive: true })
    }
    await runTwice(['--keys', 'software'])
    if (!(await simulatorInstalled())) return
    const folders = { folder: join(temporary, 'simulated-tpm'), socketFolder: temporary }
    await using tpm = await startSimulatedTpm({ clock: systemClock }, folders, { signal })
    await runTwice(['--keys', 'tpm', '--tpm-simulator', tpm.simulator])
  } finally {
    rmSync(temporary, { recursive: true })
  }
}

/**
 * Runs the daemon until its first evidence is acknowledged. The V8 flags are set at run time, as in the daemon, because V8
 * distinguishes them from flags on the command line.
 */
async function run(folder: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const command = [
    join(import.meta.dirname, 'save-compiled-code.cjs'),
    folder,
    'suretyd',
    ENGINE_FLAGS.join(),
    'run',
    ...args,
  ]
  const env = { PATH: process.env.PATH ?? '' }
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'inherit'], signal })
  const ended = once(child, 'exit')
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (JSON.parse(line).phase === 'acknowledged') child.kill('SIGTERM')
  })
  const [code] = await ended
  if (code !== 0) throw new Error(`suretyd ended with ${code} during the build`)
}
