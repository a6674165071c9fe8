import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { startSimulatedTpm } from '../scripts/start/simulated-tpm.ts'
import { systemClock } from '../src/base/clock.ts'
import { type Benchmark, median, rounded, sizeOf, timesMs } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { startStandInAgent } from './stand-in-agent.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const RUNS = sizeOf(3, { small: 1 })
const LIMIT_MS = 250
/** In order. The first evidence holds running agents and what was read from files; slow checks follow. */
const PHASES = ['keys', 'attested', 'acknowledged'] as const

export const start: Benchmark = {
  name: 'start',
  about: 'time from the start of the daemon to keys, attestation and first acknowledged evidence, with a simulated TPM',
  unit: 'ms',
  limit: '250 ms to the first acknowledged evidence',
  async run(report, { signal }) {
    buildBundle('surety-directory')
    buildBundle('suretyd')
    const bareMs = median(await timesMs(5, () => execFileSync(process.execPath, ['-e', ''])))
    using scratch = temporaryBenchFolder()
    using _agent = startStandInAgent(scratch.path)
    const folders = { folder: join(scratch.path, 'tpm-state'), socketFolder: scratch.path }
    await using tpm = await startSimulatedTpm({ clock: systemClock }, folders, { signal })
    await using server = await startDirectoryServer({ cores: '0' })
    const args = ['--keys', 'tpm', '--tpm-simulator', tpm.simulator]
    using folder = daemonFolder({ enrolment: await server.token(), args })
    const first = folder.start()
    await first.until('complete')
    await first.stop()
    const runs: ReadonlyMap<string, number>[] = []
    for (let run = 0; run < RUNS; run++) {
      const daemon = folder.start()
      runs.push(new Map(await daemon.until('acknowledged')))
      await daemon.stop()
    }
    const at = (phase: string) => median(runs.map((run) => run.get(phase) ?? Number.NaN))
    for (const phase of PHASES) {
      const value = at(phase)
      const last = phase === 'acknowledged'
      report({
        name: last ? 'start' : `start-${phase}`,
        value: rounded(value),
        unit: 'ms',
        ratio: rounded(last ? value / LIMIT_MS : value / bareMs),
        against: last
          ? `limit ${LIMIT_MS} ms; a bare node -e '' ${rounded(bareMs)} ms; median of ${RUNS}`
          : `a bare node -e '' ${rounded(bareMs)} ms`,
      })
    }
  },
}
