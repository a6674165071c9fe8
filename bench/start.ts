import { execFileSync, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemClock } from '../src/base/clock.ts'
import { startSimulatedTpm } from '../src/start/simulated-tpm.ts'
import { type Benchmark, median, rounded, timesMs } from './benchmark.ts'
import { daemonFolder } from './daemon-process.ts'
import { buildBundle, startDirectoryServer } from './directory-server.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const RUNS = 3
const LIMIT_MS = 250
/** In their order. The first evidence is the running agents and what is read from files; slow checks follow. */
const PHASES = ['keys', 'attested', 'acknowledged'] as const

/** An enrolled daemon, from its start to the first evidence that the directory has acknowledged. */
export const start: Benchmark = {
  name: 'start',
  about: 'start to acknowledged attestation and first evidence with a simulated TPM, by phase, beside a bare Node',
  async run(report, { signal }) {
    buildBundle('surety-directory')
    buildBundle('suretyd')
    const bareMs = median(await timesMs(5, () => execFileSync(process.execPath, ['-e', ''])))
    using scratch = temporaryBenchFolder()
    using _agent = startStandIn(scratch.path)
    const places = { folder: join(scratch.path, 'made'), socketFolder: scratch.path }
    await using tpm = await startSimulatedTpm({ clock: systemClock }, places, { signal })
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

/** Something that looks like a running agent by where its executable lies: the first evidence tells of it. */
function startStandIn(folder: string): Disposable {
  const path = join(folder, 'node_modules/@openai/codex-linux/vendor/here/bin/codex')
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync('/usr/bin/sleep', path)
  const child = spawn(path, ['600'], { stdio: 'ignore' })
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') }
}
