import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'
import { type Benchmark, median, rounded } from './benchmark.ts'
import { buildHomeProgram } from './home-program.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOME = { profiles: 20, extensions: 200, servers: 40, projects: 50 }
const RUNS = 7
/** What has only just changed is not remembered. */
const SETTLE_MS = 2_100

interface Look {
  readonly ms: number
  readonly sightings: number
  readonly unread: number
  readonly files: readonly string[]
  readonly memoryBytes: number
}

/** A whole look at a full home, and a second one when nothing has changed, each in a process of its own, as the reader child is deployed. */
export const home: Benchmark = {
  name: 'home',
  about: `a home of ${HOME.profiles} profiles, ${HOME.extensions} extensions, ${HOME.servers} servers and ${HOME.projects} projects: looked at, and looked at again`,
  async run(report) {
    using folder = temporaryBenchFolder()
    const program = await buildHomeProgram(folder.path)
    const path = join(folder.path, 'home')
    makeFullHome(path, HOME)
    await delay(SETTLE_MS)
    const memory = join(folder.path, 'memory')
    const list = join(folder.path, 'list')
    const firsts: number[] = []
    const seconds: number[] = []
    const reads: number[] = []
    let last: Look | undefined
    for (let run = 0; run <= RUNS; run++) {
      // The first round compiles, as the build does, and fills the page cache.
      const how = run === 0 ? 'compile' : 'run'
      writeFileSync(memory, '')
      const first: Look = program.run(how, 'scan', path, memory)
      const second: Look = program.run(how, 'scan', path, memory)
      writeFileSync(list, JSON.stringify(first.files))
      const read: { ms: number } = program.run(how, 'read', path, list)
      if (first.sightings !== second.sightings || second.files.length > 0) throw new Error('the second look is another')
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
      against: `the first look; nothing was read; goal: under 0.2`,
    })
  },
}
