import { spawnSync } from 'node:child_process'
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * How many times slower this machine is now than the two idle cores for which the limits of the tests are written.
 * `npm test` measures it once and hands it on; each file of tests raises it to the load that it begins under.
 */
const VARIABLE = 'SURETY_TEST_SLOWNESS'

type Environment = Record<string, string | undefined>

/** 1 or more; 1 where nothing was measured. */
export function slowness(env: Environment = process.env): number {
  const given = Number(env[VARIABLE])
  return given > 1 ? Math.min(given, MOST) : 1
}

/**
 * A limit of `ms` on the machine that it was written for. It ends what hangs, so it is generous rather than tight.
 *
 * @param options.times upper limit of the factor, for tests that always use their whole time.
 */
export function scaledMs(ms: number, { times = MOST }: { readonly times?: number } = {}): number {
  return Math.ceil(ms * Math.min(slowness(), times))
}

/** Raises the slowness in `env` to what the load of the last minute makes of it. It never sinks: load may come back. */
export function raiseToLoad(env: Environment): void {
  const [lastMinute = 0] = loadavg()
  handOn(Math.max(slowness(env), lastMinute / availableParallelism()), env)
}

/** Measures for about half a second, and hands on in `env` what that and the load make of it. @returns the slowness. */
export function measureSlowness(env: Environment): number {
  raiseToLoad(env)
  const folder = tmpdir()
  const slowest = Math.max(
    timeOf(computes) / COMPUTES_MS,
    timeOf(startsPrograms) / STARTS_PROGRAMS_MS,
    timeOf(() => syncs(join(folder, `surety-speed-${process.pid}`))) / SYNCS_MS,
  )
  handOn(Math.max(slowness(env), slowest), env)
  return slowness(env)
}

/** What each of the measured takes on two idle cores. */
const [COMPUTES_MS, STARTS_PROGRAMS_MS, SYNCS_MS] = [80, 120, 100]
/** What was measured may be a moment's; the load of the last minute hardly. */
const MOST = 20

function handOn(value: number, env: Environment): void {
  env[VARIABLE] = String(Math.min(MOST, Math.max(1, Math.round(value * 10) / 10)))
}

function timeOf(work: () => void): number {
  const startedAt = performance.now()
  work()
  return performance.now() - startedAt
}

function computes(): void {
  const rows = Array.from({ length: 2_000 }, (_, number) => ({ number, name: `row ${number}` }))
  for (let turn = 0; turn < 120; turn++) JSON.parse(JSON.stringify(rows))
}

function startsPrograms(): void {
  for (let turn = 0; turn < 4; turn++) spawnSync(process.execPath, ['-e', '0'])
}

function syncs(path: string): void {
  const file = openSync(path, 'w', 0o600)
  try {
    for (let turn = 0; turn < 10; turn++) {
      writeSync(file, 'x'.repeat(4096))
      fsyncSync(file)
    }
  } finally {
    closeSync(file)
    rmSync(path, { force: true })
  }
}
