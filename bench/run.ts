/** `npm run bench [-- NAME …]` runs benchmarks and prints one JSON line per figure. `npm run bench -- --list` lists them. */
import { ack } from './ack.ts'
import type { Benchmark } from './benchmark.ts'
import { connections } from './connections.ts'
import { consoleLive } from './console-live.ts'
import { consolePage } from './console-page.ts'
import { start } from './daemon-start.ts'
import { decide } from './decide.ts'
import { departure } from './departure.ts'
import { execHold } from './exec-hold.ts'
import { execs } from './execs.ts'
import { fleetFreeze } from './fleet-freeze.ts'
import { fleetPages } from './fleet-pages.ts'
import { freeze } from './freeze.ts'
import { home } from './home.ts'
import { hook } from './hook.ts'
import { idle } from './idle.ts'
import { idleCycles } from './idle-cycles.ts'
import { ingest } from './ingest.ts'
import { installed } from './installed.ts'
import { inventory } from './inventory.ts'
import { inventoryWindows } from './inventory-windows.ts'
import { packageSize } from './package-size.ts'
import { policyTest } from './policy-test.ts'
import { record } from './record.ts'
import { recordCost } from './record-cost.ts'
import { recordEntries } from './record-entries.ts'
import { recordSearch } from './record-search.ts'
import { registerCreate } from './register-create.ts'
import { registerLists } from './register-lists.ts'
import { siege } from './siege.ts'
import { sighting } from './sighting.ts'
import { status } from './status.ts'
import { tray } from './tray.ts'
import { verdict } from './verdict.ts'
import { windowsDaemon } from './windows-daemon.ts'
import { windowsTpm } from './windows-tpm.ts'
import { zombieSweep } from './zombie-sweep.ts'

const BENCHMARKS: readonly Benchmark[] = [
  freeze,
  ingest,
  ack,
  idle,
  idleCycles,
  installed,
  packageSize,
  inventory,
  inventoryWindows,
  home,
  hook,
  start,
  connections,
  consoleLive,
  consolePage,
  fleetFreeze,
  departure,
  policyTest,
  record,
  recordEntries,
  recordCost,
  recordSearch,
  fleetPages,
  registerLists,
  registerCreate,
  zombieSweep,
  verdict,
  decide,
  siege,
  sighting,
  status,
  tray,
  execs,
  execHold,
  windowsTpm,
  windowsDaemon,
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !BENCHMARKS.some((each) => each.name === name))
if (wanted.includes('--list') || wanted.includes('--help')) {
  console.log(
    'npm run bench -- [NAME …]: runs these benchmarks, or all. Unit in brackets, then what is measured and the limit.',
  )
  for (const line of listLines()) console.log(line)
} else if (unknown.length > 0) {
  console.error(`unknown benchmark: ${unknown.join(', ')}. There are:`)
  for (const line of listLines()) console.error(line)
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

function listLines(): readonly string[] {
  return BENCHMARKS.map(({ name, unit, about, limit }) => `  ${name.padEnd(12)} [${unit}] ${about}; limit: ${limit}`)
}
