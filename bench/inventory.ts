import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { processes } from 'systeminformation'
import { linuxProcesses } from '../src/system/linux-processes.ts'
import { type Benchmark, type Measurement, median, rounded, timesMs } from './benchmark.ts'

const PS = ['-eo', 'pid,ppid,uid,sid,tty,lstart,args'] as const

/** One scan of all processes with parent, owner, session, terminal, start, executable and arguments. */
export const inventory: Benchmark = {
  name: 'inventory',
  about: 'scan of all processes beside systeminformation.processes() and ps',
  async run(report) {
    await withProcesses(350, (count) => compare('inventory', count, 9, report))
    await withProcesses(2000, (count) => compare('inventory-2000', count, 3, report))
  },
}

async function compare(name: string, count: number, runs: number, report: (m: Measurement) => void): Promise<void> {
  const table = linuxProcesses()
  const { signal } = new AbortController()
  const scanMs = median(await timesMs(runs, () => table.scan({ signal })))
  // It keeps its answer for half a second; waiting is not counted.
  const rivalMs = median(await timesMs(Math.min(runs, 5), processes, () => delay(600)))
  const psMs = median(await timesMs(runs, () => execFileSync('/usr/bin/ps', PS, { maxBuffer: 64 * 1024 * 1024 })))
  const line = { value: rounded(scanMs), unit: 'ms' }
  const times = (rival: number) => rounded(rival / scanMs)
  report({
    name,
    ...line,
    ratio: times(rivalMs),
    against: `systeminformation.processes() ${rounded(rivalMs)} ms, ${count} processes; goal: 40 times faster`,
  })
  report({
    name: `${name}-ps`,
    ...line,
    ratio: times(psMs),
    against: `ps ${PS.join(' ')} ${rounded(psMs)} ms, ${count} processes; goal: 2 times faster`,
  })
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
