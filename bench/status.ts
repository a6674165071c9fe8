import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { type Benchmark, median, rounded, sizeOf, timesMs } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'

const BUNDLE = resolve(import.meta.dirname, '../dist/surety/surety.mjs')
const RUNS = sizeOf(20, { small: 2 })
const LIMIT_MS = 100

export const status: Benchmark = {
  name: 'status',
  about: 'time that surety status takes from the bundle, with its start, while the daemon is connected',
  unit: 'ms',
  limit: `${LIMIT_MS} ms`,
  async run(report) {
    for (const program of ['surety-directory', 'suretyd', 'surety'] as const) buildBundle(program)
    await using server = await startDirectoryServer({ cores: '0' })
    using folder = daemonFolder({ enrolment: await server.token(), args: ['--keys', 'software'] })
    const daemon = folder.start()
    await daemon.until('complete')
    const ask = [BUNDLE, 'status', '--socket', join(folder.path, 'run', 'control.sock')]
    try {
      const bareMs = median(await timesMs(RUNS, () => execFileSync(process.execPath, ['-e', '0'])))
      const value = median(await timesMs(RUNS, () => output(ask)))
      report({
        name: 'status',
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(value / LIMIT_MS),
        against: `limit ${LIMIT_MS} ms; a bare node -e 0 ${rounded(bareMs)} ms; median of ${RUNS}`,
      })
    } finally {
      await daemon.stop()
    }
  },
}

/** `surety status` exits with 4 where the verdict is not compliant. Any other failure throws. */
function output(command: readonly string[]): string {
  try {
    return execFileSync(process.execPath, command, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string }
    if (status !== 4 || stdout === undefined || !stdout.includes('NOT COMPLIANT')) throw error
    return stdout
  }
}
