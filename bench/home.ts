import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFullHome } from '../test/fixtures/homes/full-home.ts'
import { type Benchmark, median, rounded } from './benchmark.ts'
import { temporaryBenchFolder } from './temporary-bench-folder.ts'

const HOME = { profiles: 20, extensions: 200, servers: 40, projects: 50 }
const RUNS = 7
/** What has only just changed is not remembered. */
const SETTLE_MS = 2_100
const PROGRAM = join(import.meta.dirname, 'home-looks.ts')

interface Look {
  readonly ms: number
  readonly sightings: number
  readonly unread: number
  readonly files: readonly string[]
  readonly memoryBytes: number
}

/** A whole look at a full home, and a second one when nothing has changed, each in a process that was never warm. */
export const home: Benchmark = {
  name: 'home',
  about: `a home of ${HOME.profiles} profiles, ${HOME.extensions} extensions, ${HOME.servers} servers and ${HOME.projects} projects: looked at, and looked at again`,
  async run(report) {
    using folder = temporaryBenchFolder()
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
      writeFileSync(memory, '')
      const first: Look = look('scan', path, memory)
      const second: Look = look('scan', path, memory)
      writeFileSync(list, JSON.stringify(first.files))
      const read: { ms: number } = look('read', path, list)
      if (first.sightings !== second.sightings || second.files.length > 0) throw new Error('the second look is another')
      last = first
      // The first round fills the page cache.
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

// biome-ignore lint/suspicious/noExplicitAny: what our own program prints.
function look(what: 'scan' | 'read', ...args: readonly string[]): any {
  const flags = ['--disable-warning=ExperimentalWarning']
  return JSON.parse(execFileSync(process.execPath, [...flags, PROGRAM, what, ...args], { encoding: 'utf8' }))
}
