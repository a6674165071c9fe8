import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { processes } from 'systeminformation'
import { loadNativeAddon } from '../src/system/native/native-addon.ts'
import { linuxProcesses } from '../src/system/processes/linux/process-table.ts'
import { type Benchmark, type Measurement, median, rounded, sizeOf, timesMs } from './benchmark.ts'

const LIBRARY_RUNS = sizeOf(5, { small: 1 })
const PS = ['-eo', 'pid,ppid,uid,sid,tty,lstart,args'] as const

export const inventory: Benchmark = {
  name: 'inventory',
  about: 'scan of all processes, beside systeminformation.processes() and ps',
  unit: 'ms',
  limit: '40 times faster than systeminformation, twice as fast as ps',
  async run(report) {
    await withProcesses(350, (count) => compare('inventory', count, 9, report))
    await withProcesses(sizeOf(2_000, { small: 400 }), (count) => compare('inventory-2000', count, 3, report))
  },
}

/** Alternates between them, so that other load affects all equally. */
async function compare(name: string, count: number, runs: number, report: (m: Measurement) => void): Promise<void> {
  const { signal } = new AbortController()
  const [native, plain] = [linuxProcesses({ addon: loadNativeAddon() }), linuxProcesses()]
  const scanMs: number[] = []
  const plainMs: number[] = []
  const libraryMs: number[] = []
  const psMs: number[] = []
  for (let run = 0; run < runs; run++) {
    scanMs.push(...(await timesMs(1, () => native.scan({ signal }))))
    plainMs.push(...(await timesMs(1, () => plain.scan({ signal }))))
    psMs.push(...(await timesMs(1, () => execFileSync('/usr/bin/ps', PS, { maxBuffer: 64 * 1024 * 1024 }))))
    // The library caches its answer for half a second. The pause is not measured.
    if (run < LIBRARY_RUNS) libraryMs.push(...(await timesMs(1, processes, () => delay(600))))
  }
  const others = [
    [name, libraryMs, 'systeminformation.processes()', 40],
    [`${name}-ps`, psMs, `ps ${PS.join(' ')}`, 2],
  ] as const
  for (const [figure, times, program, goal] of others) {
    const [ours, without, theirs] = [median(scanMs), median(plainMs), median(times)]
    report({
      name: figure,
      value: rounded(ours),
      unit: 'ms',
      ratio: rounded(theirs / ours),
      against:
        `${program} ${rounded(theirs)} ms, ${count} processes; goal: ${goal} times faster; ` +
        `without the addon ${rounded(without)} ms, ${rounded(theirs / without)} times`,
    })
  }
}

/** Milliseconds of one scan, with about this many processes on the machine. */
export async function linuxScanMs(count: number, runs: number): Promise<number> {
  const { signal } = new AbortController()
  const table = linuxProcesses({ addon: loadNativeAddon() })
  let times: readonly number[] = []
  await withProcesses(count, async () => {
    times = await timesMs(runs, () => table.scan({ signal }))
  })
  return median(times)
}

/** Runs `work` while about `wanted` processes exist. */
async function withProcesses(wanted: number, work: (count: number) => Promise<void>): Promise<void> {
  const table = linuxProcesses()
  const { signal } = new AbortController()
  const before = (await table.scan({ signal })).length
  const sleepers: ChildProcess[] = []
  try {
    for (let i = before; i < wanted; i++) sleepers.push(spawn('/usr/bin/sleep', ['600'], { stdio: 'ignore' }))
    await delay(500)
    await work((await table.scan({ signal })).length)
  } finally {
    await Promise.all(sleepers.map((each) => new Promise((resolve) => each.once('exit', resolve).kill('SIGKILL'))))
  }
}
