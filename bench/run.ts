/** `npm run bench [-- NAME …]`: runs benchmarks, one JSON line per figure on standard output. */

import { ack } from './ack.ts'
import type { Benchmark } from './benchmark.ts'
import { connections } from './connections.ts'
import { execs } from './execs.ts'
import { home } from './home.ts'
import { idle } from './idle.ts'
import { idleCycles } from './idle-cycles.ts'
import { ingest } from './ingest.ts'
import { inventory } from './inventory.ts'
import { siege } from './siege.ts'
import { sighting } from './sighting.ts'
import { start } from './start.ts'

const BENCHMARKS: readonly Benchmark[] = [
  ingest,
  ack,
  idle,
  idleCycles,
  inventory,
  home,
  start,
  connections,
  siege,
  sighting,
  execs,
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHMARKS.some((each) => each.name === name))
if (unknown.length > 0) {
  console.error(`no benchmark called ${unknown.join(', ')}; there are:`)
  for (const { name, about } of BENCHMARKS) console.error(`  ${name.padEnd(12)} ${about}`)
  process.exitCode = 2
} else {
  for (const { name, about, run } of BENCHMARKS.filter((each) => wanted.length === 0 || wanted.includes(each.name))) {
    console.error(`${name}: ${about}`)
    try {
      await run((measurement) => console.log(JSON.stringify(measurement)), { signal: new AbortController().signal })
    } catch (error) {
      console.error(`${name} failed:`, error)
      process.exitCode = 1
    }
  }
}
