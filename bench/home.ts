import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'
import { type Benchmark, median, rounded, sizeOf } from './benchmark.ts'
import { buildHomeScan } from './home-scan-bundle.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOME = { profiles: 20, extensions: 200, servers: 40, projects: 50 }
const RUNS = sizeOf(7, { small: 1 })
/** Recent changes are not remembered, so wait. */
const SETTLE_MS = 2_100

interface Scan {
  readonly ms: number
  readonly cpuMs: number
  readonly sightings: number
  readonly unread: number
  readonly files: readonly string[]
  readonly memoryBytes: number
}

export const home: Benchmark = {
  name: 'home',
  about: `scan of a home with ${HOME.profiles} profiles, ${HOME.extensions} extensions, ${HOME.servers} servers, ${HOME.projects} projects, and a second scan`,
  unit: 'ms',
  limit:
    '2.5 times reading the same files; second scan 0.2 of the first; processor time for homes of macOS and Windows 1.2 of that for Linux',
  async run(report) {
    using folder = temporaryBenchFolder()
    const program = await buildHomeScan(folder.path)
    const path = join(folder.path, 'home')
    makeFullHome(path, HOME)
    await delay(SETTLE_MS)
    const memory = join(folder.path, 'memory')
    const list = join(folder.path, 'list')
    const firsts: number[] = []
    const seconds: number[] = []
    const reads: number[] = []
    let last: Scan | undefined
    for (let run = 0; run <= RUNS; run++) {
      // The first round compiles the code, as the build does, and fills the page cache.
      const how = run === 0 ? 'compile' : 'run'
      writeFileSync(memory, '')
      const first: Scan = program.run(how, 'scan', path, memory)
      const second: Scan = program.run(how, 'scan', path, memory)
      writeFileSync(list, JSON.stringify(first.files))
      const read: { ms: number } = program.run(how, 'read', path, list)
      if (first.sightings !== second.sightings || second.files.length > 0) throw new Error('the second scan differs')
      last = first
      if (run === 0) continue
      firsts.push(first.ms)
      seconds.push(second.ms)
      reads.push(read.ms)
    }
    const [first, second, read] = [median(firsts), median(seconds), median(reads)]
    const of = `${last?.files.length} files, ${last?.sightings} sightings, ${last?.unread} unread, ${last?.memoryBytes} bytes kept`
    report({
      name: 'home',
      value: rounded(first),
      unit: 'ms',
      ratio: rounded(first / read),
      against: `only reading the same files, ${rounded(read)} ms; ${of}; goal: under 2.5`,
    })
    report({
      name: 'home-again',
      value: rounded(second),
      unit: 'ms',
      ratio: rounded(second / first),
      against: `the first scan; no file was read; goal: under 0.2`,
    })
    await compareLayouts(folder.path, program, report)
  },
}

const LAYOUTS = ['linux', 'darwin', 'windows'] as const

/** Processor time for the same home in the layout of each system, scanned in turns, without a memory. */
async function compareLayouts(
  folder: string,
  program: Awaited<ReturnType<typeof buildHomeScan>>,
  report: Parameters<Benchmark['run']>[0],
): Promise<void> {
  const times = { linux: [] as number[], darwin: [] as number[], windows: [] as number[] }
  const counts = new Set<number>()
  const memory = join(folder, 'memory')
  for (const system of LAYOUTS) makeFullHome(join(folder, `home-${system}`), HOME, system)
  await delay(SETTLE_MS)
  for (let run = 0; run <= RUNS; run++) {
    for (const system of LAYOUTS) {
      writeFileSync(memory, '')
      const scan: Scan = program.run('run', 'scan', join(folder, `home-${system}`), memory, system)
      counts.add(scan.sightings)
      // The first round fills the page cache.
      if (run > 0) times[system].push(scan.cpuMs)
    }
  }
  if (counts.size !== 1) throw new Error('the layouts differ in what is found')
  const linux = median(times.linux)
  for (const system of ['darwin', 'windows'] as const) {
    const value = median(times[system])
    report({
      name: `home-${system}`,
      value: rounded(value),
      unit: 'ms',
      ratio: rounded(value / linux),
      against: `processor time for the same home in the layout of Linux, ${rounded(linux)} ms; goal: under 1.2`,
    })
  }
}
