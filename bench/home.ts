import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'
import { type Benchmark, median, rounded } from './benchmark.ts'
import { buildHomeScan } from './home-scan-bundle.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOME = { profiles: 20, extensions: 200, servers: 40, projects: 50 }
const RUNS = 7
/** Recent changes are not remembered, so wait. */
const SETTLE_MS = 2_100

interface Scan {
  readonly ms: number
  readonly sightings: number
  readonly unread: number
  readonly files: readonly string[]
  readonly memoryBytes: number
}

export const home: Benchmark = {
  name: 'home',
  about: `scan of a home with ${HOME.profiles} profiles, ${HOME.extensions} extensions, ${HOME.servers} servers, ${HOME.projects} projects, and a second scan`,
  unit: 'ms',
  limit: '2.5 times reading the same files; second scan 0.2 of the first',
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
  },
}
